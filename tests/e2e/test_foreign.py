# SPDX-License-Identifier: Apache-2.0
"""`kind: kafka`: topics of others as sources, on the broker of MILLRACE_KAFKA.

Each test has a prefix of its own there.
"""
import base64
import json
import os
import struct
import subprocess
import threading
import time
import uuid

import pytest

from conftest import BINARY, Server
from topics import Topics

SERVERS = os.environ.get("MILLRACE_KAFKA", "")
WAIT_S = 60


def until(what, wait_s=WAIT_S):
    deadline = time.monotonic() + wait_s
    while True:
        found = what()
        if found or time.monotonic() > deadline:
            return found
        threading.Event().wait(0.05)


class Line:
    """A millrace on Kafka with one source, and the topics of others."""

    def __init__(self, folder):
        if not SERVERS:
            pytest.skip("MILLRACE_KAFKA names no broker: deploy/kafka start")
        self.prefix = f"t{uuid.uuid4().hex[:12]}."
        self.topics = Topics(SERVERS, self.prefix)
        self.folder = folder
        self.server = None

    def up(self, *sources, ready=True):
        path = self.folder / "millrace.yaml"
        path.write_text(json.dumps({
            "bus": "kafka",
            "kafka": {"brokers": SERVERS, "prefix": self.prefix + "own."},
            "embed": {"model": "hashing"}, "log": {"level": "warn"},
            "curate": {"duplicates": False},
            "limits": {"keyword_lag_records": 5000},
            "sources": [{"kind": "kafka", **source} for source in sources],
        }))
        self.server = Server(self.folder / "data", "-c", str(path))
        return self.server.start(expect_ready=ready)

    def source(self, name="shop"):
        reply = self.server.call("GET", "/v1/sources/" + name)
        assert reply.status == 200, reply.body
        return reply.json()

    def is_read(self, name="shop", **counts):
        source = self.source(name)
        return source["lag"] == 0 and all(
            source[key] == value for key, value in counts.items())

    def wait(self, name="shop", **counts):
        assert until(lambda: self.is_read(name, **counts)), self.source(name)

    def letters(self):
        reply = self.server.call("GET", "/v1/dead")
        assert reply.status == 200, reply.body
        return reply.json()["letters"]

    def state(self, document_id):
        reply = self.server.get(document_id)
        return reply.json()["state"] if reply.status == 200 else None

    def settles(self, document_id, state):
        assert until(lambda: self.state(document_id) == state), (
            self.server.get(document_id).body)


@pytest.fixture
def line(tmp_path):
    return Line(tmp_path)


def document(**members):
    return json.dumps(members)


# --- JSON ---

def test_records_are_put_updated_and_deleted(line):
    topic = line.topics.create("articles")
    line.topics.send("articles",
                     ("a", document(text="the river turns the wheel",
                                    title="Mill", metadata={"n": 1})),
                     ("b", document(text="a stone grinds the corn")))
    server = line.up({"name": "shop", "topic": topic})
    line.wait(documents=2, sent=2)
    line.settles("a", "live")
    line.settles("b", "live")
    found = server.get("a").json()
    assert found["title"] == "Mill"
    assert found["metadata"] == {"n": 1}
    assert found["source"] == "shop"
    line.topics.send("articles", ("a", document(text="sails catch the wind")),
                     ("b", None), ("never", None))
    line.wait(documents=1, sent=3, deleted=1, unchanged=1)
    line.settles("b", "deleted")
    assert until(lambda: server.found("sails", mode="keyword") == ["a"])
    assert server.found("river", mode="keyword") == []
    assert line.state("never") is None
    assert server.stop() == 0
    # What was read is not read again.
    line.topics.send("articles", ("c", document(text="water in the race")),
                     partition=1)
    line.up({"name": "shop", "topic": topic})
    line.wait(documents=2, sent=1)
    line.settles("c", "live")


def test_what_is_no_document_is_a_dead_letter_and_stops_nothing(line):
    topic = line.topics.create("articles", 1)
    line.topics.send("articles", ("a", "{broken"), (None, document(text="x")),
                     ("k" * 600, document(text="y")), ("n", "[1]"),
                     (b"\xff", document(text="z")),
                     ("good", document(text="all is well")))
    line.up({"name": "shop", "topic": topic})
    line.wait(documents=1, sent=1, failed=5)
    line.settles("good", "live")
    letters = {letter["input"]["offset"]: letter for letter in line.letters()}
    assert sorted(letters) == [0, 1, 2, 3, 4]
    assert letters[0]["stage"] == "source.shop"
    assert letters[0]["input"]["topic"] == topic
    assert letters[0]["id"] == "a"
    assert letters[0]["code"] == "corrupt"
    assert "no key" in letters[1]["error"]
    assert "600 bytes" in letters[2]["error"]
    assert "nothing at text, nor at html" in letters[3]["error"]
    assert "UTF-8" in letters[4]["error"]
    one = line.server.call(
        "GET", f"/v1/dead/{letters[0]['partition']}/{letters[0]['offset']}")
    assert one.json()["value"] == "{broken"
    retried = line.server.cli(
        "dead", "retry", f"{letters[0]['partition']}/{letters[0]['offset']}")
    assert retried.returncode == 1
    assert f"0/0 of topic {topic}" in retried.stderr + retried.stdout
    problems = line.source()["problems"]
    assert len(problems) == 5
    assert any(problem["where"] == f"{topic} 0/0" for problem in problems)


def test_fields_are_mapped_by_paths(line):
    topic = line.topics.create("rows", 1)
    line.topics.send("rows", (
        "ignored", json.dumps({
            "doc": {"no": 7, "body": "<p>of mills</p>", "head": "H"},
            "when": "2026-01-31", "by": ["ann"], "who": "ann",
            "tags": {"lang": "en", "n": 2}}), {"team": "one"}),
        ("x", json.dumps({"doc": {"no": 8, "body": "secret"}})))
    server = line.up({
        "name": "shop", "topic": topic,
        "fields": {"id": "$.doc.no", "html": "/doc/body", "title": "doc.head",
                   "time": "$.when", "acl": "$.by", "owner": "who",
                   "metadata": "tags, team=$header.team, first=by[0]"}})
    line.wait(documents=1, failed=1)
    line.settles("7", "live")
    found = server.get("7").json()
    assert found["title"] == "H"
    assert found["metadata"] == {"lang": "en", "n": 2, "team": "one",
                                 "first": "ann"}
    assert found["time"].startswith("2026-01-31")
    assert "nothing at who" in line.letters()[0]["error"]


def test_a_kill_in_the_middle_repeats_nothing(line):
    topic = line.topics.create("many", 4)
    records = [(f"d{number}", document(text=f"document number {number}"))
               for number in range(2000)]
    for partition in range(4):
        line.topics.send("many", *records[partition::4], partition=partition)
    source = {"name": "shop", "topic": topic}
    kills = 0
    server = line.up(source)
    while kills < 3:
        sent = line.source()["documents"]
        if sent == 2000:
            break
        if sent > 400 * (kills + 1):
            server.kill()
            kills += 1
            server = line.up(source)
    line.wait(documents=2000)
    assert kills > 0
    assert until(lambda: server.status()["documents"]["live"] == 2000), (
        server.status())
    server.stop()
    done = subprocess.run([BINARY, "fsck", "--json", "-c",
                           str(line.folder / "millrace.yaml"),
                           "--data", str(server.data)],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["raw"] == 2000, told


# --- other formats ---

def number(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def part(field, value):
    """A field of protobuf: a number, a text, or a message."""
    if isinstance(value, int):
        return number(field << 3) + number(value)
    data = value.encode() if isinstance(value, str) else value
    return number(field << 3 | 2) + number(len(data)) + data


TEXT, MESSAGE, NUMBER = 9, 11, 3


def described(name, *fields):
    return part(1, name) + b"".join(
        part(2, part(1, field) + part(3, nth) + part(4, 1) + part(5, kind) +
             (part(6, of) if of else b""))
        for nth, (field, kind, of) in enumerate(fields, 1))


def descriptor(folder):
    """What protoc makes of
    package shop; message Price {int64 cents = 1;} message Article {
    string name = 1; string body = 2; Price price = 3;}"""
    file = part(1, "shop.proto") + part(2, "shop")
    file += part(4, described("Price", ("cents", NUMBER, None)))
    file += part(4, described("Article", ("name", TEXT, None),
                              ("body", TEXT, None),
                              ("price", MESSAGE, ".shop.Price")))
    path = folder / "shop.pb"
    path.write_bytes(part(1, file))
    return str(path)


def article(name, body, cents):
    return part(1, name) + part(2, body) + part(3, part(1, cents))


FIELDS = {"text": "body", "title": "$.name", "metadata": "cents=price.cents"}


def check_article(line, document_id, name):
    line.settles(document_id, "live")
    found = line.server.get(document_id).json()
    assert found["title"] == name
    assert found["metadata"] == {"cents": 250}


def test_protobuf_is_read_by_its_descriptor(line):
    topic = line.topics.create("articles", 1)
    line.topics.send("articles", ("a", article("Flour", "finely ground", 250)),
                     ("b", b"\x0a\x7f"), ("c", b""), ("d", None))
    line.up({"name": "shop", "topic": topic, "format": "protobuf",
             "descriptor": descriptor(line.folder), "message": "shop.Article",
             "fields": FIELDS})
    line.wait(documents=1, failed=2, unchanged=1)
    check_article(line, "a", "Flour")
    errors = {letter["id"]: letter["error"] for letter in line.letters()}
    assert "protobuf: " in errors["b"]
    assert "nothing at body" in errors["c"]


def test_what_stands_behind_the_bytes_of_confluent_is_read(line):
    frame = struct.pack(">bi", 0, 42)
    plain = line.topics.create("plain", 1)
    typed = line.topics.create("typed", 1)
    line.topics.send("plain", ("a", frame + document(text="oats").encode()),
                     ("b", document(text="no frame")))
    line.topics.send("typed",
                     ("c", frame + b"\2\2" + article("Bran", "coarse", 250)),
                     ("d", frame + b"\0" + article("Price", "no", 250)))
    line.up({"name": "plain", "topic": plain, "format": "confluent"},
            {"name": "typed", "topic": typed, "format": "confluent",
             "inner": "protobuf", "descriptor": descriptor(line.folder),
             "message": "shop.Article", "fields": FIELDS})
    line.wait("plain", documents=1, failed=1)
    line.wait("typed", documents=1, failed=1)
    line.settles("a", "live")
    check_article(line, "c", "Bran")
    errors = {letter["id"]: letter["error"] for letter in line.letters()}
    assert "does not begin with 0" in errors["b"]
    assert "another message" in errors["d"]


def test_cloudevents_are_read_in_both_modes(line):
    topic = line.topics.create("events", 1)
    event = {"specversion": "1.0", "id": "1", "source": "/shop",
             "type": "article.changed"}
    binary = {f"ce_{name}": value for name, value in event.items()}
    binary["content-type"] = "application/json"
    structured = {"content-type": "application/cloudevents+json"}
    encoded = base64.b64encode(document(text="in base64").encode()).decode()
    line.topics.send(
        "events",
        ("a", json.dumps({**event, "time": "2026-01-31T12:00:00Z",
                          "data": {"text": "structured", "title": "S"}}),
         structured),
        ("b", document(text="binary", title="B"), binary),
        ("c", json.dumps({**event, "data_base64": encoded}), structured),
        ("d", document(text="no event")), ("b", None, binary))
    line.up({"name": "shop", "topic": topic, "format": "cloudevents",
             "fields": {"metadata": "type=type"}})
    line.wait(documents=2, sent=3, failed=1, deleted=1)
    line.settles("a", "live")
    line.settles("c", "live")
    line.settles("b", "deleted")
    found = line.server.get("a").json()
    assert found["title"] == "S"
    assert found["time"].startswith("2026-01-31T12:00:00")
    assert found["metadata"] == {"type": "article.changed"}
    assert "specversion" in line.letters()[0]["error"]


# --- where it begins and ends ---

def test_a_source_may_begin_at_the_end(line):
    topic = line.topics.create("late", 1)
    line.topics.send("late", ("old", document(text="old")))
    source = {"name": "shop", "topic": topic, "from": "end"}
    server = line.up(source)
    line.wait(job_ended=1)
    assert server.stop() == 0
    # What comes while it is away is not passed by, though nothing was read.
    line.topics.send("late", ("new", document(text="new")))
    line.topics.grow("late", 2)
    line.topics.send("late", ("grown", document(text="grown")), partition=1)
    line.up(source)
    line.wait(documents=2, sent=2)
    line.settles("new", "live")
    assert line.state("old") is None


def test_a_topic_that_is_not_there_is_told_and_asked_for_again(line):
    name = line.topics.name("missing")
    server = line.up({"name": "shop", "topic": name})
    source = until(lambda: line.source() if line.source()["problem_count"]
                   else None)
    assert source["outcome"] == "failed"
    assert f'there is no topic "{name}"' in source["problems"][0]["problem"]
    reply = server.call("POST", "/v1/sources", {"topic": name + "x"})
    assert reply.status == 400
    assert "there is no topic" in reply.json()["error"]["message"]
    line.topics.create("missing", 1)
    line.topics.send("missing", ("a", document(text="here now")))
    server.call("POST", "/v1/sources", {"topic": name, "name": "shop"})
    line.wait(documents=1)


def test_a_source_that_is_forgotten_takes_its_documents_along(line):
    topic = line.topics.create("articles", 1)
    line.topics.send("articles", ("a", document(text="one")),
                     ("b", document(text="two")), ("c", None))
    server = line.up()
    body = {"topic": topic, "name": "shop", "rank": 7}
    assert server.call("POST", "/v1/sources", body).status == 202
    line.wait(documents=2)
    line.settles("a", "live")
    server.put("b", "of the front door")
    done = server.cli("forget", "--documents", "shop")
    assert done.returncode == 0, done.stderr
    line.settles("a", "deleted")
    assert "by the sweep of source shop" in server.cli("why", "a").stdout
    assert server.get("b").json()["text"] == "of the front door"
    assert server.call("GET", "/v1/sources/shop").status == 404
    # Given again it is read from its beginning.
    assert server.call("POST", "/v1/sources", body).status == 202
    line.wait(documents=2, sent=2)
    line.settles("a", "live")
    assert "shop" in server.cli("status").stdout
    # And kept over restarts.
    assert server.stop() == 0
    line.up()
    line.wait(documents=2, sent=0)
    assert line.source()["config"]["rank"] == 7


def test_our_own_topics_are_no_source(line):
    server = line.up()
    own = line.prefix + "own.main.raw"
    reply = server.call("POST", "/v1/sources", {"topic": own})
    assert reply.status == 400
    assert "one of our own" in reply.json()["error"]["message"]


def test_a_descriptor_that_is_none_is_told(line):
    topic = line.topics.create("articles", 1)
    path = line.folder / "none.pb"
    path.write_text("no descriptor")
    line.up({"name": "shop", "topic": topic, "format": "protobuf",
             "descriptor": str(path), "message": "shop.Article"})
    source = until(lambda: line.source() if line.source()["problem_count"]
                   else None)
    assert "descriptor: " in source["problems"][0]["problem"]


def test_the_embedded_bus_has_no_topics_of_others(tmp_path):
    path = tmp_path / "millrace.yaml"
    path.write_text("embed:\n  model: hashing\nsources:\n- name: shop\n"
                    "  kind: kafka\n  topic: articles\n")
    done = subprocess.run([BINARY, "config", "check", "-c", str(path)],
                          capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert 'kind: kafka needs "bus: kafka"' in done.stdout + done.stderr
    path.write_text("embed:\n  model: hashing\n")
    server = Server(tmp_path / "data", "-c", str(path)).start()
    reply = server.call("POST", "/v1/sources", {"topic": "articles"})
    assert reply.status == 400
    assert "bus: kafka" in reply.json()["error"]["message"]
