# SPDX-License-Identifier: Apache-2.0
"""A line is cut: a proxy between two of a deployment goes silent, both sides
live on, and what each was promised holds on both sides and after it is mended.
"""
import http.client
import os
import tempfile
import time

import pytest
from brokers import Cluster as Brokers, free_port
from proxy import Proxy
from test_cluster import (BROKERS, TEXTS, Asking, Cluster, Worker, found,
                          put_all, start_replicas, start_stages, until)
from test_cut import own_text

pytestmark = pytest.mark.skipif(
    not BROKERS, reason="MILLRACE_KAFKA names no broker (deploy/kafka start)")


@pytest.fixture
def proxies():
    made = []

    def make(to=None):
        made.append(Proxy(to))
        return made[-1]
    yield make
    for one in made:
        one.close()


@pytest.fixture
def line(proxies, tmp_path):
    """A broker, and a proxy that is the only way to it for who is given the
    proxy's address."""
    proxy = proxies(free_port())
    one = Brokers(tmp_path / "kafka", "--listener",
                  f"PLAINTEXT:{proxy.to}:{proxy.port}")
    yield one.servers, proxy
    one.stop()


@pytest.fixture
def cluster():
    with tempfile.TemporaryDirectory(prefix="millrace-proxy-") as folder:
        cluster = Cluster(folder)
        cluster.config += "embed: {model: hashing}\n"
        (cluster.folder / "millrace.yaml").write_text(cluster.config)
        yield cluster
        cluster.close()


def add(cluster, config, role, member, name):
    """A worker with a configuration of its own."""
    path = cluster.folder / f"{name}.yaml"
    path.write_text(config)
    worker = Worker(cluster.folder, role, member, name)
    worker.arguments[worker.arguments.index("-c") + 1] = str(path)
    cluster.workers[name] = worker.launch()
    return worker


def on(cluster, servers):
    """The configuration of the cluster with these brokers."""
    return cluster.config.replace(BROKERS, servers)


def put(retriever, names):
    for name in names:
        assert retriever.put(name, own_text(name), wait=None).status == 202


def live(retriever):
    documents = retriever.status()["documents"]
    assert documents["failed"] == 0 and documents["duplicate"] == 0
    return documents["live"]


def test_a_stage_that_is_cut_off_from_the_brokers(cluster, line):
    servers, proxy = line
    (cluster.folder / "millrace.yaml").write_text(on(cluster, servers))
    cut_off = add(cluster, on(cluster, f"127.0.0.1:{proxy.port}"),
                  "preprocessor", "0/2", "preprocessor-0")
    cluster.add("preprocessor", "1/2")
    cluster.add("embedder")
    cluster.add("indexer")
    retriever = cluster.add("retriever")
    cluster.ready()
    put(retriever, [f"before-{i}" for i in range(20)])
    until(lambda: live(retriever) == 20, "all is live before the cut")
    assert proxy.bytes > 0
    put(retriever, [f"at-{i}" for i in range(10)])  # transactions are open
    proxy.cut()
    put(retriever, [f"during-{i}" for i in range(20)])
    # The cut outlasts what a transaction may take.
    began = time.monotonic()
    until(lambda: time.monotonic() > began + 15, "the cut lasts")
    assert live(retriever) < 50  # curate and admit of partition 0 are cut off
    # A replacement on the good side of the cut takes the work over.
    add(cluster, on(cluster, servers), "preprocessor", "0/2", "replacement")
    until(lambda: live(retriever) == 50, "the replacement worked all", 90)
    proxy.mend()
    put(retriever, [f"after-{i}" for i in range(5)])
    until(lambda: live(retriever) == 55, "all is live after it", 60)
    # Whoever was replaced learns it, and takes nothing back.
    until(lambda: cut_off.process.poll() == 5, "the one cut off has ended", 60)
    assert cluster["replacement"].process.poll() is None
    put(retriever, [f"end-{i}" for i in range(5)])
    until(lambda: live(retriever) == 60, "the replacement goes on", 60)
    for name in ("before-3", "at-3", "during-3", "after-3"):
        assert found(retriever, own_text(name), mode="keyword",
                     per_document=1)[0] == name


def test_a_front_door_that_is_cut_off_promises_nothing(cluster, line):
    servers, proxy = line
    (cluster.folder / "millrace.yaml").write_text(on(cluster, servers))
    start_stages(cluster)
    cluster.add("indexer")
    cut_off = add(cluster, on(cluster, f"127.0.0.1:{proxy.port}"),
                  "retriever", "0/2", "retriever-0")
    other = cluster.add("retriever", "1/2")
    cluster.ready()
    put(cut_off, ["a", "b"])
    until(lambda: live(other) == 2, "what was put before is live")
    proxy.cut()
    began = time.monotonic()
    refused = cut_off.put("c", own_text("c"), wait=None)
    assert refused.status == 503, refused.body
    assert time.monotonic() - began < 20  # its limit is 10 s
    # Shards are elsewhere, and the other front door is open.
    assert found(cut_off, own_text("a"), mode="keyword")[0] == "a"
    put(other, ["d"])
    until(lambda: found(cut_off, own_text("d"), mode="keyword")[:1] == ["d"],
          "what the other took is found by both")
    proxy.mend()
    until(lambda: cut_off.put("e", own_text("e"), wait=None).status == 202,
          "it takes writes again")
    # "c" was refused; a broker may have got it all the same.
    until(lambda: live(other) in (4, 5) and
          other.get("e").json().get("state") == "live", "all that was promised")
    for name in "abde":
        assert other.get(name).json()["state"] == "live"


def test_a_replica_behind_a_cut_fails_no_query(cluster, proxies):
    proxy = proxies()
    start_stages(cluster)
    start_replicas(cluster)
    cluster.workers.pop("indexer-0a").close()
    replica = add(cluster, cluster.config +
                  f"cluster: {{advertise: 'http://127.0.0.1:{proxy.port}'}}\n",
                  "indexer", "0/2", "indexer-0a")
    proxy.to = int(replica.ready().url.rsplit(":", 1)[1])
    retriever = cluster.add("retriever")
    cluster.ready()
    put_all(retriever)
    until(lambda: not retriever.search("mill")["partial"] and proxy.bytes > 0,
          "the replica behind the proxy is asked")
    asking = Asking(retriever)
    asking.start()
    until(lambda: asking.asked > 20, "queries run")
    proxy.cut()
    moment, asked = time.monotonic(), asking.asked
    until(lambda: time.monotonic() > moment + 3 and
          asking.asked > asked + 100, "queries go on")
    proxy.mend()
    asked = asking.asked
    until(lambda: asking.asked > asked + 50, "queries go on after it")
    asking.end()
    assert not [f for f in asking.failed if f[0] > moment + 1]
    assert not [p for p in asking.partial if p > moment + 1]
    carried = proxy.bytes
    until(lambda: retriever.search("mill") and proxy.bytes > carried,
          "the replica is asked again")
    assert len(found(retriever, "mill wheel", mode="keyword")) <= len(TEXTS)


class Failing(Asking):
    """A client that asks the other retriever when one does not answer."""

    def __init__(self, retrievers):
        super().__init__(retrievers[0])
        self.retrievers = list(retrievers)

    def run(self):
        while not self.ending.is_set():
            self.retriever = self.retrievers[0]
            moment = time.monotonic()
            try:
                reply = self.retriever.call("POST", "/v1/search",
                                            {"query": "the mill wheel"})
            except (OSError, http.client.HTTPException) as error:
                self.failed.append((moment, str(error)))
                self.retrievers.reverse()
                continue
            self.asked += 1
            if reply.status != 200 or reply.json()["partial"]:
                self.failed.append((moment, reply.body))


def test_a_killed_retriever_fails_no_query_after_the_first_second(cluster):
    start_stages(cluster)
    start_replicas(cluster)
    retrievers = [cluster.add("retriever", f"{i}/2") for i in (0, 1)]
    cluster.ready()
    put_all(retrievers[0])
    for one in retrievers:
        until(lambda: not one.search("mill")["partial"], "all shards")
    clients = [Failing(retrievers), Failing(retrievers[::-1])]
    for client in clients:
        client.start()
    until(lambda: all(c.asked > 20 for c in clients), "queries run")
    killed = time.monotonic()
    retrievers[0].kill()
    asked = clients[0].asked
    until(lambda: clients[0].asked > asked + 100 and
          time.monotonic() > killed + 2, "queries go on")
    for client in clients:
        client.end()
    assert clients[0].failed, "the first client's retriever was killed"
    for client in clients:
        assert not [f for f in client.failed if f[0] > killed + 1]
    # What was acknowledged by the killed one is there.
    assert retrievers[1].get("faiss").json()["state"] == "live"


@pytest.mark.skipif(not os.environ.get("MILLRACE_S3"),
                    reason="MILLRACE_S3 names no object store "
                           "(deploy/s3 start)")
def test_an_object_store_that_is_away_is_waited_for(cluster, proxies):
    endpoint, bucket, key, secret = os.environ["MILLRACE_S3"].split(",")
    proxy = proxies(int(endpoint.rsplit(":", 1)[1].strip("/")))
    (cluster.folder / "secret").write_text(secret + "\n")
    (cluster.folder / "millrace.yaml").write_text(
        cluster.config + f"blobs: {{store: s3, "
        f"endpoint: 'http://127.0.0.1:{proxy.port}', bucket: {bucket}, "
        f"prefix: '{cluster.folder.name}/', key_id: '{key}', "
        f"secret_file: {cluster.folder}/secret}}\n")
    start_stages(cluster)
    cluster.add("indexer")
    retriever = cluster.add("retriever")
    cluster.ready()

    def long(number):
        return " ".join(f"word{number}x{i}" for i in range(60000))
    assert retriever.put("long-0", long(0), wait="keyword").status == 200
    for number in (1, 2, 3):
        assert retriever.put(f"long-{number}", long(number),
                             wait=None).status == 202
    proxy.cut()
    # What needs no blob goes on, until it stands behind one that does.
    put(retriever, ["short"])
    began = time.monotonic()
    refused = retriever.put("long-4", long(4), wait=None)
    assert refused.status == 503, refused.body
    assert bucket in refused.json()["error"]["message"]
    assert time.monotonic() - began < 60
    assert found(retriever, "word0x7", mode="keyword") == ["long-0"]
    proxy.mend()
    until(lambda: live(retriever) == 5, "all is live, none is failed", 120)
    assert retriever.put("long-4", long(4), wait="keyword").status == 200
