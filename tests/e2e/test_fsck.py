# SPDX-License-Identifier: Apache-2.0
"""millrace fsck finds nothing where nothing is wrong, and what is broken."""
import json

import pytest

from conftest import Server


def fsck(server, *options):
    return server.cli("fsck", "--data", str(server.data), *options)


def fill(server):
    """Documents of every fate."""
    for number in range(200):
        server.put(f"d{number}", f"text {number} of the mill race",
                   wait="keyword")
    for number in range(0, 200, 4):
        server.put(f"d{number}", f"new text {number} of the wheel", wait="keyword")
    for number in range(1, 200, 8):
        server.delete(f"d{number}")
    server.put("twin-a", "the same words twice in two documents")
    server.put("twin-b", "the same words twice in two documents")
    server.put("empty", "")
    server.patch("d2", metadata={"lang": "en"})
    server.put("last", "the last")


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "millrace.yaml"
    path.write_text("index:\n  seal_passages: 64\n  merge_fan_in: 2\n")
    return path


def test_a_folder_in_use_is_not_looked_at(server):
    done = fsck(server)
    assert done.returncode == 4
    assert "stop the server first" in done.stderr


def test_a_folder_that_is_none_is_not_made(tmp_path):
    done = Server(tmp_path / "none").cli("fsck", "--data",
                                         str(tmp_path / "none"))
    assert done.returncode == 4
    assert "no data folder" in done.stderr
    assert not (tmp_path / "none").exists()


def test_nothing_is_found_after_a_stop_nor_after_a_kill(folder, config):
    server = Server(folder, "-c", str(config)).start()
    try:
        fill(server)
        assert server.stop() == 0
        done = fsck(server, "--json", "-c", str(config))
        assert done.returncode == 0, done.stdout
        result = json.loads(done.stdout)
        assert result["findings"] == []
        assert result["behind"] == 0
        assert result["ids"] == 204
        assert result["documents"] == 204
        before = fsck(server, "--digest", "-c", str(config)).stdout
        server.start()
        server.put("more", "one more document")
        server.kill()
        done = fsck(server, "-c", str(config))
        assert done.returncode == 0, done.stdout
        assert done.stdout.endswith("0 findings\n")
        assert fsck(server, "--digest", "-c", str(config)).stdout != before
    finally:
        server.close()


def test_the_digest_is_that_of_the_log(folder, config, tmp_path):
    digests = []
    for name in ("one", "two"):
        server = Server(tmp_path / name, "-c", str(config)).start()
        try:
            fill(server)
            if name == "two":
                server.kill()
                server.start()
            assert server.stop() == 0
            digests.append(fsck(server, "--digest", "-c", str(config)).stdout)
        finally:
            server.close()
    assert digests[0] == digests[1]
    assert digests[0].endswith(" 204 documents\n")


def test_a_broken_segment_is_found(folder, config):
    server = Server(folder, "-c", str(config)).start()
    try:
        fill(server)
        assert server.stop() == 0
        segment = sorted((folder / "index").rglob("keyword-*.seg"))[0]
        content = bytearray(segment.read_bytes())
        content[len(content) // 2] ^= 1
        segment.write_bytes(content)
        done = fsck(server, "-c", str(config))
        assert done.returncode == 1
        assert segment.name in done.stderr
    finally:
        server.close()
