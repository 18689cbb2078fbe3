# SPDX-License-Identifier: Apache-2.0
"""Everything is killed, again and again, and nothing is lost or done twice.

A recorded `raw` (updates, deletions, near-copies) goes through a deployment of
ten processes on three brokers, of which one process at a time gets a kill -9
every few seconds, and one broker at a time, the next when the last is back in
sync.  What has become of every document, and the exact results of queries, are
those of an undisturbed `millrace up` over the same log: another generation.

MILLRACE_CHAOS_SEED repeats a run's choices, MILLRACE_CHAOS_S its length.
"""
import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import threading
import time

import pytest
from conftest import BINARY, DATA, SOURCE, Server
from test_cluster import Cluster, until

KAFKA = SOURCE / "deploy/kafka"
pytestmark = pytest.mark.skipif(
    not os.environ.get("MILLRACE_KAFKA"),
    reason="MILLRACE_KAFKA is not set: this machine has no Kafka")
SEED = int(os.environ.get("MILLRACE_CHAOS_SEED", random.randrange(1 << 32)))
QUERIES = ("wheel and river", "memory allocation", "join two tables",
           "sentence about systems", "compiler", "what tells of water")
WORDS = ("wheel river mill water stone grain flour gate weir pond sluice "
         "memory disk page table index query compiler parser token graph "
         "search tree list hash sort merge join group filter").split()


def kafka(*words, check=True):
    done = subprocess.run([str(KAFKA), *words], capture_output=True, text=True,
                          check=False)
    assert not check or done.returncode == 0, done.stderr
    return done


@pytest.fixture
def brokers():
    """Three nodes of this test's own, for they die."""
    folder = tempfile.mkdtemp(prefix="millrace-chaos-kafka-")
    try:
        yield folder, kafka("start", "--nodes", "3", "--dir",
                            folder).stdout.strip()
    finally:
        kafka("stop", "--dir", folder, "--remove", check=False)
        shutil.rmtree(folder, ignore_errors=True)


def texts(rng, whole):
    """Ids and texts: a judged set and a site's pages where they are at hand,
    else made up."""
    corpus = DATA / "ir/cacm/corpus.jsonl"
    if whole and corpus.exists():
        for page in sorted((DATA / "site/dplyr").rglob("*.html")):
            yield f"page-{page.stem}", page.read_text(errors="replace")
        for line in corpus.read_text().splitlines():
            row = json.loads(line)
            text = f"{row.get('title', '')} {row.get('text', '')}".strip()
            if text:
                yield row["_id"], text
        return
    for number in range(400):
        yield f"doc-{number}", " ".join(
            rng.choice(WORDS) for _ in range(rng.randrange(30, 120))) + "."


def record(retriever, rng, whole):
    """Puts, near-copies, updates, patches and deletions, on `raw` only."""
    known = []
    for document, text in texts(rng, whole):
        kind = "html" if document.startswith("page-") else "text"
        steps = [("PUT", document, {kind: text})]
        if kind == "text" or not known:
            known.append((document, text))
        if rng.random() < .2:
            other, old = rng.choice(known)
            steps.append(("PUT", other, {"text": old + " It was changed."}))
        if rng.random() < .1:
            steps.append(("PUT", document + "-copy",
                          {"text": text + " Copied."}))
        if rng.random() < .1:
            steps.append(("PATCH", rng.choice(known)[0],
                          {"metadata": {"n": str(rng.randrange(9))}}))
        if rng.random() < .08:
            steps.append(("DELETE", rng.choice(known)[0], None))
        for method, name, body in steps:
            reply = retriever.call(method, f"/v1/documents/{name}", body)
            assert reply.status == 202, reply.body


class Chaos:
    def __init__(self, cluster, folder, rng):
        self.cluster = cluster
        self.folder = folder
        self.rng = rng
        self.kills = 0
        self.broker_kills = 0
        self.down = None

    def relaunch(self, name):
        worker = self.cluster[name]
        worker.kill()
        worker.url = None
        worker.launch()
        self.kills += 1

    def in_sync(self):
        done = kafka("status", "--dir", self.folder, check=False)
        return (done.returncode == 0
                and "under-replicated partitions: 0" in done.stdout)

    def next_broker(self):
        if self.down is not None:
            kafka("revive", str(self.down), "--dir", self.folder)
            self.down = None
        elif self.in_sync():
            self.down = self.rng.randrange(1, 4)
            kafka("kill", str(self.down), "--dir", self.folder)
            self.broker_kills += 1

    def run(self, seconds):
        end = time.monotonic() + seconds
        broker_at = time.monotonic() + 10
        pause = threading.Event()
        while time.monotonic() < end:
            pause.wait(self.rng.uniform(2, 5))
            self.relaunch(self.rng.choice(sorted(self.cluster.workers)))
            if time.monotonic() > broker_at:
                self.next_broker()
                broker_at = time.monotonic() + 10
        if self.down is not None:
            kafka("revive", str(self.down), "--dir", self.folder)
        self.down = None


def at_rest(status):
    left = sum(stage["lag"] for stage in status["stages"])
    index = status["index"]
    return (not status.get("missing_shards")
            and left + index["keyword_lag"] + index["dense_lag"] == 0
            and status["searchable"]["keyword"]
            == status["searchable"]["dense"]
            and status["documents"]["live"] > 0 and status)


def settle(cluster):
    """Until all is worked off; a worker that gave up while brokers were away
    is started again, as its supervisor would."""
    seen = []

    def quiet():
        for worker in cluster.workers.values():
            if worker.process.poll() is not None:
                worker.url = None
                worker.launch()
            if worker.url is None:
                worker.ready()
        status = cluster["retriever-0"].status()
        heard = {m["name"] for m in status["members"] if not m["away"]}
        moment = time.monotonic()
        if heard != set(cluster.workers) or not at_rest(status):
            seen.clear()
        elif not seen or seen[0][1] != status["documents"]:
            seen[:] = [(moment, status["documents"])]
        # Each has told of itself several times since, and nothing moved.
        return seen and moment > seen[0][0] + 5 and status
    return until(quiet, "all is worked off", 900)


def digest(cluster, config, data):
    done = subprocess.run(
        [BINARY, "fsck", "--digest", "-c", str(config), "--data", str(data)],
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def answers(server):
    found = []
    for query in QUERIES:
        for mode in ("keyword", "dense", "hybrid"):
            hits = server.search(query, mode=mode, exact=True, top_k=10)["hits"]
            found.append([(hit["document"], round(hit["score"], 4))
                          for hit in hits])
    return found


def start_all(cluster):
    for member in ("0/2", "1/2"):
        number = member[0]
        cluster.add("preprocessor", member)
        cluster.add("embedder", member)
        for replica in "ab":
            cluster.add("indexer", member, f"indexer-{number}{replica}")
        if f"retriever-{number}" not in cluster.workers:
            cluster.add("retriever", member)
    cluster.ready()


def write_config(cluster, name, addresses, more):
    path = cluster.folder / name
    path.write_text(
        f"bus: kafka\ndata: {cluster.folder}/data\npartitions: 2\n"
        f"kafka: {{brokers: '{addresses}', prefix: chaos.}}\n{more}")
    return path


def storm(brokers, seconds, whole, model):
    folder, addresses = brokers
    rng = random.Random(SEED)
    print(f"\nMILLRACE_CHAOS_SEED={SEED}")
    with tempfile.TemporaryDirectory(prefix="millrace-chaos-",
                                     ignore_cleanup_errors=True) as home:
        cluster = Cluster(home)
        write_config(cluster, "millrace.yaml", addresses, model)
        try:
            cluster.add("retriever", "0/2").ready()
            record(cluster["retriever-0"], rng, whole)
            start_all(cluster)
            chaos = Chaos(cluster, folder, rng)
            chaos.run(seconds)
            status = settle(cluster)
            disturbed = answers(cluster["retriever-0"])
        finally:
            cluster.close()
        calm = write_config(cluster, "calm.yaml", addresses,
                            model + "generation: 2\n")
        server = Server(pathlib.Path(home) / "calm", "-c", str(calm)).start()
        try:
            calm_status = until(lambda: at_rest(server.status()),
                                "the undisturbed run has read the log", 900)
            assert calm_status["documents"] == status["documents"]
            undisturbed = answers(server)
        finally:
            server.stop()
        one = digest(cluster, cluster.folder / "millrace.yaml",
                     pathlib.Path(home) / "look")
        two = digest(cluster, calm, pathlib.Path(home) / "calm")
    print(f"{chaos.kills} workers and {chaos.broker_kills} brokers were killed "
          f"in {seconds} s; {json.dumps(status['documents'])}; digest {one}")
    assert one == two
    assert disturbed == undisturbed
    return chaos


def test_a_minute_of_kills_changes_nothing(brokers):
    seconds = float(os.environ.get("MILLRACE_CHAOS_S", 60))
    chaos = storm(brokers, seconds, False, "embed: {model: hashing}\n")
    assert chaos.kills >= seconds / 8 and chaos.broker_kills >= 1


@pytest.mark.long
def test_five_minutes_of_kills_change_nothing(brokers):
    chaos = storm(brokers, float(os.environ.get("MILLRACE_CHAOS_S", 300)),
                  True, "")
    assert chaos.kills >= 60 and chaos.broker_kills >= 3
