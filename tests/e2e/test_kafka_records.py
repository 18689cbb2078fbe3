# SPDX-License-Identifier: Apache-2.0
"""Records on millrace's topics that it did not write."""
import pathlib

import pytest

import brokers
from brokers import digest, until
from topics import Topics

GOOD = "A wheel that the water turns"


def peak_mb(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    [line] = [x for x in status.splitlines() if x.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


@pytest.fixture
def big(tmp_path):
    """A cluster that takes records of 40 MB."""
    one = brokers.Cluster(tmp_path / "cluster", "--set",
                          "message.max.bytes=41943040")
    yield one
    one.stop()


def dead(server):
    """Dead letters as people see them, a line each."""
    told = server.cli("dead", "list", "--server", server.url).stdout
    return [line for line in told.splitlines() if " clean " in line]


def test_a_broken_record_is_a_dead_letter_and_the_rest_goes_on(kafka):
    server = kafka.server().start()
    assert server.put("good", GOOD).status == 200
    Topics(kafka.servers, kafka.prefix).send(
        "main.raw", ("cut", b"\x08\x01\x12\x7f"), ("empty", b""))
    assert server.put("after", "Another one that is good").status == 200
    until(lambda: len(dead(server)) == 2)
    assert any("cut" in line for line in dead(server))
    assert server.get("cut").json()["state"] == "failed"
    assert server.get("good").json()["state"] == "live"
    assert server.stop() == 0
    assert digest(server)


def test_a_later_major_version_stops_the_server_and_is_not_passed_over(kafka):
    server = kafka.server().start()
    assert server.put("good", GOOD).status == 200
    Topics(kafka.servers, kafka.prefix).send(
        "main.raw", ("later", b"\x08\x02\x12\x05later"))
    for _ in range(2):
        _, errors = server.process.communicate(timeout=60)
        assert server.process.returncode == 1, errors
        assert "raw: written in major version 2" in errors
        server.start()


def test_a_record_of_30_megabytes_is_a_dead_letter(big, tmp_path):
    kafka = brokers.Kafka(tmp_path, big.servers)
    server = kafka.server().start()
    assert server.put("good", GOOD).status == 200
    Topics(kafka.servers, kafka.prefix).send(
        "main.raw", ("large", b"\x08\x01\x12\x05large" + b"\0" * 30_000_000))
    assert server.put("after", "Another one that is good").status == 200
    until(lambda: len(dead(server)) == 1)
    assert "30000009 bytes" in dead(server)[0]
    assert server.get("large").json()["state"] == "failed"
    assert peak_mb(server) < 700
    assert server.stop() == 0
