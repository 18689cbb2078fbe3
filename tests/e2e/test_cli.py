# SPDX-License-Identifier: Apache-2.0
"""The command line: help, exit codes, --json, completion."""
import http.server
import json
import os
import re
import shutil
import subprocess
import threading

import pytest

from conftest import BINARY, SOURCE

COMMANDS = ["up", "worker", "replay", "bus", "generation", "compare", "ingest",
            "query", "answer", "why", "status", "delete", "forget", "dead",
            "fsck", "eval", "stage", "key", "config", "completion", "version"]
NO_SERVER = "http://127.0.0.1:9"


def run(*words, cwd=None, **variables):
    return subprocess.run([BINARY, *words], capture_output=True, text=True,
                          check=False, cwd=cwd,
                          env={**os.environ, **variables})


def options_of(command):
    return set(re.findall(r"^  (--[a-z-]+)",
                          run(command, "--help").stdout, re.M))


def test_help_lists_the_commands_and_the_exit_codes():
    done = run("--help")
    assert done.returncode == 0
    assert re.findall(r"^  ([a-z]+)  ", done.stdout, re.M) == COMMANDS
    assert re.findall(r"^  (\d)  ", done.stdout, re.M) == list("012345")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_has_examples_and_options(command):
    done = run(command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"usage: millrace {command} [options]")
    assert f"\n  millrace {command}" in done.stdout \
        or f"| millrace {command}" in done.stdout \
        or f"<(millrace {command}" in done.stdout
    assert "--help" in options_of(command)
    assert run("help", command).stdout == done.stdout
    assert run(command, "-h").stdout == done.stdout


@pytest.mark.parametrize("command", ["ingest", "query", "answer", "why",
                                     "status", "delete", "forget", "dead"])
def test_what_talks_to_a_server_takes_server_and_json(command):
    assert {"--server", "--json", "--key", "--key-file",
            "--cacert"} <= options_of(command)


@pytest.mark.parametrize("command", ["fsck", "eval", "config", "version"])
def test_what_a_script_reads_takes_json(command):
    assert "--json" in options_of(command)


@pytest.mark.parametrize("words", [
    ["serve"], ["status", "too-much"], ["query"], ["query", "--mod", "x", "y"],
    ["query", "--top-k", "many", "x"],
    ["ingest", "--max-pages", "all", "http://x.example/"],
    ["dead", "list", "--limit", "-1"], ["query", "--filter", "{", "x"],
    ["why"], ["dead", "burn"], ["dead", "show", "x"], ["stage", "chop"],
    ["config", "bake"], ["completion", "sh"], ["ingest"], ["eval"],
    ["up", "now"], ["fsck", "now"], ["version", "now"], ["help", "serve"], [],
])
def test_a_wrong_command_line_is_exit_code_2(words):
    done = run(*words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "--help" in done.stderr or "usage:" in done.stderr


def test_a_near_word_is_named():
    assert "did you mean \"status\"" in run("statsu").stderr
    assert "did you mean --json" in run("status", "--jsn").stderr


@pytest.mark.parametrize("words", [
    ["status"], ["query", "x"], ["answer", "x"], ["why", "x"],
    ["delete", "x"], ["dead", "list"], ["ingest", "/tmp"],
])
def test_no_server_is_exit_code_3(words):
    done = run(*words, "--json", "--server", NO_SERVER)
    assert done.returncode == 3
    assert "is it running?" in done.stderr


@pytest.mark.parametrize("address", ["nonsense://x", "127.0.0.1:seven"])
def test_what_is_no_address_of_a_server_is_said_to_be_none(address):
    done = run("status", "--server", address)
    assert done.returncode == 2
    assert f'"{address}" is no address of a server' in done.stderr
    assert "is it running?" not in done.stderr


@pytest.mark.parametrize("status", [200, 404])
def test_a_server_that_is_no_millrace_is_said_to_be_none(status):
    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"<h1>something else</h1>")

        def log_message(self, *words):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        done = run("status", "--server", f"127.0.0.1:{other.server_port}")
        other.shutdown()
    assert (done.returncode, done.stdout) == (1, "")
    assert "is no millrace" in done.stderr


def test_what_is_unusable_is_exit_code_4(tmp_path, server):
    bad = tmp_path / "bad.yaml"
    bad.write_text("lissten: x\nsearch:\n  top_k: 0\n")
    assert run("config", "check", "-c", str(bad)).returncode == 4
    assert run("up", "-c", str(bad)).returncode == 4
    assert run("stage", "embed", "--model", "/nowhere").returncode == 4
    busy = run("up", "--data", str(server.data), "--listen", "127.0.0.1:0")
    assert busy.returncode == 4
    port = run("up", "--data", str(tmp_path / "other"), "--listen",
               server.url.removeprefix("http://"))
    assert port.returncode == 4


def test_mistakes_of_a_configuration_as_json(tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text("lissten: x\nsearch:\n  top_k: 0\n")
    done = run("config", "check", "--json", "-c", str(bad))
    assert done.returncode == 4
    told = json.loads(done.stdout)
    assert [one["line"] for one in told["mistakes"]] == [1, 3]
    assert "listen" in told["mistakes"][0]["text"]
    good = run("config", "check", "--json", cwd=tmp_path)
    assert good.returncode == 0
    assert json.loads(good.stdout) == {"file": None, "mistakes": []}


def test_an_address_that_up_refuses_is_a_mistake(tmp_path):
    (tmp_path / "millrace.yaml").write_text("listen: 0.0.0.0:7700\n")
    for words in [], ["--json"]:
        done = run("config", "check", *words, cwd=tmp_path)
        assert done.returncode == 4
        assert "is not a loopback address" in done.stdout + done.stderr


def test_one_mistake_is_not_called_mistakes(tmp_path):
    (tmp_path / "millrace.yaml").write_text("lissten: x\n")
    assert "\n1 mistake;" in run("config", "check", cwd=tmp_path).stderr


def test_the_values_in_force_as_json(tmp_path):
    (tmp_path / "millrace.yaml").write_text(
        "limits:\n  wait: 2 min\nsources:\n"
        "  - name: notes\n    kind: files\n    path: /srv/notes\n")
    told = json.loads(run("config", "show", "--json", cwd=tmp_path).stdout)
    keys = {one["key"]: one for one in told["keys"]}
    assert keys["limits.wait"] == {"key": "limits.wait", "value": "2 min",
                                   "ms": 120000, "from": "file", "line": 2}
    assert keys["limits.body_bytes"]["bytes"] == 16 * 1024 * 1024
    assert keys["embed.model"]["value"] is None
    (source,) = told["sources"]
    assert {"key": "path", "value": "/srv/notes", "from": "file",
            "line": 6} in source


def test_the_reference_is_a_file_that_can_be_used(tmp_path):
    written = tmp_path / "millrace.yaml"
    written.write_text(run("config", "reference").stdout)
    assert run("config", "check", "-c", str(written)).returncode == 0
    told = json.loads(run("config", "reference", "--json").stdout)
    assert {"data", "listen", "search.mode"} <= {one["key"]
                                                 for one in told["keys"]}
    assert all(one["help"] for one in told["keys"] + told["source_keys"])


def test_the_page_on_configuration_names_keys_that_exist(tmp_path):
    text = (SOURCE / "docs/configure.md").read_text()
    told = json.loads(run("config", "reference", "--json").stdout)
    known = {one["key"] for one in told["keys"]} | {"sources"}
    table = re.findall(r"^\| (`.*?) \| (.*?) \|", text, re.M)
    keys = [key for cell, _ in table for key in re.findall(r"`([a-z_.]+)`",
                                                           cell)]
    # "answer.generator.url", ".model"
    keys = [keys[-2].rsplit(".", 1)[0] + key if key[0] == "." else key
            for key in keys]
    assert len(keys) >= 10
    assert set(keys) <= known
    example = tmp_path / "example.yaml"
    example.write_text(re.search(r"```yaml\n(.*?)```", text, re.S)[1])
    assert run("config", "check", "-c", str(example)).returncode == 0


def test_version_as_json():
    version = json.loads(run("version", "--json").stdout)["version"]
    assert run("version").stdout == f"millrace {version}\n"
    assert run("--version").stdout == f"millrace {version}\n"


def test_every_command_that_asks_the_server_gives_json(server):
    server.put("faiss", "FAISS is a vector database")
    for words, member in [
            (["status"], "searchable"), (["query", "FAISS"], "hits"),
            (["answer", "What is FAISS?"], "citations"),
            (["why", "faiss"], "state"), (["dead", "list"], "letters"),
            (["delete", "faiss"], "state")]:
        done = server.cli(*words, "--json")
        assert done.returncode == 0, done.stderr
        assert member in json.loads(done.stdout), words
    missing = server.cli("why", "nothing", "--json")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "never" in missing.stderr or "ever seen" in missing.stderr


def test_a_source_is_forgotten_with_or_without_its_documents(server, tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.md").write_text("# Mills\n\nWater turns a wheel.\n")
    for words, told, left in [([], "what it sent stays", 1),
                              (["--documents"], "what it sent is deleted", 0)]:
        assert server.cli("ingest", "--wait", str(folder)).returncode == 0
        name = server.status()["sources"][0]["name"]
        done = server.cli("forget", name, *words)
        assert done.returncode == 0, done.stderr
        assert done.stdout == f"{name} is forgotten; {told}\n"
        assert server.status()["sources"] == []
        server.put("after", f"behind {words}")
        assert len([one for one in server.found("wheel", mode="keyword")
                    if one != "after"]) == left
    done = server.cli("forget", "nobody")
    assert done.returncode == 1
    assert 'no source "nobody"' in done.stderr


def test_status_tells_how_fresh_each_source_is(server, tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.md").write_text("# Mills\n\nWater turns a wheel.\n")
    assert server.cli("ingest", "--wait", str(folder)).returncode == 0
    line = server.cli("status").stdout.splitlines()[-1]
    assert re.search(r"^  \S+ +idle +1 +1 +0  read \d+ s ago, next in "
                     r"\d+ (h|d)$", line), line


def test_status_keeps_its_columns_and_tells_of_a_failed_reading(server,
                                                                tmp_path):
    folder = tmp_path / ("a-name-that-is-longer-than-the-column-" + "x" * 20)
    folder.mkdir()
    assert server.cli("ingest", "--wait", str(folder)).returncode == 0
    gone = server.cli("ingest", "--wait", "--allow-private",
                      "http://127.0.0.1:9/")
    assert gone.returncode == 1
    lines = server.cli("status").stdout.splitlines()
    (head,) = [line for line in lines if line.startswith("  source ")]
    rows = lines[lines.index(head) + 1:]
    assert len(rows) == 2
    assert all(row[head.index("state"):].startswith("idle") for row in rows)
    assert "idle, failed" in "".join(rows)


def test_status_counts_what_waits_for_vectors(server):
    lines = [json.dumps({"id": str(nth), "text": f"Text {nth} tells of "
                         + " ".join(f"mill{nth * 40 + word}"
                                    for word in range(40))})
             for nth in range(200)]
    subprocess.run([BINARY, "ingest", "-"], input="\n".join(lines), text=True,
                   check=True, capture_output=True,
                   env={**os.environ, "MILLRACE_SERVER": server.url})
    text = server.cli("status").stdout
    words, meaning = map(int, re.search(
        r"by words (\d+), by meaning (\d+)", text).groups())
    (row,) = re.findall(r"^  embed .*", text, re.M)
    assert words > meaning
    assert int(row.split()[-1]) >= words - meaning


def test_why_says_when_and_by_whom_a_document_was_deleted(server):
    server.put("a", "water drives the wheel")
    version = server.delete("a").json()["version"]
    told = server.cli("why", "a").stdout
    assert re.search(rf"(?m)^deleted    20\S+Z, by a request, "
                     rf"version {version}$", told), told


def test_delete_says_when_it_never_saw_the_document(server):
    server.put("faiss", "FAISS is a vector database")
    assert server.cli("delete", "faiss").stdout == "deleted\n"
    assert "never seen" in server.cli("delete", "fais").stdout


def test_an_answer_tells_where_in_a_document_each_sentence_stands(server):
    server.put("mill", html="<h1>The mill</h1><p>A mill grinds grain.</p>"
               "<h2>The wheel</h2><p>" + "The waterwheel turns the stone. "
               * 40 + "</p>", title="The mill")
    done = server.cli("answer", "What does the waterwheel turn?")
    assert re.search(r"^\[1\] The mill, .*The wheel  mill$", done.stdout, re.M)
    nothing = server.cli("answer", "zzzqqq")
    assert "hits" not in nothing.stdout and "\n\n\n" not in nothing.stdout


def test_a_hit_shows_the_part_of_its_passage_that_was_found(server):
    server.put("long", "Mills grind grain between stones all day, " * 12
               + "and a zebra came to the window. " + "It was Monday. " * 5)
    server.put("short", "Grain is ground between two stones.")
    shown = server.cli("query", "--mode", "keyword", "zebra window").stdout
    (line,) = [one for one in shown.splitlines() if "zebra" in one]
    assert line.startswith("   …") and "window" in line
    server.put("unbroken", "x" * 900 + " quern " + "y" * 900)
    shown = server.cli("query", "--mode", "keyword", "quern").stdout
    assert "   …quern yyy" in shown
    shown = server.cli("query", "--mode", "keyword", "ground").stdout
    assert "   Grain is ground between two stones.\n" in shown


def complete_bash(*words):
    script = (f"source <({BINARY} completion bash)\n"
              f"COMP_WORDS=({BINARY} {' '.join(words)})\n"
              f"COMP_CWORD={len(words)}\n_millrace\n"
              "printf '%s\\n' \"${COMPREPLY[@]}\"\n")
    done = subprocess.run(["bash", "-c", script], capture_output=True,
                          text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_commands_words_and_options():
    assert complete_bash("''") == ["help", *COMMANDS]
    assert complete_bash("key", "''") == ["create", "list", "revoke"]
    assert complete_bash("st") == ["status", "stage"]
    assert complete_bash("dead", "''") == ["list", "show", "retry"]
    assert complete_bash("stage", "ex") == ["extract"]
    assert complete_bash("config", "''") == ["check", "show", "reference"]
    assert complete_bash("completion", "''") == ["bash", "zsh", "fish"]
    assert complete_bash("query", "--mode", "d") == ["dense"]
    for command in COMMANDS:
        assert set(complete_bash(command, "--")) == options_of(command)


def test_fish_completes_commands_words_and_options(tmp_path):
    if shutil.which("fish") is None:
        pytest.skip("fish is not installed")
    os.symlink(BINARY, tmp_path / "millrace")

    def complete(line):
        done = subprocess.run(
            ["fish", "--no-config", "-c",
             "millrace completion fish | source\n"
             f"complete -C '{line}'"], capture_output=True, text=True,
            check=True, env={**os.environ, "HOME": str(tmp_path),
                             "PATH": f"{tmp_path}:{os.environ['PATH']}"})
        assert done.stderr == ""
        return [one.split("\t")[0] for one in done.stdout.splitlines()]

    assert set(complete("millrace ")) >= set(COMMANDS)
    assert set(complete("millrace dead ")) == {"list", "show", "retry"}
    for command in COMMANDS:
        assert set(complete(f"millrace {command} --")) == options_of(command)


def test_zsh_completes_commands_words_and_options(tmp_path):
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not installed")

    def complete(*words):
        # What the script hands to the shell, without a terminal.
        script = (
            "compdef() { :; }\n"
            "_files() { print -l FILES; }\n"
            "_describe() { print -l -- ${(P)2%%:*}; }\n"
            "compadd() { if [[ $1 == -a ]]; then print -l -- ${(P)2}; "
            "else print -l -- $@; fi; }\n"
            f"source <({BINARY} completion zsh)\n"
            f"words=({BINARY} {' '.join(words)}); CURRENT={len(words) + 1}\n"
            "_millrace\n")
        done = subprocess.run(["zsh", "-f", "-c", script],
                              capture_output=True, text=True, check=True)
        assert done.stderr == ""
        return done.stdout.split()

    assert complete("''") == COMMANDS
    assert complete("dead", "''") == ["list", "show", "retry"]
    assert complete("ingest", "''") == ["FILES"]
    for command in COMMANDS:
        assert set(complete(command, "--")) == options_of(command)
