# SPDX-License-Identifier: Apache-2.0
"""deploy/s3: a real server that answers, checks signatures and stops.

The jars are those of the cache (the first run of all fetches them); what is
fetched wrongly is brought by a false mvn.
"""

import os
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


class Tool:
    def __init__(self, folder):
        self.folder = folder
        self.data = folder / "server with a space"
        self.env = dict(os.environ, TMPDIR=str(folder))

    def run(self, *arguments):
        return subprocess.run(
            [DEPLOY / "s3", *map(str, arguments)], env=self.env, text=True,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=120)

    def do(self, *arguments):
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self):
        """Its four words."""
        said = self.do("start", "--dir", self.data)
        assert said.count("\n") == 1
        return said.strip().split(",")

    def pid(self):
        return int((self.data / "pid").read_text())


@pytest.fixture
def tool(tmp_path):
    tool = Tool(tmp_path)
    yield tool
    if tool.data.exists():
        tool.run("stop", "--dir", tool.data)


def status_of_put(url):
    request = urllib.request.Request(url, data=b"bytes", method="PUT")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as err:
        return err.code


def test_a_server_answers_on_loopback_and_wants_a_signature(tool):
    endpoint, bucket, key, secret = tool.start()
    assert endpoint.startswith("http://127.0.0.1:")
    assert key and secret
    assert status_of_put(f"{endpoint}/{bucket}/x") == 403
    assert (tool.data / "conf").stat().st_mode & 0o077 == 0


def test_a_second_start_finds_the_server_that_runs(tool):
    first = tool.start()
    pid = tool.pid()
    assert tool.start() == first
    assert tool.pid() == pid


def test_stop_ends_it_and_keeps_what_it_holds(tool):
    tool.start()
    pid = tool.pid()
    (tool.data / "data/millrace/kept").write_text("bytes")
    tool.do("stop", "--dir", tool.data)
    assert not Path(f"/proc/{pid}").exists()
    tool.start()
    assert (tool.data / "data/millrace/kept").read_text() == "bytes"


def test_stop_harms_no_other_process_that_has_the_pid(tool):
    tool.start()
    pid = tool.pid()
    (tool.data / "pid").write_text(f"{os.getpid()}\n")
    assert "runs" in tool.run("stop", "--dir", tool.data).stderr
    (tool.data / "pid").write_text(f"{pid}\n")


def false_mvn(tool, text):
    (tool.folder / "bin").mkdir()
    mvn = tool.folder / "bin/mvn"
    mvn.write_text("#!/bin/bash\nset -e\n" + text)
    mvn.chmod(0o755)
    tool.env["PATH"] = f"{tool.folder / 'bin'}:{os.environ['PATH']}"
    tool.env["MILLRACE_CACHE"] = str(tool.folder / "cache")


def cached(tool):
    return [path.name for path in (tool.folder / "cache").iterdir()
            if path.name != "s3.lock"]


OTHER = """
out=${@: -1}; out=${out#-DoutputDirectory=}
mkdir -p "$out"
while read -r _ name; do echo other >"$out/$name"; done <LIST
""".replace("LIST", str(DEPLOY / "s3.d/jars.sha256"))


def test_other_jars_are_not_believed_and_nothing_is_left(tool):
    false_mvn(tool, OTHER)
    (tool.folder / "cache/s3-tmp.killed").mkdir(parents=True)
    done = tool.run("fetch")
    assert done.returncode == 1
    assert "the jars are not believed" in done.stderr
    assert cached(tool) == []


def test_what_mvn_says_is_told_when_it_fails(tool):
    false_mvn(tool, "echo the registry is away; exit 1\n")
    done = tool.run("fetch")
    assert done.returncode == 1
    assert "the registry is away" in done.stderr
    assert "mvn failed" in done.stderr
    assert cached(tool) == []


@pytest.mark.parametrize("arguments", [(), ("begin",), ("start", "--port")])
def test_a_wrong_command_is_told_how(tool, arguments):
    done = tool.run(*arguments)
    assert done.returncode == 2
    assert "fetch|start|stop" in done.stderr
