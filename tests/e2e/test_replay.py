# SPDX-License-Identifier: Apache-2.0
"""A second generation beside the one that answers: built, compared, swapped in
and back, while queries run and documents come."""
import datetime
import pathlib
import re
import subprocess
import tempfile
import time

import pytest
from conftest import BINARY, Server
from test_cluster import BROKERS, Asking, Cluster, Worker, found, until

needs_broker = pytest.mark.skipif(
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


@needs_broker
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


# --- a beginning later than the log's ---

def replay(config, *words):
    """Until it ends by itself."""
    done = subprocess.run(
        [BINARY, "replay", "-c", str(config), "--listen", "127.0.0.1:0",
         *words], capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout + done.stderr


def fsck(config):
    done = subprocess.run([BINARY, "fsck", "-c", str(config)],
                          capture_output=True, text=True, check=False,
                          timeout=120)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def embedded():
    with tempfile.TemporaryDirectory(prefix="millrace-replay-") as folder:
        folder = pathlib.Path(folder)
        config = (f"data: {folder}/data\npartitions: 1\n"
                  "embed: {model: hashing}\n")
        (folder / "one.yaml").write_text(config)
        for number in (2, 3, 4):
            (folder / f"{number}.yaml").write_text(
                config + f"generation: {number}\n")
        yield folder
        while Server.started:
            Server.started.pop().close()


def write_some(server):
    """Offsets 0 to 7 of the one partition."""
    for name in ("old", "patched", "gone", "again"):
        assert server.put(name, f"The heron {name} stands").status == 200
    assert server.put("new", "The sluice is open").status == 200
    assert server.patch("patched", metadata={"k": "v"}).status == 200
    assert server.delete("gone").status == 200
    assert server.put("again", "The heron came back").status == 200


def test_on_the_embedded_log_a_generation_begins_at_an_offset(embedded):
    server = Server(embedded / "data", "-c", str(embedded / "one.yaml")).start()
    write_some(server)
    version = server.get("again").json()["version"]
    assert server.stop() == 0
    for wrong in ("0:9", "1:0"):
        code, words = replay(embedded / "2.yaml", "--from", wrong)
        assert code == 4, words
    assert "0 to 8" in replay(embedded / "2.yaml", "--from", "0:9")[1]
    assert replay(embedded / "2.yaml", "--from", "0:x")[0] == 2
    code, words = replay(embedded / "2.yaml", "--from", "0:4")
    assert code == 0, words
    assert "generation 2 holds all that is on the log since 20" in words
    assert "(from 0:4)" in words
    # Again: nothing to do. Another beginning is refused.
    assert replay(embedded / "2.yaml", "--from", "0:4")[0] == 0
    assert replay(embedded / "2.yaml")[0] == 0
    code, words = replay(embedded / "2.yaml", "--from", "0:5")
    assert code == 4 and "has begun with --from 0:4" in words, words
    code, words = replay(embedded / "2.yaml", "--from", "beginning")
    assert code == 4 and "has begun" in words, words
    for config, told in (("one.yaml", False), ("2.yaml", True)):
        code, words = fsck(embedded / config)
        assert code == 0 and "\n0 findings" in words, words
        assert ("generation 2 is partial" in words) == told, words
    server = Server(embedded / "data", "-c", str(embedded / "2.yaml")).start()
    assert server.found("heron", mode="keyword") == ["again"]
    assert server.found("sluice", mode="keyword") == ["new"]
    assert server.get("again").json()["version"] == version
    assert server.get("old").status == 404
    partial = server.status()["partial"]
    assert partial["generation"] == 2 and partial["offsets"] == [4]
    status = server.cli("status").stdout
    assert "generation 2 holds only what was written since 20" in status
    assert server.put("later", "A heron at the weir").status == 200
    assert set(server.found("heron", mode="keyword")) == {"again", "later"}
    assert server.stop() == 0
    # The first one is whole, and knows what was written meanwhile.
    server = Server(embedded / "data", "-c", str(embedded / "one.yaml")).start()
    until(lambda: "later" in server.found("heron", mode="keyword"),
          "the first has followed")
    assert "partial" not in server.status()
    assert "old" in server.found("heron", mode="keyword")


def test_on_the_embedded_log_a_generation_begins_at_a_time(embedded):
    server = Server(embedded / "data", "-c", str(embedded / "one.yaml")).start()
    assert server.put("old", "The heron is old").status == 200
    moment = time.time()
    until(lambda: time.time() > moment + 1.1, "a second is over")
    began = datetime.datetime.fromtimestamp(
        moment + .5, datetime.timezone.utc).isoformat(timespec="milliseconds")
    assert server.put("new", "The heron is new").status == 200
    assert server.stop() == 0
    code, words = replay(embedded / "3.yaml", "--from", "2099-01-01")
    assert code == 2 and "still to come" in words
    code, words = replay(embedded / "3.yaml", "--from", began)
    assert code == 0 and "since 20" in words, words
    code, words = replay(embedded / "4.yaml", "--from", "7d")
    assert code == 0 and "since" not in words, words
    assert fsck(embedded / "3.yaml")[0] == 0
    for config, found_then in (("3.yaml", {"new"}), ("4.yaml", {"old", "new"})):
        server = Server(embedded / "data", "-c", str(embedded / config)).start()
        assert set(server.found("heron", mode="keyword")) == found_then
        assert ("partial" in server.status()) == (found_then == {"new"})
        assert server.stop() == 0


@needs_broker
def test_a_partial_generation_is_used_only_when_that_is_said(cluster):
    cluster.add("preprocessor")
    cluster.add("embedder")
    cluster.add("indexer")
    retriever = cluster.add("retriever")
    cluster.ready()
    for number in range(20):
        assert retriever.put(f"old-{number}", "A heron of old").status == 200
    moment = time.time()
    until(lambda: time.time() > moment + 1.1, "a second is over")
    began = datetime.datetime.fromtimestamp(
        moment + .5, datetime.timezone.utc).isoformat(timespec="milliseconds")
    assert retriever.put("new", "A heron that is new").status == 200
    version = retriever.get("new").json()["version"]
    wrong = Replay(cluster.folder)
    wrong.command += ["--from", "0:100000"]
    wrong.launch()
    assert wrong.process.wait(60) == 4
    assert "which holds 0 to" in wrong.log.read_text()
    process = Replay(cluster.folder)
    process.command += ["--from", began]
    process.launch().ready()
    process.kill()
    # It goes on with what it was begun with, said again or not.
    process = Replay(cluster.folder).launch().ready()
    line = process.process.stdout.readline()
    assert f"(from {began})" in line, line
    assert "--partial" in process.process.stdout.readline()
    until(lambda: "PARTIAL" in generation(retriever)[1], "it is listed")
    code, words = generation(retriever, "use", "2")
    assert code == 1 and "only what was written since 20" in words, words
    assert "--partial" in words
    assert generation(retriever, "use", "2", "--partial")[0] == 0
    until(lambda: retriever.status()["generation"] == 2, "the swap")
    until(lambda: found(retriever, "heron", mode="keyword") == ["new"],
          "the partial one answers")
    assert retriever.get("new").json()["version"] == version
    assert retriever.status()["partial"]["from"] == began
    assert retriever.put("later", "A heron at the weir").status == 200
    assert generation(retriever, "rollback")[0] == 0
    until(lambda: len(found(retriever, "heron", mode="keyword", top_k=50)) > 2,
          "the whole one answers")
    assert "partial" not in retriever.status()
    assert process.stop() == 0
    code, words = fsck(cluster.folder / "second.yaml")
    assert code == 0 and "generation 2 is partial" in words, words
