# SPDX-License-Identifier: Apache-2.0
"""What tests ask of Kafka itself, over a socket of their own, and clusters that
they may break.

A few requests of Kafka's protocol in versions that every broker since 2.1
takes: configurations, topics made and deleted, and records that are not
compressed, with their headers.
"""
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass

SOURCE = pathlib.Path(__file__).resolve().parents[2]
KAFKA = SOURCE / "deploy/kafka"
sys.path.insert(0, str(SOURCE / "deploy/kafka.d"))

from ask import Reader, metadata, receive  # noqa: E402
from conftest import Server  # noqa: E402

CLIENT = b"tests/e2e"
FETCH, CONFIGS, CREATE, DELETE, ALLOW = 1, 32, 19, 20, 30
TOPIC = 2  # what a configuration is of
# Kinds of what a right is for, and operations, as a rule has them.
KINDS = {"topic": 2, "group": 3, "transactional-id": 5}
OPERATIONS = {"All": 2, "Read": 3, "Write": 4, "Describe": 8}
PREFIXED, ALLOWED = 4, 3
NONE, EXISTS_NOT = 0, 3
WAIT_MS = 10000


def text(value):
    data = value.encode()
    return struct.pack(">h", len(data)) + data


def array(parts):
    return struct.pack(">i", len(parts)) + b"".join(parts)


@dataclass
class Record:
    offset: int
    key: bytes
    value: bytes
    headers: dict


class Varints(Reader):
    """Records of a batch in the format of version 2."""

    def varint(self):
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return (value >> 1) ^ -(value & 1)

    def bytes(self):
        size = self.varint()
        if size < 0:
            return None
        self.at += size
        return self.data[self.at - size:self.at]

    def record(self, base):
        self.varint()  # size
        self.number("b")  # attributes
        self.varint()  # time
        offset = base + self.varint()
        key, value = self.bytes(), self.bytes()
        headers = {}
        for _ in range(self.varint()):
            name = self.bytes().decode()
            headers[name] = self.bytes()
        return Record(offset, key, value, headers)

    def batches(self):
        while len(self.data) - self.at > 61:
            base, size = self.number("q"), self.number("i")
            end = self.at + size
            if end > len(self.data):
                return
            self.at += 9  # epoch, magic, checksum
            attributes = self.number("h")
            self.at += 34  # deltas, times, producer
            count = self.number("i")
            assert attributes & 7 == 0, "the records are compressed"
            for _ in range(count):
                record = self.record(base)
                if not attributes & 32:  # the end of a transaction
                    yield record
            self.at = end


class Broker:
    """The first node of "host:port,..."."""

    def __init__(self, servers):
        self.servers = servers
        host, port = servers.split(",")[0].rsplit(":", 1)
        self.host, self.port = host, int(port)

    def ask(self, key, version, body):
        head = struct.pack(">hhih", key, version, 1, len(CLIENT)) + CLIENT
        request = head + body
        with socket.create_connection((self.host, self.port), 30) as one:
            one.sendall(struct.pack(">i", len(request)) + request)
            (size,) = struct.unpack(">i", receive(one, 4))
            answer = Varints(receive(one, size))
        answer.int()  # correlation
        answer.int()  # throttle time
        return answer

    def topics(self, prefix):
        """Numbers of partitions by the name behind the prefix."""
        found = {}
        for part in metadata(self.port, 10).partitions:
            if part.topic.startswith(prefix):
                name = part.topic[len(prefix):]
                found[name] = found.get(name, 0) + 1
        return found

    def configuration(self, topic):
        answer = self.ask(CONFIGS, 1, array(
            [struct.pack(">b", TOPIC) + text(topic) +
             struct.pack(">i", -1)]) + b"\0")
        assert answer.int() == 1
        assert answer.number("h") == NONE
        answer.string()  # words
        answer.number("b")
        answer.string()  # name
        found = {}
        for _ in range(answer.int()):
            name = answer.string()
            found[name] = answer.string()
            answer.at += 3  # read only, source, sensitive
            for _ in range(answer.int()):
                answer.string()
                answer.string()
                answer.at += 1
        return found

    def create(self, topic, partitions, **settings):
        """Settings have _ for each dot."""
        answer = self.ask(CREATE, 2, array(
            [text(topic) + struct.pack(">ih", partitions, 1) + array([]) +
             array([text(name.replace("_", ".")) + text(value)
                    for name, value in settings.items()])]) +
            struct.pack(">ib", WAIT_MS, 0))
        assert answer.int() == 1
        answer.string()
        error = answer.number("h")
        assert error == NONE, error

    def delete(self, *topics):
        answer = self.ask(DELETE, 1, array([text(one) for one in topics]) +
                          struct.pack(">i", WAIT_MS))
        for _ in range(answer.int()):
            answer.string()
            error = answer.number("h")
            assert error in (NONE, EXISTS_NOT), error

    def allow(self, user, kind, prefix, *operations):
        """What kafka-acls.sh --add with a prefixed pattern does."""
        answer = self.ask(ALLOW, 1, array(
            [struct.pack(">b", KINDS[kind]) + text(prefix) +
             struct.pack(">b", PREFIXED) + text(f"User:{user}") + text("*") +
             struct.pack(">bb", OPERATIONS[one], ALLOWED)
             for one in operations]))
        for _ in range(answer.int()):
            error = answer.number("h")
            assert error == NONE, error
            answer.string()

    def records(self, topic, partition):
        """All committed records of a partition."""
        found = []
        offset, end = 0, 1
        while offset < end:
            body = struct.pack(">iiiib", -1, 100, 1, 8 << 20, 1)
            body += array([text(topic) + array([
                struct.pack(">iqi", partition, offset, 8 << 20)])])
            answer = self.ask(FETCH, 4, body)
            assert answer.int() == 1
            answer.string()
            assert answer.int() == 1
            answer.int()  # partition
            error = answer.number("h")
            assert error == NONE, error
            answer.number("q")  # end, uncommitted and all
            end = answer.number("q")
            for _ in range(max(answer.int(), 0)):
                answer.at += 16  # what was aborted
            size = answer.int()
            given = list(Varints(answer.data[answer.at:answer.at + size])
                         .batches())
            found += [one for one in given if offset <= one.offset < end]
            if not given:
                return found
            offset = given[-1].offset + 1
        return found


class Cluster:
    """A cluster of the test's own."""

    def __init__(self, folder, *options):
        self.folder = folder
        self.servers = self.run("start", *options).strip()

    def run(self, command, *words):
        done = subprocess.run(
            [str(KAFKA), command, *words, "--dir", str(self.folder)],
            capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def kill(self):
        self.run("kill", "1")

    def revive(self):
        self.run("revive", "1")

    def stop(self):
        self.run("stop", "--remove")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def named():
    """The brokers that tests may put topics on, or None."""
    return os.environ.get("MILLRACE_KAFKA")


class Kafka:
    """Configurations on one prefix, and the servers that have them."""

    def __init__(self, folder, servers):
        self.folder = folder
        self.servers = servers
        self.prefix = f"{folder.name}."

    def config(self, name="kafka", settings=None, lines="", **keys):
        keys = {"brokers": self.servers, "prefix": self.prefix, **keys}
        if settings is not None:
            path = self.folder / f"{name}.settings"
            path.write_text(settings)
            keys["settings_file"] = path
        path = self.folder / f"{name}.yaml"
        path.write_text("bus: kafka\nembed:\n  model: hashing\n"
                        "log:\n  level: warn\nkafka:\n" +
                        "".join(f"  {key}: {value}\n"
                                for key, value in keys.items()) + lines)
        return path

    def server(self, data="data", **options):
        return Server(self.folder / data, "-c", str(self.config(**options)))


def fsck(server, *options):
    return server.cli("fsck", "--data", str(server.data), *server.options,
                      *options)


def digest(server):
    """Of a server that was stopped: all is worked off and agrees."""
    done = fsck(server, "--digest", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["behind"] == 0
    return told["digest"]


def is_idle(server):
    return all(stage["lag"] == 0 for stage in server.status()["stages"])


def settle(server):
    """All that was written is worked off, by words and by meaning."""
    reply = server.put("settle", "the last of all")
    assert reply.status == 200, reply.body
    for _ in range(2):  # a server looks at its lag once a second
        until(lambda: is_idle(server))
        threading.Event().wait(1.2)
    until(lambda: is_idle(server))


def refused(server):
    """The words of a start that cannot be."""
    told = server.cli("up", "--data", str(server.data), "--listen",
                      "127.0.0.1:0", *server.options,
                      timeout=60)
    assert told.returncode == 4, (told.returncode, told.stderr)
    assert told.stdout == ""
    return told.stderr


def until(condition):
    """Asks until it is so; each question takes its time at the server."""
    for _ in range(3000):
        if condition():
            return
        threading.Event().wait(.02)
    raise AssertionError("it does not come to be")
