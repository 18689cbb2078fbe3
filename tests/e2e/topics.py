# SPDX-License-Identifier: Apache-2.0
"""A producer of somebody else's: topics on a broker, and records on them, in
Kafka's own protocol over a socket (requests that every broker since 2.1
takes)."""
import socket
import struct
import time

CREATE, PARTITIONS, DELETE, PRODUCE = 19, 37, 20, 0
TABLE = []
for _byte in range(256):
    for _ in range(8):
        _byte = _byte >> 1 ^ (0x82F63B78 if _byte & 1 else 0)
    TABLE.append(_byte)


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value = TABLE[(value ^ byte) & 255] ^ value >> 8
    return value ^ 0xFFFFFFFF


def varint(value):
    value = value << 1 ^ value >> 63
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def text(value):
    data = value.encode()
    return struct.pack(">h", len(data)) + data


def array(parts):
    return struct.pack(">i", len(parts)) + b"".join(parts)


def sized(data):
    if data is None:
        return varint(-1)
    return varint(len(data)) + data


def octets(value):
    return value.encode() if isinstance(value, str) else value


class Topics:
    """The first node of "host:port,..."; `prefix` is before all names."""

    def __init__(self, servers, prefix):
        host, port = servers.split(",")[0].rsplit(":", 1)
        self.address = (host, int(port))
        self.prefix = prefix

    def ask(self, key, version, body):
        request = struct.pack(">hhih", key, version, 1, 3) + b"e2e" + body
        with socket.create_connection(self.address, 30) as one:
            one.sendall(struct.pack(">i", len(request)) + request)
            stream = one.makefile("rb")
            (size,) = struct.unpack(">i", stream.read(4))
            return stream.read(size)[4:]

    def name(self, topic):
        return self.prefix + topic

    def create(self, topic, partitions=2):
        answer = self.ask(CREATE, 2, array(
            [text(self.name(topic)) + struct.pack(">ih", partitions, 1) +
             array([]) + array([])]) + struct.pack(">ib", 10000, 0))
        self._check(answer[8:])
        return self.name(topic)

    def grow(self, topic, partitions):
        answer = self.ask(PARTITIONS, 0, array(
            [text(self.name(topic)) + struct.pack(">ii", partitions, -1)]) +
            struct.pack(">ib", 10000, 0))
        self._check(answer[8:])

    def delete(self, topic):
        answer = self.ask(DELETE, 1, array([text(self.name(topic))]) +
                          struct.pack(">i", 10000))
        self._check(answer[8:])

    @staticmethod
    def _check(answer):
        (size,) = struct.unpack_from(">h", answer)
        (error,) = struct.unpack_from(">h", answer, 2 + size)
        assert error == 0, error

    def send(self, topic, *records, partition=0):
        """Records are (key, value) or (key, value, headers)."""
        deadline = time.monotonic() + 20
        while True:
            error = self._send(topic, records, partition)
            if error not in (3, 5, 6) or time.monotonic() > deadline:
                break  # a new topic that has no leader yet
        assert error == 0, error

    def _send(self, topic, records, partition):
        now = int(time.time() * 1000)
        body = b"".join(self._record(number, *record)
                        for number, record in enumerate(records))
        rest = struct.pack(">hiqqqhii", 0, len(records) - 1, now, now, -1, -1,
                           -1, len(records)) + body
        batch = struct.pack(">qiibI", 0, len(rest) + 9, -1, 2, crc32c(rest))
        answer = self.ask(PRODUCE, 3, struct.pack(">hhi", -1, -1, 10000) +
                          array([text(self.name(topic)) + array(
                              [struct.pack(">ii", partition,
                                           len(batch) + len(rest)) +
                               batch + rest])]))
        at = 4 + 2 + len(self.name(topic)) + 4 + 4
        (error,) = struct.unpack_from(">h", answer, at)
        return error

    @staticmethod
    def _record(number, key, value, headers=None):
        body = b"\0" + varint(0) + varint(number)
        body += sized(octets(key)) + sized(octets(value))
        body += varint(len(headers or {}))
        for name, content in (headers or {}).items():
            body += sized(octets(name)) + sized(octets(content))
        return varint(len(body)) + body
