# SPDX-License-Identifier: Apache-2.0
"""Starts on Kafka that cannot be, owners that meet, and brokers that go away."""
import socket
import time

import pytest

import brokers
from brokers import digest, refused, settle, until

FAISS = "FAISS is a vector database"
# Kafka's own limits are 10 s; a busy machine gets some more.
BOUND_S = 20


# --- starts ---

def test_a_broker_that_is_not_there_is_named_in_bounded_time(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        server = brokers.Kafka(tmp_path, address).server()
        began = time.monotonic()
        words = refused(server)
        assert time.monotonic() - began < BOUND_S
    assert address in words
    assert "no broker" in words


@pytest.mark.parametrize("settings,words", [
    ("# of the operator\nno setting\n", ":2: not of the form name=value"),
    ("ssl.no.such=1\n", "ssl.no.such: librdkafka has none of this name"),
    ("security.protocol=open sesame\n", "security.protocol: librdkafka does "
     "not take its value"),
])
def test_a_wrong_settings_file_is_refused_without_its_values(kafka, settings,
                                                             words):
    told = refused(kafka.server(settings=settings))
    assert words in told
    assert "sesame" not in told


def test_a_settings_file_that_is_not_there_is_refused(kafka, tmp_path):
    told = refused(kafka.server(settings_file=tmp_path / "none"))
    assert "kafka.settings_file: cannot read" in told


def test_a_broker_that_wants_none_of_our_credentials_ends_the_start(kafka):
    server = kafka.server(settings="security.protocol=sasl_plaintext\n"
                          "sasl.mechanism=PLAIN\nsasl.username=me\n"
                          "sasl.password=open sesame\n")
    began = time.monotonic()
    told = refused(server)
    assert time.monotonic() - began < BOUND_S
    assert kafka.servers in told
    assert "sesame" not in told


def test_a_topic_of_another_shape_is_refused_with_both_numbers(kafka, broker):
    broker.create(f"{kafka.prefix}main.raw", 7)
    told = refused(kafka.server())
    assert f"{kafka.prefix}main.raw" in told
    assert "7" in told and "partitions" in told


@pytest.mark.parametrize("topic", ["main.raw", "main.1.documents"])
def test_a_topic_made_again_is_never_passed_over(kafka, broker, topic):
    server = kafka.server().start()
    for number in range(4):
        server.put(f"d{number}", f"{FAISS} {number}")
    assert server.stop() == 0
    partitions = broker.topics(kafka.prefix)[topic]
    broker.delete(kafka.prefix + topic)
    until(lambda: topic not in broker.topics(kafka.prefix))
    broker.create(kafka.prefix + topic, partitions, **(
        {"retention_ms": "-1"} if topic == "main.raw"
        else {"cleanup_policy": "compact"}))
    told = refused(server)
    assert kafka.prefix + topic in told
    assert "made again" in told


# --- owners ---

def test_a_second_server_fences_the_first(kafka):
    first = kafka.server(data="one").start()
    first.put("a", FAISS)
    second = kafka.server(data="two").start()
    assert second.found("FAISS") == ["a"]
    assert second.put("b", "Transformers are neural networks").status == 200
    _, errors = first.process.communicate(timeout=60)
    assert first.process.returncode == 5, errors
    assert "fenced" in errors
    assert second.get("b").json()["state"] == "live"
    assert second.stop() == 0


# --- brokers that go away ---

@pytest.fixture
def cluster(tmp_path, broker):
    one = brokers.Cluster(tmp_path / "cluster")
    yield one
    one.stop()


def test_a_broker_that_comes_back_is_worked_with_again(cluster, tmp_path):
    kafka = brokers.Kafka(tmp_path, cluster.servers)
    server = kafka.server(settings="delivery.timeout.ms=4000\n").start()
    for number in range(10):
        server.put(f"d{number}", f"heron number {number}", wait="")
    # A broker that dies alone, with transactions open, may forget to end one:
    # nobody can read past it then.
    settle(server)
    cluster.kill()
    began = time.monotonic()
    reply = server.put("away", FAISS)
    assert time.monotonic() - began < BOUND_S
    assert reply.status == 503, reply.body
    assert "kafka" in reply.body.decode()
    until(lambda: "kafka" in str(server.status()))
    began = time.monotonic()
    server.status()
    assert time.monotonic() - began < 2
    assert server.call("GET", "/healthz").status == 200
    assert server.search("heron", mode="keyword")["hits"] is not None
    cluster.revive()
    until(lambda: server.put("back", FAISS).status == 200)
    until(lambda: brokers.is_idle(server))
    assert sorted(server.found("heron", mode="keyword", top_k=20)) == \
        sorted(f"d{number}" for number in range(10))
    assert server.stop() == 0
    assert digest(server)
