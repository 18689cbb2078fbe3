# SPDX-License-Identifier: Apache-2.0
"""The network is cut: somebody goes silent without closing a connection, which
is what SIGSTOP does to a process and to all who wait for it."""
import os
import pathlib
import signal
import subprocess
import tempfile
import time

import pytest
from conftest import SOURCE, Server
from test_cluster import (BROKERS, TEXTS, Asking, Cluster, Worker, found,
                          put_all, start_replicas, start_stages, until)

pytestmark = pytest.mark.skipif(
    not BROKERS, reason="MILLRACE_KAFKA names no broker (deploy/kafka start)")
KAFKA = str(SOURCE / "deploy/kafka")


@pytest.fixture
def cluster():
    with tempfile.TemporaryDirectory(prefix="millrace-cut-") as folder:
        cluster = Cluster(folder)
        cluster.config += "embed: {model: hashing}\n"
        (cluster.folder / "millrace.yaml").write_text(cluster.config)
        yield cluster
        for worker in cluster.workers.values():
            if worker.process.poll() is None:
                worker.process.send_signal(signal.SIGCONT)
        cluster.close()
        while Server.started:
            Server.started.pop().close()


@pytest.fixture
def broker():
    """One node of the test's own: its folder and address."""
    folder = tempfile.mkdtemp(prefix="millrace-cut-kafka-")
    try:
        started = subprocess.run([KAFKA, "start", "--dir", folder],
                                 capture_output=True, text=True, check=True)
        yield folder, started.stdout.strip()
    finally:
        subprocess.run([KAFKA, "stop", "--dir", folder, "--remove"],
                       capture_output=True, check=False)


def own_text(number):
    """Like no other: near-copies would be duplicates."""
    return " ".join(f"word{number}x{i}" for i in range(20))


def broker_pid(folder):
    status = subprocess.run([KAFKA, "status", "--dir", folder],
                            capture_output=True, text=True, check=True).stdout
    return int(status.splitlines()[0].split()[3])


def silence(pid):
    """Every thread has stopped when it returns."""
    def stopped():
        states = [task.read_text().rpartition(")")[2].split()[0]
                  for task in pathlib.Path(f"/proc/{pid}/task").glob("*/stat")]
        return all(state == "T" for state in states)
    os.kill(pid, signal.SIGSTOP)
    until(stopped, f"process {pid} is silent")


def test_a_replica_that_goes_silent_fails_no_query(cluster):
    start_stages(cluster)
    start_replicas(cluster)
    retriever = cluster.add("retriever")
    cluster.ready()
    put_all(retriever)
    until(lambda: not retriever.search("mill")["partial"], "all shards")
    asking = Asking(retriever)
    asking.start()
    until(lambda: asking.asked > 20, "queries run")
    cut = time.monotonic()
    silence(cluster["indexer-0a"].process.pid)
    asked = asking.asked
    until(lambda: asking.asked > asked + 100, "queries go on")
    until(lambda: time.monotonic() > cut + 3, "the cut lasts")
    cluster["indexer-0a"].process.send_signal(signal.SIGCONT)
    asked = asking.asked
    until(lambda: asking.asked > asked + 50, "queries go on after it")
    asking.end()
    assert not [f for f in asking.failed if f[0] > cut + 1], asking.failed[:3]
    assert not [p for p in asking.partial if p > cut + 1]


def test_who_comes_back_after_being_replaced_ends_and_writes_nothing(cluster):
    start_stages(cluster)
    cluster.add("indexer")
    retriever = cluster.add("retriever")
    cluster.ready()
    put_all(retriever)
    old = cluster["preprocessor-0"]
    silence(old.process.pid)
    # What the silent one would have worked.
    for number in range(12):
        assert retriever.put(f"cut-{number}", own_text(number),
                             wait=None).status == 202
    new = Worker(cluster.folder, "preprocessor", "0/2", "replacement")
    cluster.workers["replacement"] = new.launch()
    new.ready()
    until(lambda: retriever.status()["documents"]["live"] == len(TEXTS) + 12,
          "the replacement has worked all of it", 90)
    old.process.send_signal(signal.SIGCONT)
    # It learns of it when it next writes.
    until(lambda: retriever.put("nudge", own_text(99), wait="keyword").status
          == 200 and old.process.poll() is not None, "the old one has ended",
          90)
    assert old.process.returncode not in (0, None)
    assert "taken over" in old.log.read_text()
    status = until(
        lambda: (d := retriever.status()["documents"])["live"]
        == len(TEXTS) + 12 + 1 and d, "the counts agree")
    assert status["failed"] == 0
    assert found(retriever, "faiss vector", mode="keyword")[0] == "faiss"


def test_a_silent_broker_is_told_in_time_and_what_was_promised_holds(
        cluster, broker):
    folder, address = broker
    (cluster.folder / "millrace.yaml").write_text(
        cluster.config.replace(BROKERS, address))
    start_stages(cluster)
    cluster.add("indexer")
    retriever = cluster.add("retriever")
    cluster.ready()
    promised = set()
    for number in range(20):
        name = f"before-{number}"
        assert retriever.put(name, own_text(number), wait=None).status == 202
        promised.add(name)
    pid = broker_pid(folder)
    silence(pid)
    try:
        began = time.monotonic()
        refused = retriever.put("during", "Nobody is listening", wait=None)
        assert refused.status == 503, refused.body
        assert "kafka" in refused.json()["error"]["message"]
        assert time.monotonic() - began < 60
        # Who asks is answered all the while.
        assert retriever.call("POST", "/v1/search",
                              {"query": "mill"}).status == 200
    finally:
        os.kill(pid, signal.SIGCONT)

    def put_again():
        for worker in cluster.workers.values():
            if worker.process.poll() is not None:
                worker.launch().ready()
        return retriever.put("after", "The line is mended",
                             wait="keyword").status == 200
    until(put_again, "writes are taken again", 120)
    until(lambda: all(retriever.get(name).json().get("state") == "live"
                      for name in promised), "what was promised is there", 60)
    # "during" was refused, and may be there all the same.
    documents = until(
        lambda: (d := retriever.status()["documents"])["live"]
        in (len(promised) + 1, len(promised) + 2) and d, "the counts agree")
    assert documents["failed"] == 0
