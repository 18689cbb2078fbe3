# SPDX-License-Identifier: Apache-2.0
"""deploy/quickstart: from a clone to an answered question, twice."""
import os
import pathlib
import signal
import socket
import subprocess
import urllib.request

import pytest

from conftest import BINARY, SOURCE


@pytest.fixture
def run(tmp_path):
    if pathlib.Path(BINARY).resolve() != SOURCE / "build/release/millrace":
        pytest.skip("another binary than the one that quickstart builds")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    data = tmp_path / "data"

    def go(*words, **more):
        return listen, subprocess.run(
            [SOURCE / "deploy/quickstart", *words], capture_output=True,
            text=True, check=False,
            env={**os.environ, "MILLRACE_DATA": str(data),
                 "MILLRACE_LISTEN": listen, **more})
    yield go
    pid = data / "millrace.pid"
    if pid.exists():
        subprocess.run(["kill", pid.read_text().strip()], check=False)
        subprocess.run(["tail", "--pid", pid.read_text().strip(), "-f",
                        "/dev/null"], check=False)


def test_it_answers_says_where_to_look_and_is_restarted(run, tmp_path):
    listen, done = run()
    assert done.returncode == 0, done.stderr
    assert "FAISS is a vector database [1]" in done.stdout
    assert f"http://{listen}/\n" in done.stdout
    # The commands that it names would ask the default address.
    assert f"export MILLRACE_SERVER=http://{listen}\n" in done.stdout
    with urllib.request.urlopen(f"http://{listen}/") as page:
        assert b"<title>millrace" in page.read()
    _, again = run()
    assert "is running already" in again.stdout
    # One that is stopping is waited for, not taken for one that runs.
    os.kill(int((tmp_path / "data/millrace.pid").read_text()), signal.SIGTERM)
    _, again = run()
    assert again.returncode == 0, again.stderr
    assert "FAISS is a vector database [1]" in again.stdout


def test_it_takes_a_folder_and_a_question(run, tmp_path):
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "mill.md").write_text("# Mills\n\nThe wheel of the old mill was "
                                   "made of oak in the year 1620.\n")
    _, done = run(str(notes), MILLRACE_QUESTION="What was the wheel made of?")
    assert done.returncode == 0, done.stderr
    assert "oak" in done.stdout
    assert "1 sent" in done.stdout


def test_a_port_that_is_taken_is_said(run):
    listen, _ = run()
    _, done = run(MILLRACE_DATA=str(SOURCE / "build/none"))
    subprocess.run(["rm", "-r", str(SOURCE / "build/none")], check=True)
    assert done.returncode == 4
    assert listen in done.stderr
