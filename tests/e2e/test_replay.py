# SPDX-License-Identifier: Apache-2.0
"""A second generation beside the one that answers: built, compared, swapped in
and back, while queries run and documents come."""
import re
import subprocess
import tempfile
import time

import pytest
from conftest import BINARY, Server
from test_cluster import BROKERS, Asking, Cluster, Worker, found, until

pytestmark = pytest.mark.skipif(
    not BROKERS, reason="MILLRACE_KAFKA names no broker (deploy/kafka start)")
DOCUMENTS = 120
SENTENCE = "Sentence {} of document {} tells of wheel {} and of river {}. "


@pytest.fixture
def cluster():
    with tempfile.TemporaryDirectory(prefix="millrace-replay-") as folder:
        cluster = Cluster(folder)
        config = cluster.folder / "millrace.yaml"
        config.write_text(cluster.config + "embed: {model: hashing}\n")
        (cluster.folder / "second.yaml").write_text(
            cluster.config + "generation: 2\nembed: {model: hashing}\n"
            "clean: {passage_words_target: 30, passage_words_max: 40}\n")
        yield cluster
        cluster.close()
        while Server.started:
            Server.started.pop().close()


def text_of(number):
    return "".join(SENTENCE.format(i, number, i * number, i + number)
                   for i in range(30))


class Replay(Worker):
    def __init__(self, folder):
        super().__init__(folder, "indexer", name="replay")
        self.command = [BINARY, "replay", "-c", str(folder / "second.yaml"),
                        "--listen", "127.0.0.1:0", "--share", "0.5"]

    def launch(self):
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.PIPE, stderr=open(self.log, "a"),
            text=True, bufsize=1)
        Server.started.append(self)
        return self


def p99(asking, begin, end):
    times = sorted(took for moment, took in asking.took
                   if begin <= moment <= end)
    return times[int(.99 * (len(times) - 1))] * 1000 if times else 0


class Timed(Asking):
    """As Asking, 20 a second, with how long each took."""

    def __init__(self, retriever):
        super().__init__(retriever)
        self.took = []

    def run(self):
        while not self.ending.wait(.05):
            moment = time.monotonic()
            reply = self.retriever.call("POST", "/v1/search",
                                        {"query": "wheel 12 and river 7"})
            self.took.append((moment, time.monotonic() - moment))
            self.asked += 1
            if reply.status != 200:
                self.failed.append((moment, reply.body))
            elif reply.json()["partial"]:
                self.partial.append(moment)


def passages(retriever):
    return retriever.status()["index"]["passages"]


def generation(retriever, *words):
    done = subprocess.run(
        [BINARY, "generation", *words, "--server", retriever.url],
        capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_second_generation_is_built_compared_swapped_and_rolled_back(cluster):
    cluster.add("preprocessor")
    cluster.add("embedder")
    cluster.add("indexer")
    one = cluster.add("retriever", "0/2")
    two = cluster.add("retriever", "1/2")
    cluster.ready()
    for number in range(DOCUMENTS):
        assert one.put(f"doc-{number}", text_of(number), wait=None).status == 202
    until(lambda: one.status()["searchable"]
          == {"keyword": DOCUMENTS, "dense": DOCUMENTS}, "all is searchable")
    assert generation(one, "use", "2")[0] == 1, "nobody serves it yet"
    before = passages(one)
    asking = Timed(two)
    asking.start()
    until(lambda: asking.asked >= 40, "queries run")
    began = time.monotonic()
    replay = Replay(cluster.folder).launch().ready()
    # What is pushed meanwhile reaches both.
    assert one.put("meanwhile", "A heron stands at the weir").status == 200
    line = replay.process.stdout.readline()
    assert re.match(r"generation 2 holds all that is on the log", line), line
    built = time.monotonic()
    pinned = Worker(cluster.folder, "retriever", name="pinned")
    pinned.arguments[2] = str(cluster.folder / "second.yaml")
    pinned.launch().ready()
    assert found(pinned, "heron at the weir", mode="keyword") == ["meanwhile"]
    queries = cluster.folder / "queries"
    queries.write_text("wheel 12\nriver 40\nheron\n")
    compared = subprocess.run(
        [BINARY, "compare", "--server", one.url, "--against", pinned.url,
         "--queries", str(queries), "--mode", "keyword"],
        capture_output=True, text=True, check=False)
    assert compared.returncode == 0, compared.stderr
    assert compared.stdout.startswith("3 queries: "), compared.stdout
    code, words = generation(one, "use", "2")
    assert code == 0, words
    for retriever in (one, two):
        until(lambda r=retriever: r.status()["generation"] == 2, "the swap")
        until(lambda r=retriever: passages(r) > 2 * before,
              "the smaller passages answer")
        assert found(retriever, "heron at the weir")[0] == "meanwhile"
    assert one.put("later", "The sluice is open").status == 200
    assert generation(two, "rollback")[0] == 0
    until(lambda: one.status()["generation"] == 1, "the way back")
    assert found(one, "sluice", mode="keyword") == ["later"]
    asking.end()
    assert not asking.failed, asking.failed[:3]
    assert not asking.partial
    assert replay.stop() == 0
    print(f"\np99 before {p99(asking, 0, began):.1f} ms, "
          f"while it was built {p99(asking, began, built):.1f} ms")
