# SPDX-License-Identifier: Apache-2.0
"""Replicas that begin with a checkpoint out of the blob store: what they read
of the log, what they find, and what becomes of checkpoints that are broken.

MILLRACE_KAFKA names the brokers; MILLRACE_S3 an object store (deploy/s3 start),
without which only those in a shared folder are tried.
"""
import json
import os
import re
import tempfile
import threading

import pytest
from brokers import Broker
from conftest import Server
from test_cluster import BROKERS, PARTITIONS, Cluster, until

pytestmark = pytest.mark.skipif(
    not BROKERS, reason="MILLRACE_KAFKA names no broker (deploy/kafka start)")
MODES = ("keyword", "dense", "hybrid")
QUERIES = ("wheel 30 and river 12", "sentence 3 of document 77", "the river",
           "tells of wheel 400", "document 199")
SENTENCE = "Sentence {} of document {} tells of wheel {} and of river {}. "
PIECE = b"\xffMRCP\x01p"
RECORDS = re.compile(r'millrace_index_records_total{shard="(\d+)",'
                     r'side="(\w+)"} (\d+)')
GOES_ON = re.compile(r"shard (\d+): .* offset (\d+) of documents and (\d+)")
SETTINGS = ("embed: {model: hashing}\nlog: {level: debug}\n"
            "index: {seal_passages: 64, checkpoint_every: 1 s}\n"
            "clean: {passage_words_target: 30, passage_words_max: 40}\n"
            "curate: {duplicates: false}\n")


def text_of(number):
    return "".join(SENTENCE.format(i, number, i * number, i + number)
                   for i in range(12))


def in_store(cluster):
    endpoint, bucket, key, secret = os.environ["MILLRACE_S3"].split(",")
    (cluster.folder / "secret").write_text(secret + "\n")
    return (f"blobs: {{store: s3, endpoint: '{endpoint}', bucket: {bucket}, "
            f"prefix: '{cluster.folder.name}/', key_id: '{key}', "
            f"secret_file: {cluster.folder}/secret}}\n")


@pytest.fixture
def cluster():
    with tempfile.TemporaryDirectory(prefix="millrace-checkpoint-",
                                     ignore_cleanup_errors=True) as folder:
        cluster = Cluster(folder)
        # The test counts records on the topics, which it could not unpack.
        plain = cluster.folder / "plain"
        plain.write_text("compression.type=none\n")
        cluster.config = cluster.config.replace(
            "kafka: {", f"kafka: {{settings_file: {plain}, ") + SETTINGS
        (cluster.folder / "millrace.yaml").write_text(cluster.config)
        yield cluster
        cluster.close()
        while Server.started:
            Server.started.pop().close()


def begin(cluster, first="indexer-a"):
    """All of a deployment, with one replica."""
    for role in ("preprocessor", "embedder"):
        cluster.add(role)
    cluster.add("indexer", name=first)
    retriever = cluster.add("retriever")
    cluster.ready()
    return retriever


def put(retriever, numbers, live=None):
    """Until all of them are found by meaning; `live` documents are then."""
    for number in numbers:
        reply = retriever.put(f"doc-{number}", text_of(number), wait=None)
        assert reply.status == 202, reply.body
    live = live or numbers[-1] + 1
    until(lambda: retriever.status()["searchable"]
          == {"keyword": live, "dense": live}, "all are found by meaning")


def checkpoints(retriever, least=1):
    """By shard, when all are there, hold so much, and none is broken."""
    found = {one["shard"]: one for one in retriever.status()["checkpoints"]
             if not one["broken"] and one["documents_offset"] >= least
             and one["vectors_offset"] >= least}
    return found if len(found) == PARTITIONS else None


def answers(retriever):
    return [[(hit["document"], hit["passage"], hit["score"])
             for hit in retriever.search(query, mode=mode, exact=True,
                                         top_k=10)["hits"]]
            for query in QUERIES for mode in MODES]


def events(worker, name):
    """The messages of an event in its log."""
    lines = (json.loads(line) for line in worker.log.read_text().splitlines()
             if line.startswith("{"))
    return [line["message"] for line in lines if line["event"] == name]


def read_since_start(worker):
    """Records that its shards have read, by shard and side."""
    text = worker.call("GET", "/metrics").body.decode()
    return {(int(shard), side): int(count)
            for shard, side, count in RECORDS.findall(text)}


def records_from(cluster, name, partition, offset):
    prefix = re.search(r"prefix: '([^']*)'", cluster.config).group(1)
    broker = Broker(BROKERS)
    [topic] = [topic for topic in broker.topics(prefix)
               if topic.startswith(name)]
    return sum(record.offset >= offset
               for record in broker.records(prefix + topic, partition))


def only(cluster, retriever, name):
    """The retriever has one indexer left."""
    for other in [n for n in cluster.workers if n.startswith("indexer-")]:
        if other != name:
            cluster.workers.pop(other).kill()
    until(lambda: not retriever.search("river")["partial"], f"{name} answers")


def second(cluster, name="indexer-b"):
    worker = cluster.add("indexer", name=name)
    worker.ready()
    return worker


def caught_up(cluster, worker):
    """Has read both topics to their ends."""
    until(lambda: worker.call("GET", "/readyz").status == 200, "it is ready")
    goes_on = {int(shard): (int(documents), int(vectors))
               for shard, documents, vectors in
               (GOES_ON.search(line).groups()
                for line in events(worker, "checkpoint_fetched"))}
    wanted = {}
    for shard in range(PARTITIONS):
        documents, vectors = goes_on.get(shard, (0, 0))
        wanted[shard, "keyword"] = records_from(
            cluster, "main.1.documents", shard, documents)
        wanted[shard, "dense"] = records_from(
            cluster, "main.1.vectors", shard, vectors)
    wanted = {place: count for place, count in wanted.items() if count}
    until(lambda: {place: count for place, count
                   in read_since_start(worker).items() if count} == wanted,
          f"it has read {wanted}, and has {read_since_start(worker)}", 30)
    return goes_on


@pytest.mark.parametrize("store", ["folder", "s3"])
def test_a_replica_begins_with_a_checkpoint_and_reads_what_came_since(
        cluster, store):
    if store == "s3":
        if not os.environ.get("MILLRACE_S3"):
            pytest.skip("MILLRACE_S3 names no object store (deploy/s3 start)")
        cluster.config += in_store(cluster)
        (cluster.folder / "millrace.yaml").write_text(cluster.config)
    retriever = begin(cluster)
    put(retriever, range(200))
    for number in range(0, 40, 3):
        assert retriever.delete(f"doc-{number}").status == 200
    until(lambda: checkpoints(retriever, 70), "both shards have a checkpoint")
    put(retriever, range(200, 210), 210 - 14)
    right = answers(retriever)
    worker = second(cluster)
    assert len(events(worker, "checkpoint_fetched")) == PARTITIONS
    goes_on = caught_up(cluster, worker)
    assert all(documents >= 70 and vectors >= 70
               for documents, vectors in goes_on.values())
    assert sum(read_since_start(worker).values()) < sum(
        read_since_start(cluster["indexer-a"]).values()) / 2
    only(cluster, retriever, "indexer-b")
    assert answers(retriever) == right
    assert retriever.get("doc-3").json()["state"] == "deleted"
    # It goes on like any other: what comes is found, and it writes, too.
    put(retriever, range(210, 330), 330 - 14)
    until(lambda: (c := checkpoints(retriever)) and
          {one["member"] for one in c.values()} == {"indexer-b"},
          "the second writes checkpoints")
    done = retriever.cli("status")
    assert "checkpoint" in done.stdout and "indexer-b" in done.stdout


def pieces(cluster):
    return [path for path in (cluster.folder / "data/blobs").glob("*/*")
            if path.read_bytes().startswith(PIECE)]


def remove(path):
    path.unlink()


def alter(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("harm, reason", [
    (remove, "there is no"),
    (alter, "holds other bytes than its name says"),
    (cut, "holds other bytes than its name says"),
])
def test_a_broken_checkpoint_is_refused_and_another_written(cluster, harm,
                                                            reason):
    retriever = begin(cluster)
    put(retriever, range(200))
    until(lambda: checkpoints(retriever), "both shards have a checkpoint")
    right = answers(retriever)
    # Nobody writes another before the harm is found.
    cluster.workers.pop("indexer-a").kill()
    for piece in pieces(cluster):
        harm(piece)
    worker = second(cluster)
    refused = events(worker, "checkpoint_refused")
    assert len(refused) == PARTITIONS, refused
    assert all(reason in words for words in refused), refused
    caught_up(cluster, worker)
    # It hears from itself that they are broken, and mends them.
    until(lambda: checkpoints(retriever), "there are whole ones again")
    only(cluster, retriever, "indexer-b")
    assert answers(retriever) == right
    third = second(cluster, "indexer-c")
    assert len(events(third, "checkpoint_fetched")) == PARTITIONS
    caught_up(cluster, third)
    only(cluster, retriever, "indexer-c")
    assert answers(retriever) == right


def test_a_writer_killed_in_the_middle_leaves_the_checkpoint_before(cluster):
    retriever = begin(cluster)
    put(retriever, range(160))
    before = until(lambda: checkpoints(retriever),
                   "both shards have a checkpoint")
    data = cluster.folder / "data"
    number = 160
    while not list(data.rglob("*.pieces")):
        retriever.put(f"doc-{number}", text_of(number), wait=None)
        number += 1
        for _ in range(20):
            if list(data.rglob("*.pieces")):
                break
            threading.Event().wait(0.002)
    cluster["indexer-a"].kill()
    right_live = number
    after = until(lambda: checkpoints(retriever), "the ones before are known")
    assert all(after[shard]["documents_offset"]
               >= before[shard]["documents_offset"] for shard in after)
    # The machine is lost; another takes over with what was whole.
    cluster.workers.pop("indexer-a")
    worker = second(cluster)
    assert len(events(worker, "checkpoint_fetched")) == PARTITIONS
    caught_up(cluster, worker)
    until(lambda: retriever.status()["documents"]["live"] == right_live,
          "all are live")


def test_old_checkpoints_and_what_nobody_names_are_removed(cluster):
    retriever = begin(cluster)
    total = 0
    seen = set()
    for _ in range(5):
        put(retriever, range(total, total + 80))
        total += 80
        until(lambda: (c := checkpoints(retriever)) and
              tuple(one["documents_offset"] for one in c.values()) not in seen,
              "a newer one is told")
        seen.add(tuple(one["documents_offset"]
                       for one in checkpoints(retriever).values()))
    lists = [path for path in (cluster.folder / "data/blobs").glob("*/*")
             if path.read_bytes().startswith(PIECE[:-1] + b"m")]
    until(lambda: not list((cluster.folder / "data").rglob("*.pieces")),
          "what was sent is collected")
    lists = [path for path in (cluster.folder / "data/blobs").glob("*/*")
             if path.exists() and
             path.read_bytes().startswith(PIECE[:-1] + b"m")]
    assert len(lists) <= 2 * PARTITIONS
    # What is left is named by them: nothing else lies there.
    named = b"".join(path.read_bytes() for path in lists)
    for path in pieces(cluster):
        digest = bytes.fromhex(path.name)
        assert digest[8:][::-1] + digest[:8][::-1] in named, path
