# SPDX-License-Identifier: Apache-2.0
"""Many processes on a real Kafka: stages, shards in replicas, retrievers.

MILLRACE_KAFKA names the brokers ("host:port,..."); without it all of this is
skipped.  Each test has names of its own on the cluster.
"""
import os
import pathlib
import subprocess
import tempfile
import threading
import time
import uuid

import pytest
from conftest import BINARY, READY, Server

BROKERS = os.environ.get("MILLRACE_KAFKA")
pytestmark = pytest.mark.skipif(
    not BROKERS, reason="MILLRACE_KAFKA names no broker (deploy/kafka start)")
PARTITIONS = 2
TEXTS = {
    "faiss": "FAISS is a vector database",
    "transformers": "Transformers are neural networks",
    "mill": "A mill race carries the water of a river to the wheel of a mill",
    "kafka": "A log of records that many consumers read at their own pace",
}


class Worker(Server):
    """One process of a deployment."""

    def __init__(self, folder, role, member="0/1", name=None):
        super().__init__(folder / "data")
        self.arguments = [role, "-c", str(folder / "millrace.yaml"),
                          "--member", member, "--listen", "127.0.0.1:0",
                          *(["--name", name] if name else [])]
        self.log = folder / f"{name or role + '-' + member[0]}.log"

    def launch(self):
        """Does not wait until it is ready: several are started at once."""
        self.process = subprocess.Popen(
            [BINARY, "worker", *self.arguments], stdout=subprocess.PIPE,
            stderr=open(self.log, "a"), text=True, bufsize=1)
        Server.started.append(self)
        return self

    def ready(self):
        line = self.process.stdout.readline()
        found = READY.search(line)
        assert found, f"{self.arguments}: {line!r} {self.log.read_text()}"
        self.url = found.group(1)
        return self

    def start(self, expect_ready=True):
        return self.launch().ready()


class Cluster:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.config = (
            f"bus: kafka\ndata: {self.folder}/data\npartitions: {PARTITIONS}\n"
            f"kafka: {{brokers: '{BROKERS}', prefix: 'e2e-{uuid.uuid4()}.'}}\n")
        (self.folder / "millrace.yaml").write_text(self.config)
        self.workers = {}

    def add(self, role, member="0/1", name=None):
        worker = Worker(self.folder, role, member, name).launch()
        self.workers[name or f"{role}-{member[0]}"] = worker
        return worker

    def __getitem__(self, name):
        return self.workers[name]

    def ready(self):
        for worker in self.workers.values():
            if worker.url is None:
                worker.ready()
        return self

    def close(self):
        for worker in self.workers.values():
            worker.close()


@pytest.fixture
def cluster():
    with tempfile.TemporaryDirectory(prefix="millrace-cluster-") as folder:
        cluster = Cluster(folder)
        yield cluster
        cluster.close()


def start_stages(cluster):
    cluster.add("preprocessor", "0/2")
    cluster.add("preprocessor", "1/2")
    cluster.add("embedder")


def start_replicas(cluster):
    for member in ("0/2", "1/2"):
        for replica in "ab":
            cluster.add("indexer", member, f"indexer-{member[0]}{replica}")


def until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        threading.Event().wait(0.05)
    raise AssertionError(f"not within {seconds} s: {what}")


def put_all(retriever):
    for document, text in TEXTS.items():
        reply = retriever.put(document, text)
        assert reply.status == 200, reply.body
        assert reply.json()["state"] == "live"


def found(retriever, query, **members):
    return [hit["document"]
            for hit in retriever.search(query, **members)["hits"]]


def test_many_processes_answer_as_one(cluster):
    start_stages(cluster)
    start_replicas(cluster)
    cluster.add("ingestor")
    one = cluster.add("retriever", "0/2")
    two = cluster.add("retriever", "1/2")
    cluster.ready()
    put_all(one)
    for retriever in (one, two):
        for mode in ("keyword", "dense", "hybrid"):
            assert found(retriever, "What is FAISS?", mode=mode)[0] == "faiss"
    answer = two.call("POST", "/v1/answer",
                      {"query": "What is FAISS?", "top_k": 1}).json()
    assert answer["prompt"] == ("Context: FAISS is a vector database\n"
                                "Question: What is FAISS?\nAnswer:")
    again = one.call("GET", f"/v1/events/{answer['event']}/prompt").json()
    assert again["prompt"] == answer["prompt"] and again["same"] is True
    # What one retriever has acknowledged holds at the other.
    assert one.delete("faiss").json()["state"] == "deleted"
    assert two.get("faiss").json()["state"] == "deleted"
    assert "faiss" not in found(two, "What is FAISS?", mode="keyword")
    until(lambda: {m["name"] for m in two.status()["members"]}
          == set(cluster.workers), "all have told of themselves")
    members = {m["name"]: m for m in two.status()["members"]}
    assert members["indexer-1b"]["partitions"] == [1]
    until(lambda: two.status()["stages"][0]["inputs"] == len(TEXTS) + 1,
          "clean has told of all inputs")
    assert [s["stage"] for s in two.status()["stages"]] == [
        "clean", "curate", "admit", "embed"]


def test_a_source_is_given_to_any_retriever(cluster):
    start_stages(cluster)
    cluster.add("indexer")
    cluster.add("ingestor")
    retriever = cluster.add("retriever")
    cluster.ready()
    pages = cluster.folder / "pages"
    pages.mkdir()
    (pages / "wheel.md").write_text("# The wheel\n\nWater turns the wheel.\n")
    done = subprocess.run(
        [BINARY, "ingest", "--wait", "--server", retriever.url, str(pages)],
        capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    hits = found(retriever, "what turns the wheel")
    assert hits and hits[0].endswith("wheel.md")

    [source] = retriever.status()["sources"]
    assert source["path"] == str(pages) and source["documents"] == 1

    def status():
        return subprocess.run([BINARY, "status", "--server", retriever.url],
                              capture_output=True, text=True,
                              check=True).stdout
    # Members tell of themselves each second.
    until(lambda: "indexer-0" in status() and source["name"] in status(),
          "status shows the indexer and the source")


class Asking(threading.Thread):
    """Queries one after another; what went wrong, and when."""

    def __init__(self, retriever):
        super().__init__(daemon=True)
        self.retriever = retriever
        self.ending = threading.Event()
        self.asked = 0
        self.failed = []
        self.partial = []

    def run(self):
        while not self.ending.is_set():
            moment = time.monotonic()
            try:
                reply = self.retriever.call("POST", "/v1/search",
                                            {"query": "the mill wheel"})
            except OSError as error:
                self.failed.append((moment, str(error)))
                continue
            self.asked += 1
            if reply.status != 200:
                self.failed.append((moment, reply.body))
            elif reply.json()["partial"]:
                self.partial.append(moment)

    def end(self):
        self.ending.set()
        self.join()


def test_a_killed_replica_fails_no_query_and_a_lost_shard_is_told(cluster):
    start_stages(cluster)
    start_replicas(cluster)
    retriever = cluster.add("retriever")
    cluster.ready()
    put_all(retriever)
    until(lambda: not retriever.search("mill")["partial"], "all shards")
    asking = Asking(retriever)
    asking.start()
    until(lambda: asking.asked > 20, "queries run")
    killed = time.monotonic()
    cluster["indexer-0a"].kill()
    asked = asking.asked
    until(lambda: asking.asked > asked + 50, "queries go on")
    asking.end()
    late = [f for f in asking.failed if f[0] > killed + 1]
    assert not late, late
    assert not [p for p in asking.partial if p > killed + 1]
    # The second replica of that shard goes, too: said, never silent.
    cluster["indexer-0b"].kill()
    reply = until(lambda: (r := retriever.search("mill"))["partial"] and r,
                  "the result is partial")
    assert reply["missing_shards"] == [0]
    # It comes back by itself.
    cluster["indexer-0a"].start()
    until(lambda: not retriever.search("mill")["partial"], "all shards again")


def test_a_worker_killed_anywhere_loses_and_repeats_nothing(cluster):
    start_stages(cluster)
    cluster.add("indexer", "0/2", "indexer-0")
    cluster.add("indexer", "1/2", "indexer-1")
    retriever = cluster.add("retriever")
    cluster.ready()
    names = [n for n in cluster.workers if n != "retriever-0"]
    for number in range(30):
        reply = retriever.put(f"doc-{number}", f"{TEXTS['mill']} {number} "
                              f"{uuid.uuid5(uuid.NAMESPACE_OID, str(number))}",
                              wait=None)
        assert reply.status == 202, reply.body
        if number % 6 == 5:
            name = names[number // 6 % len(names)]
            cluster[name].kill()
            cluster[name].url = None
            cluster[name].launch()
    cluster.ready()
    until(lambda: retriever.status()["documents"]
          == {"live": 30, "rejected": 0, "duplicate": 0, "deleted": 0,
              "failed": 0}, "all 30 documents are live", 90)


def test_two_workers_with_one_name_and_an_embedded_bus_are_refused(cluster):
    cluster.add("preprocessor")
    cluster.ready()
    second = Worker(cluster.folder, "preprocessor").launch()
    assert second.process.wait(timeout=60) == 4
    assert "another process works on" in second.log.read_text()
    embedded = subprocess.run([BINARY, "worker", "embedder"],
                              cwd=cluster.folder / "data",
                              capture_output=True, text=True, check=False)
    assert embedded.returncode == 4
    assert "bus: kafka" in embedded.stderr


@pytest.mark.parametrize("arguments, words", [
    ([], "which worker?"),
    (["indexr"], "did you mean indexer?"),
    (["indexer", "--member", "2/2"], "not of the form I/N"),
    (["ingestor", "--member", "0/2"], "there is one ingestor"),
    (["indexer", "--name", "A b"], "--name"),
])
def test_a_wrong_command_line_is_told(arguments, words):
    done = subprocess.run([BINARY, "worker", *arguments], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 2
    assert words in done.stderr


def test_sigterm_drains_a_worker_and_a_restart_goes_on(cluster):
    start_stages(cluster)
    cluster.add("indexer")
    retriever = cluster.add("retriever")
    cluster.ready()
    put_all(retriever)
    for name in ("preprocessor-0", "embedder-0", "indexer-0"):
        assert cluster[name].stop() == 0
        began = time.monotonic()
        cluster[name].start()
        assert time.monotonic() - began < 30
    assert retriever.put("again", "The wheel turns again").status == 200
    assert found(retriever, "turns again")[0] == "again"


@pytest.mark.skipif(not os.environ.get("MILLRACE_S3"),
                    reason="MILLRACE_S3 names no object store "
                           "(deploy/s3 start)")
def test_long_documents_lie_in_an_object_store(cluster):
    endpoint, bucket, key, secret = os.environ["MILLRACE_S3"].split(",")
    (cluster.folder / "secret").write_text(secret + "\n")
    config = cluster.folder / "millrace.yaml"
    plain = config.read_text()
    blobs = (f"blobs: {{store: s3, endpoint: '{endpoint}', bucket: {bucket}, "
             f"prefix: '{cluster.folder.name}/', key_id: '{key}', "
             f"secret_file: {cluster.folder}/secret}}\n")
    config.write_text(plain + blobs)
    start_stages(cluster)
    cluster.add("indexer")
    retriever = cluster.add("retriever")
    cluster.ready()
    words = " ".join(f"word{number}" for number in range(80000))
    assert len(words) > 700000
    reply = retriever.put("long", f"The miller's tale. {words}", wait="keyword")
    assert reply.status == 200, reply.body
    assert retriever.get("long").json()["text"].endswith("word79999")
    assert not any((cluster.folder / "data").glob("blobs/*"))
    # A wrong secret is told at the start, without it.
    (cluster.folder / "secret").write_text("not the secret\n")
    refused = Worker(cluster.folder, "preprocessor", name="other").launch()
    assert refused.process.wait(timeout=60) == 4
    assert bucket in refused.log.read_text()
    assert "not the secret" not in refused.log.read_text()
