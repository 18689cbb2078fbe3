# SPDX-License-Identifier: Apache-2.0
"""`millrace ingest -`: lines of standard input; and --json of all sources."""
import json
import os
import pty
import re
import signal
import subprocess

from conftest import BINARY


def give(server, lines, *words):
    text = "".join(line if isinstance(line, str) else json.dumps(line) + "\n"
                   for line in lines)
    return subprocess.run(
        [BINARY, "ingest", *words, "-"], input=text, capture_output=True,
        text=True, check=False,
        env={**os.environ, "MILLRACE_SERVER": server.url or ""})


def told(done):
    (given,) = json.loads(done.stdout)["given"]
    assert given["given"] == "-"
    return given


def test_lines_are_searchable_in_every_mode_when_it_returns(server):
    done = give(server, [
        {"id": "faiss", "text": "FAISS is a vector database",
         "title": "About FAISS", "url": "https://x.example/f",
         "metadata": {"year": 2024}},
        {"_id": "page", "html": "<p>Rivers carry water to the sea.</p>"},
    ], "--wait")
    assert done.returncode == 0, done.stderr
    assert "2 lines, 2 sent, 0 failed; 2 live" in done.stdout
    assert server.status()["searchable"] == {"keyword": 2, "dense": 2}
    faiss = server.get("faiss").json()
    assert faiss["title"] == "About FAISS"
    assert faiss["metadata"] == {"year": 2024}
    assert "carry water" in server.get("page").json()["text"]


def test_a_broken_line_is_named_and_the_rest_goes_on(server):
    done = give(server, [
        {"id": "a", "text": "the first document"},
        "{\"id\": \"b\", \"text\": \n",
        "\n",
        {"id": "c"},
        {"id": "d" * 600, "text": "an id that is too long"},
        {"id": "e", "text": "the last document", "color": "blue"},
    ], "--wait", "--json")
    assert done.returncode == 1
    given = told(done)
    assert (given["lines"], given["sent"], given["failed"]) == (6, 2, 3)
    assert given["states"]["live"] == 2
    assert [one["where"] for one in given["problems"]] == [
        "line 2", "line 4", "line 5", "line 6"]
    assert given["problems"][0]["problem"].startswith("column ")
    assert "\"text\" or \"html\"" in given["problems"][1]["problem"]
    assert "600 bytes" in given["problems"][2]["problem"]
    assert "\"color\" is not known" in given["problems"][3]["problem"]
    assert "line 2: " in done.stderr
    assert server.get("e").json()["text"] == "the last document"


def test_what_becomes_of_each_line_is_counted(server):
    text = "a story about a mill by a river and the wheel that it turns"
    done = give(server, [
        {"id": "one", "text": text},
        {"id": "two", "text": text},
        {"id": "none", "text": ""},
    ], "--wait", "--json")
    assert done.returncode == 0, done.stderr
    given = told(done)
    assert given["states"] == {"live": 1, "duplicate": 1, "rejected": 1,
                               "deleted": 0, "failed": 0, "superseded": 0}
    (problem,) = given["problems"]
    assert problem["where"] == "line 3"
    assert "rejected" in problem["problem"]


def test_of_two_lines_with_one_id_the_later_counts(server):
    lines = [{"id": f"d{nth % 7}", "text": f"text number {nth} of many"}
             for nth in range(300)]
    done = give(server, lines, "--wait", "--json")
    assert done.returncode == 0, done.stderr
    states = told(done)["states"]
    assert states["live"] + states["duplicate"] == 7
    assert states["superseded"] == 293
    for nth in range(293, 300):
        assert server.get(f"d{nth % 7}").json()["text"] == lines[nth]["text"]


def test_lines_without_an_id_given_again_change_nothing(server):
    lines = [{"text": f"a line about the number {nth} only"}
             for nth in range(20)]
    for _ in range(2):
        assert give(server, lines, "--wait").returncode == 0
    assert server.status()["documents"]["live"] == 20


def test_many_lines_are_taken_and_all_have_vectors(server):
    lines = [{"id": f"d{nth}", "text": f"river {nth} carries {nth * 7} mills"}
             for nth in range(600)] + [{"id": "last", "text": ""}]
    done = give(server, lines, "--wait", "--json")
    assert done.returncode == 0, done.stderr
    given = told(done)
    assert given["sent"] == 601
    assert sum(given["states"].values()) == 601
    searchable = server.status()["searchable"]
    assert searchable["keyword"] == searchable["dense"]


def test_a_server_that_is_not_there_is_exit_code_3(server):
    url = server.url
    server.stop()
    server.url = url
    done = give(server, [{"id": "a", "text": "a document"}])
    assert done.returncode == 3
    assert "is it running?" in done.stderr
    assert "from line 1 on" in done.stderr


def test_standard_input_can_be_given_once(server):
    done = give(server, [], "-")
    assert done.returncode == 2
    assert "once" in done.stderr


def test_a_folder_given_with_json_tells_its_source_and_its_status(server,
                                                                  tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.md").write_text("# Mills\n\nWater turns a wheel.\n")
    (folder / "z.txt").write_text("")  # rejected, and known before the rest
    done = server.cli("ingest", "--json", str(folder))
    assert done.returncode == 0, done.stderr
    (given,) = json.loads(done.stdout)["given"]
    assert given["given"] == str(folder)
    assert given["source"] and given["job"] > 0
    assert "status" not in given
    done = server.cli("ingest", "--wait", "--json", str(folder), "/nowhere")
    assert done.returncode == 1
    found, missing = json.loads(done.stdout)["given"]
    assert found["status"]["outcome"] == "done"
    assert found["status"]["found"] == 2
    assert missing["source"] is None
    assert server.status()["searchable"] == {"keyword": 1, "dense": 1}


def many(count):
    return [{"id": f"d{nth}", "text": f"Document {nth} tells of " + " ".join(
        f"stone{nth * 60 + word}" for word in range(60))}
        for nth in range(count)]


class Terminal:
    """A command whose standard error is a terminal."""

    def __init__(self, server, *words):
        own, its = pty.openpty()
        self.terminal = own
        self.shown = ""
        self.process = subprocess.Popen(
            [BINARY, *words], stdin=subprocess.PIPE, stderr=its,
            stdout=subprocess.DEVNULL, text=True,
            env={**os.environ, "MILLRACE_SERVER": server.url},
            # Where the tests run in the background it may be ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        os.close(its)

    def read(self, until=None):
        """All that comes, or what comes until the words are there."""
        while until is None or until not in self.shown:
            try:
                more = os.read(self.terminal, 4096)
            except OSError:  # nobody has it open any more
                break
            self.shown += more.decode(errors="replace")
        return self.shown


def test_the_bar_moves_while_vectors_are_waited_for(server, tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    for document in many(150):
        (folder / f"{document['id']}.txt").write_text(document["text"])
    shown = Terminal(server, "ingest", "--wait", str(folder)).read()
    steps = re.findall(r"index \[[#.]{24}\] (\d+) of \d+ by meaning", shown)
    assert len(set(steps)) > 1, shown


def test_ctrl_c_says_what_happens_with_what_was_sent(server):
    command = Terminal(server, "ingest", "--wait", "-")
    for document in many(64):
        command.process.stdin.write(json.dumps(document) + "\n")
    command.process.stdin.flush()
    command.read(until="lines sent")
    command.process.send_signal(signal.SIGINT)
    shown = command.read()
    assert "not all lines were sent" in shown
    assert command.process.wait() == -signal.SIGINT


def test_a_site_without_its_scheme_and_a_folder_of_other_kinds_are_told(
        server, tmp_path):
    site = server.cli("ingest", "no-such-site.example")
    assert site.returncode == 1
    assert "begins with https://" in site.stderr
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "picture.png").write_bytes(b"no picture")
    done = server.cli("ingest", "--wait", str(pictures))
    assert "1 skipped" in done.stdout
    assert "of a kind that is read" in done.stdout
