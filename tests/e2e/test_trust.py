# SPDX-License-Identifier: Apache-2.0
"""What was acknowledged holds, whatever happens to the process."""
import shutil

from conftest import Server


def segments(folder):
    """The sealed segments of an index, by name."""
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in sorted((folder / "index").rglob("*.seg"))}


def test_sigterm_drains_and_exits_with_zero(server):
    for number in range(50):
        server.put(f"d{number}", f"document number {number}", wait="")
    assert server.stop() == 0
    again = Server(server.data).start()
    try:
        assert again.put("last", "the last").json()["state"] == "live"
        assert again.status()["documents"]["live"] == 51
    finally:
        again.close()


def test_what_was_acknowledged_survives_kill_9(folder):
    server = Server(folder).start()
    try:
        for number in range(30):
            assert server.put(f"d{number}", f"document {number} of rivers",
                              wait="").status == 202
        server.kill()
        server = Server(folder).start()
        server.put("last", "the last")
        assert server.status()["documents"]["live"] == 31
        server.delete("d7")
        server.kill()
        server = Server(folder).start()
        assert server.get("d7").json()["state"] == "deleted"
        found = server.found("rivers", mode="keyword", top_k=100)
        assert sorted(found) == sorted(
            f"d{number}" for number in range(30) if number != 7)
    finally:
        server.close()


def test_an_index_that_is_deleted_is_made_again_byte_by_byte(folder,
                                                             tmp_path):
    config = tmp_path / "millrace.yaml"
    config.write_text("index:\n  seal_passages: 64\n  merge_fan_in: 2\n")
    server = Server(folder, "-c", str(config)).start()
    try:
        for number in range(600):
            server.put(f"d{number % 400}", f"text {number} of the river race",
                       wait="")
        server.delete("d3")
        server.put("last", "the last")
        assert server.stop() == 0
        before = segments(folder)
        assert before
        shutil.rmtree(folder / "index")
        server = Server(folder, "-c", str(config)).start()
        server.put("nudge", "one more")
        assert server.stop() == 0
        after = segments(folder)
        assert set(before) & set(after)
        for name in set(before) & set(after):
            assert before[name] == after[name], name
    finally:
        server.close()


def test_a_damaged_index_is_named_and_nothing_is_served(folder, tmp_path):
    config = tmp_path / "millrace.yaml"
    config.write_text("index:\n  seal_passages: 64\n")
    server = Server(folder, "-c", str(config)).start()
    for number in range(200):
        server.put(f"d{number}", f"text {number} of the river race", wait="")
    server.put("last", "the last", wait="keyword")
    assert server.stop() == 0
    path = next((folder / "index").rglob("keyword-*.seg"))
    path.write_bytes(path.read_bytes()[:-40])
    told = server.cli("up", "--data", str(folder), "--listen", "127.0.0.1:0",
                      "-c", str(config))
    assert told.returncode == 4
    assert path.name in told.stderr
    assert "delete that folder" in told.stderr
