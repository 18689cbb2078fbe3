# SPDX-License-Identifier: Apache-2.0
"""A disk that is full: writes are refused, searches go on, and it passes."""
import os
import subprocess

import pytest

import sites
from conftest import Server

FULL = ("the disk of {data} is nearly full: less than {least} MiB are free "
        "(limits.disk_free_bytes); make room and try again")


def start(folder, data, least):
    config = folder / "millrace.yaml"
    config.write_text("embed:\n  model: hashing\nlog:\n  level: error\n"
                      f"limits:\n  disk_free_bytes: {least} MiB\n")
    return Server(data, "-c", str(config)).start()


def check_refused(reply, words):
    assert reply.status == 503, reply.body
    assert reply.json()["error"] == {"code": "unavailable", "message": words}
    assert int(reply.headers["Retry-After"]) >= 1


def check_searches(server):
    for mode in ("keyword", "dense", "hybrid"):
        assert server.found("heron", mode=mode)[0] == "a"
    reply = server.call("POST", "/v1/answer", {"query": "Where is the heron?"})
    assert reply.json()["answer"].startswith("The heron stands")
    assert server.get("a").json()["state"] == "live"
    assert server.call("GET", "/readyz").status == 200


def test_below_the_limit_writes_are_refused_and_searches_go_on(folder,
                                                               tmp_path):
    server = start(tmp_path, folder, 0)
    server.put("a", "The heron stands in the water.")
    assert server.stop() == 0
    least = 1 << 20  # MiB: more than any disk has
    words = FULL.format(data=folder, least=least)
    server = start(tmp_path, folder, least)
    check_refused(server.put("b", "an otter"), words)
    check_refused(server.patch("a", metadata={"k": 1}), words)
    check_refused(server.delete("a"), words)
    check_searches(server)
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "vole.md").write_text("A vole eats grass.\n")
    told = server.call("POST", "/v1/sources", {"path": str(notes)}).json()
    sites.until(lambda: sites.state_of(server, told["source"])["problems"])
    state = sites.state_of(server, told["source"])
    assert (state["state"], state["sent"]) == ("held", 0)
    assert [(problem["where"], problem["problem"])
            for problem in state["problems"]] == [
        ("raw", f"it is not written to for now: {words}")]
    assert server.stop() == 0
    # As when room was made: the source goes on by itself.
    server = start(tmp_path, folder, 0)
    assert server.put("b", "an otter").json()["state"] == "live"
    assert sites.finds(server, "vole", told["source"] + ":vole.md")


@pytest.fixture
def disk(tmp_path):
    """A disk of its own, in memory."""
    path = tmp_path / "disk"
    path.mkdir()
    told = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs",
                           str(path)], capture_output=True, check=False)
    if told.returncode != 0:
        pytest.skip("no right to mount a tmpfs")
    yield path
    while Server.started:
        Server.started.pop().close()
    subprocess.run(["umount", "-l", str(path)], check=True)


def fill(disk):
    path = disk / "filling"
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            pass
        try:
            while True:
                file.write(bytes(512))
        except OSError:
            pass
    assert os.statvfs(disk).f_bavail == 0
    return path


def test_a_disk_that_is_full_passes_once_there_is_room(disk, tmp_path):
    server = start(tmp_path, disk / "data", 16)
    server.put("a", "The heron stands in the water.")
    filling = fill(disk)
    taken = []

    def refused():
        """It is looked at once a second: until then a write may be taken."""
        reply = server.put(f"t{len(taken)}", f"otter number {len(taken)}",
                           wait="")
        if reply.status == 202:
            taken.append(f"t{len(taken)}")
            return None
        return reply

    words = FULL.format(data=disk / "data", least=16)
    reply = sites.until(refused)
    if reply.json()["error"]["message"] != words:  # the disk itself was first
        assert "is full, make room" in reply.json()["error"]["message"]
        sites.until(lambda: words == refused().json()["error"]["message"])
    check_refused(server.put("b", "an otter"), words)
    check_searches(server)
    filling.unlink()
    sites.until(lambda: server.put("b", "A kingfisher dives.",
                                   wait="").status == 202)
    assert server.put("c", "A badger digs.").json()["state"] == "live"
    assert server.found("kingfisher", mode="keyword") == ["b"]
    assert server.stop() == 0
    server = start(tmp_path, disk / "data", 0)
    server.put("nudge", "one more", wait="keyword")
    for document in ("a", "b", "c", *taken):
        assert server.get(document).json()["state"] in ("live", "duplicate")
    check_searches(server)
    assert server.stop() == 0


def test_a_document_that_finds_no_room_is_refused_whole(disk, tmp_path):
    server = start(tmp_path, disk / "data", 0)
    server.put("a", "The heron stands in the water.")
    filling = fill(disk)
    long = " ".join(f"word{number}" for number in range(100000))
    reply = server.put("long", long)
    assert reply.status == 503
    message = reply.json()["error"]["message"]
    assert message == (f"blob: the disk of {disk}/data/blobs is full, make "
                       "room on it: No space left on device")
    check_searches(server)
    filling.unlink()
    told = sites.until(lambda: server.put("long", long, wait="keyword"))
    assert told.json()["state"] == "live"
