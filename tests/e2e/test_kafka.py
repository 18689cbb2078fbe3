# SPDX-License-Identifier: Apache-2.0
"""`bus: kafka`: the line on a real broker, that of MILLRACE_KAFKA.

Each test has a prefix of its own there.
"""
import json
import random
import shutil
import threading
import urllib.error

import pytest

from brokers import digest, fsck, is_idle, settle, until
from conftest import Server

FAISS = "FAISS is a vector database"
TRANSFORMERS = "Transformers are neural networks"


@pytest.fixture
def server(kafka):
    return kafka.server().start()


def embedded(folder, name="embedded"):
    path = folder / f"{name}.yaml"
    path.write_text("embed:\n  model: hashing\nlog:\n  level: warn\n")
    return Server(folder / name, "-c", str(path))


# --- the line ---

def test_the_minimal_flow_ends_with_the_exact_prompt(server):
    assert server.put("a", TRANSFORMERS).status == 200
    assert server.put("b", FAISS).status == 200
    reply = server.call("POST", "/v1/answer",
                        {"query": "What is FAISS?", "top_k": 1}).json()
    assert reply["prompt"] == (
        "Context: FAISS is a vector database\n"
        "Question: What is FAISS?\nAnswer:")
    for mode in ("hybrid", "dense", "keyword"):
        assert server.found("What is FAISS?", mode=mode)[0] == "b"


def test_an_event_is_found_and_its_prompt_made_again(server):
    server.put("b", FAISS)
    answers = []
    for number in range(60):
        server.search(f"What is {number}?", mode="keyword")
        if number % 20 == 0:
            answers.append(server.call("POST", "/v1/answer", {
                "query": f"What is FAISS {number}?"}).json())
    server.put("b", "FAISS is a library")  # the log has what was replaced
    for answer in answers:
        event = server.call("GET", f"/v1/events/{answer['event']}").json()
        assert event["prompt"] == answer["prompt"]
        told = server.cli("answer", "--replay", answer["event"])
        assert (told.returncode, told.stdout) == (0, answer["prompt"])
    gone = server.call("GET", f"/v1/events/{'0' * 32}")
    assert gone.status == 404


def test_updates_patches_deletions_and_duplicates(server):
    server.put("fox", "the quick brown fox")
    first = server.get("fox").json()["version"]
    assert server.put("fox", "a slow green turtle").json()["state"] == "live"
    assert server.get("fox").json()["version"] > first
    assert server.found("quick", mode="keyword") == []
    assert server.patch("fox", metadata={"lang": "en"}).status == 200
    assert server.found("turtle", filter={"lang": "en"}) == ["fox"]
    words = [f"word{number}" for number in range(60)]
    server.put("first", " ".join(words))
    near = server.put("near", " ".join([*words[:-1], "other"])).json()
    assert near["state"] == "duplicate"
    assert near["duplicate_of"] == "first"
    assert server.delete("first").json()["state"] == "deleted"
    until(lambda: server.get("near").json()["state"] == "live")
    assert server.found("word7", mode="keyword") == ["near"]


def test_a_restart_keeps_all_and_embeds_nothing_again(server):
    for number in range(20):
        server.put(f"d{number}", f"heron number {number} of the mill race")
    server.delete("d3")
    before = server.search("heron", top_k=30, exact=True)["hits"]
    assert server.stop() == 0
    server.start()
    after = server.search("heron", top_k=30, exact=True)["hits"]
    assert [(hit["document"], hit["score"]) for hit in after] == \
        [(hit["document"], hit["score"]) for hit in before]
    assert server.get("d3").json()["state"] == "deleted"
    until(lambda: is_idle(server))
    assert all(stage["inputs"] == 0 for stage in server.status()["stages"])
    assert server.status()["documents"]["live"] == 19


def test_topics_are_as_they_are_described(kafka, broker):
    server = kafka.server(settings="compression.type=none\n").start()
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    server.call("PUT", "/v1/documents/a?wait=true", {"text": FAISS},
                {"traceparent": trace})
    server.stop()
    topics = broker.topics(kafka.prefix)
    model = [name for name in topics if name.startswith("main.1.vectors.")]
    assert len(model) == 1
    cleanups = {"main.raw": "delete", "main.labels": "delete",
                "main.events": "delete", "main.dead": "delete",
                "main.sessions": "compact", "main.frontier": "compact",
                "main.control": "compact", "main.1.clean": "compact",
                "main.1.signatures": "delete", "main.1.verdicts": "compact",
                "main.1.documents": "compact", model[0]: "compact",
                "main.1.state.curate": "compact",
                "main.1.state.admit": "compact"}
    assert topics.pop("millrace.topics") == 1
    assert set(cleanups) <= set(topics)
    assert len(set(topics.values())) == 1
    for name, cleanup in cleanups.items():
        found = broker.configuration(kafka.prefix + name)
        assert found["cleanup.policy"] == cleanup, name
        if cleanup == "compact":
            assert found["delete.retention.ms"] == str(7 * 86400000), name
        elif name == "main.1.signatures":
            assert found["retention.ms"] == str(30 * 86400000)
        else:
            assert found["retention.ms"] == "-1", name
    for name, schema in (("main.raw", "Raw"), ("main.1.documents", "Document")):
        records = [record for number in range(topics[name]) for record in
                   broker.records(kafka.prefix + name, number)]
        assert [record.key for record in records] == [b"a"], name
        headers = records[0].headers
        assert headers["schema"] == f"millrace.v1.{schema}".encode()
        assert headers.get("version") == (
            None if name == "main.raw" else bytes([0, 1, 0, 0, 0, 0, 0, 0]))


def test_the_trace_of_a_request_goes_through_all_topics(kafka, broker):
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    server = kafka.server(settings="compression.type=none\n").start()
    for name, header in (("a", trace), ("b", "00-none-of-it-01")):
        reply = server.call("PUT", f"/v1/documents/{name}?wait=true",
                            {"text": f"The {name} wheel"},
                            headers={"traceparent": header})
        assert reply.status == 200, reply.body
    topics = broker.topics(kafka.prefix)
    vectors = [name for name in topics if ".vectors." in name]
    for name in ("main.raw", "main.1.clean", "main.1.signatures",
                 "main.1.verdicts", "main.1.documents", *vectors):
        traces = {record.key: record.headers.get("traceparent")
                  for number in range(topics[name])
                  for record in broker.records(kafka.prefix + name, number)}
        assert traces == {b"a": trace.encode(), b"b": None}, name
    assert server.stop() == 0


# --- deaths ---

def history(seed):
    """Operations on documents, some of them twins or near twins of others."""
    dice = random.Random(seed)
    words = [f"word{number}" for number in range(400)]
    texts, found = [], []
    for number in range(230):
        name = f"d{dice.randrange(140)}"
        kind = dice.random()
        if kind < .12:
            found.append(("DELETE", name, None))
            continue
        if kind < .2:
            found.append(("PATCH", name, {"metadata": {"year": number}}))
            continue
        if texts and kind < .4:
            text = dice.choice(texts)
            if kind < .3:
                text = text.rsplit(" ", 1)[0] + f" {dice.choice(words)}"
        else:
            text = " ".join(dice.choices(words, k=dice.randrange(8, 80)))
        texts.append(text)
        found.append(("PUT", name, {"text": text, "time": "2024-01-01T00:"
                                    f"{number // 60:02}:{number % 60:02}Z"}))
    return found


def tell(server, operation):
    method, name, body = operation
    return server.call(method, f"/v1/documents/{name}", body)


def count_of(broker, kafka, name):
    """How many messages of the document lie on raw."""
    topics = broker.topics(kafka.prefix)
    return sum(record.key == name.encode()
               for number in range(topics["main.raw"])
               for record in broker.records(f"{kafka.prefix}main.raw", number))


def test_six_kills_change_nothing(kafka, broker, tmp_path):
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    operations = history(seed)
    moments = dice.sample(range(5, len(operations) - 5), 6)
    server = kafka.server(settings="compression.type=none\n").start()
    there = {}
    done = []
    for number, operation in enumerate(operations):
        name = operation[1]
        killer = None
        if number in moments:
            killer = threading.Timer(dice.random() * .02, server.kill)
            killer.start()
        try:
            reply = tell(server, operation)
            assert reply.status == 202, reply.body
            happened = True
        except (OSError, urllib.error.URLError):
            happened = None
        if killer is not None:
            killer.join()
            server.start()
        if happened is None:
            happened = count_of(broker, kafka, name) > there.get(name, 0)
        if happened:
            there[name] = there.get(name, 0) + 1
            done.append(operation)
    settle(server)
    for name, count in there.items():
        assert server.get(name).status == 200, (name, count)
    assert server.stop() == 0
    told = fsck(server)
    assert told.returncode == 0, told.stdout + told.stderr
    other = embedded(tmp_path).start()
    for operation in done:
        assert tell(other, operation).status == 202
    settle(other)
    assert other.stop() == 0
    before = digest(server)
    assert digest(other) == before
    # What lies here of the log is a copy.
    shutil.rmtree(server.data / "kafka")
    server.start()
    until(lambda: is_idle(server))
    assert server.stop() == 0
    assert digest(server) == before
