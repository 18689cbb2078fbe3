# SPDX-License-Identifier: Apache-2.0
"""What a node knows of its cluster: Kafka's Metadata request, version 7.

The whole protocol is in the guide of Kafka; here is one request of it, for all
topics, over a socket of its own.
"""

import socket
import struct
from dataclasses import dataclass, field

METADATA, VERSION = 3, 7
NAME = b"deploy/kafka"
ANSWER_MAX = 64 << 20


@dataclass
class Partition:
    topic: str
    number: int
    leader: int
    replicas: list
    in_sync: list


@dataclass
class Metadata:
    cluster: str = ""
    nodes: set = field(default_factory=set)
    partitions: list = field(default_factory=list)


class Reader:
    """Takes big-endian values off the front of an answer."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, form):
        (value,) = struct.unpack_from(">" + form, self.data, self.at)
        self.at += struct.calcsize(form)
        return value

    def string(self):
        size = self.number("h")
        if size < 0:
            return ""
        self.at += size
        return self.data[self.at - size:self.at].decode()

    def list(self, one):
        return [one() for _ in range(self.number("i"))]

    def int(self):
        return self.number("i")

    def node(self):
        number = self.int()
        self.string()  # host
        self.int()  # port
        self.string()  # rack
        return number

    def topic(self):
        self.number("h")  # error
        name = self.string()
        self.number("b")  # internal
        return self.list(lambda: self.partition(name))

    def partition(self, topic):
        self.number("h")  # error
        number, leader = self.int(), self.int()
        self.int()  # leader epoch
        replicas, in_sync = self.list(self.int), self.list(self.int)
        self.list(self.int)  # offline
        return Partition(topic, number, leader, replicas, in_sync)

    def metadata(self):
        self.int()  # correlation
        self.int()  # throttle time
        answer = Metadata(nodes=set(self.list(self.node)))
        answer.cluster = self.string()
        self.int()  # controller
        for partitions in self.list(self.topic):
            answer.partitions += partitions
        return answer


def receive(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise ConnectionError("closed in the middle of an answer")
        data += more
    return data


def metadata(port, timeout=2):
    """What the node at the port knows, or None while it does not answer."""
    all_topics, create_none = -1, 0
    request = struct.pack(">hhih", METADATA, VERSION, 1, len(NAME)) + NAME
    request += struct.pack(">ib", all_topics, create_none)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout) as one:
            one.sendall(struct.pack(">i", len(request)) + request)
            (size,) = struct.unpack(">i", receive(one, 4))
            if not 0 < size <= ANSWER_MAX:
                return None
            return Reader(receive(one, size)).metadata()
    except (OSError, struct.error, UnicodeDecodeError):
        return None
