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
