# SPDX-License-Identifier: Apache-2.0
"""deploy/kafka: real nodes that answer, die, come back and leave nothing.

The jars are those of the cache (the first run of all fetches them).  Each test
has a TMPDIR of its own, so they can run at the same time.
"""

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
sys.path.insert(0, str(DEPLOY / "kafka.d"))

from ask import metadata  # noqa: E402


class Tool:
    def __init__(self, folder, script=DEPLOY / "kafka"):
        self.folder, self.script = folder, script
        self.env = dict(os.environ, TMPDIR=str(folder))

    def start(self, *arguments):
        return subprocess.Popen(
            [self.script, *map(str, arguments)], env=self.env, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)

    def run(self, *arguments):
        process = self.start(*arguments)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    def do(self, *arguments):
        """Must succeed; what it prints on stdout."""
        code, out, err = self.run(*arguments)
        assert code == 0, err
        return out

    def ports(self, *arguments):
        servers = self.do("start", *arguments)
        assert servers.count("\n") == 1
        return [int(one.removeprefix("127.0.0.1:"))
                for one in servers.strip().split(",")]

    def clusters(self):
        return list(self.folder.glob("**/cluster.json"))

    def end(self):
        """Whatever a test that failed has left running."""
        for one in self.clusters():
            self.run("stop", "--remove", "--dir", one.parent)


@pytest.fixture
def tool(tmp_path):
    tool = Tool(tmp_path)
    yield tool
    tool.end()


def nobody_listens(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) != 0


def pids(folder):
    return [int(path.read_text()) for path in sorted(folder.glob("*/pid"))]


def is_gone(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() == b""
    except OSError:
        return True


def test_a_node_answers_and_stop_leaves_nothing(tool):
    (port,) = tool.ports("--set", "message.max.bytes=4194304")
    assert metadata(port).nodes == {1}
    (held,) = tool.clusters()
    assert "message.max.bytes=4194304\n" in \
        (held.parent / "1/server.properties").read_text()
    (pid,) = pids(held.parent)
    assert tool.do("status").startswith(f"1 up 127.0.0.1:{port} {pid}\n")
    tool.do("stop")
    assert list(tool.folder.iterdir()) == []
    assert nobody_listens(port) and is_gone(pid)


def test_of_three_one_is_killed_and_comes_back(tool):
    folder = tool.folder / "three"
    here = "--dir", folder
    ports = tool.ports("--nodes", 3, *here,
                       "--set", "broker.session.timeout.ms=3000")
    assert [metadata(port).nodes for port in ports] == [{1, 2, 3}] * 3
    before = pids(folder)
    tool.do("kill", 2, *here)
    assert is_gone(before[1]) and nobody_listens(ports[1])
    code, out, _ = tool.run("status", *here)
    rows = out.splitlines()
    assert code == 1 and rows[1] == f"2 down 127.0.0.1:{ports[1]}"
    assert rows[0].startswith("1 up ") and rows[2].startswith("3 up ")
    tool.do("revive", 2, *here)
    assert [metadata(port).nodes for port in ports] == [{1, 2, 3}] * 3
    rows = tool.do("status", *here).splitlines()
    assert rows[1].startswith(f"2 up 127.0.0.1:{ports[1]} ")
    assert rows[3] == "under-replicated partitions: 0"
    after = pids(folder)
    assert after[::2] == before[::2] and after[1] != before[1]
    tool.do("stop", *here)
    assert not folder.exists() and all(map(is_gone, after))


def test_a_folder_in_use_is_refused_and_stays_as_it_is(tool):
    (tool.folder / "held").mkdir()
    (tool.folder / "held/letter").write_text("dear")
    code, out, err = tool.run("start", "--dir", tool.folder / "held")
    assert (code, out) == (1, "") and "held is in use" in err
    assert [path.name for path in (tool.folder / "held").iterdir()] == \
        ["letter"]


def test_a_folder_that_was_there_keeps_its_data_until_told(tool):
    folder = tool.folder / "mine"
    folder.mkdir()
    (port,) = tool.ports("--dir", folder)
    code, _, err = tool.run("start", "--dir", folder)
    assert code == 1 and "mine is in use" in err
    tool.do("stop", "--dir", folder)
    assert nobody_listens(port) and (folder / "1/data").is_dir()
    # A path to the same folder by another name.
    tool.do("revive", 1, "--dir", folder / ".." / "mine")
    assert metadata(port).nodes == {1}
    tool.do("stop", "--dir", folder, "--remove")
    assert not folder.exists() and nobody_listens(port)


def test_a_pid_that_is_another_process_is_not_touched(tool):
    folder = tool.folder / "one"
    tool.ports("--dir", folder)
    tool.do("kill", 1, "--dir", folder)
    with subprocess.Popen(["tail", "-f", "/dev/null"]) as other:
        (folder / "1/pid").write_text(f"{other.pid}\n")
        assert tool.run("status", "--dir", folder)[0] == 1
        tool.do("stop", "--dir", folder)
        assert other.poll() is None
        other.kill()
    assert not folder.exists()


def test_a_start_that_fails_shows_the_log_and_leaves_nothing(tool):
    code, out, err = tool.run("start", "--set", "num.io.threads=many")
    assert (code, out) == (1, "")
    assert "num.io.threads" in err and "many" in err
    assert list(tool.folder.iterdir()) == []


def test_a_start_that_is_ended_leaves_nothing(tool):
    process = tool.start("start", "--nodes", "3", "--dir", tool.folder / "k")
    while not (tool.folder / "k/3/pid").exists():
        assert process.poll() is None, process.communicate()
    started = pids(tool.folder / "k")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert all(map(is_gone, started))
    assert list(tool.folder.iterdir()) == []


def test_what_start_decides_cannot_be_set(tool):
    code, _, err = tool.run("start", "--set", "node.id=7")
    assert code == 1 and "node.id is decided by start itself" in err


JARS = {"a.jar": b"the first", "b.jar": b"the second"}


@pytest.fixture
def toy(tmp_path):
    """A copy of the tool that wants two toy jars, and a false mvn that brings
    what lies in brought/."""
    deploy = tmp_path / "deploy"
    shutil.copytree(DEPLOY / "kafka.d", deploy / "kafka.d",
                    ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(DEPLOY / "kafka", deploy)
    (deploy / "kafka.d/jars.sha256").write_text("".join(
        f"{hashlib.sha256(data).hexdigest()}  {name}\n"
        for name, data in JARS.items()))
    for folder in ("bin", "brought", "tmp"):
        (tmp_path / folder).mkdir()
    for name, data in JARS.items():
        (tmp_path / "brought" / name).write_bytes(data)
    mvn = tmp_path / "bin/mvn"
    mvn.write_text(f"""#!/bin/sh
for last; do :; done
cp {tmp_path}/brought/* "${{last#-DoutputDirectory=}}"
""")
    mvn.chmod(0o755)
    toy = Tool(tmp_path / "tmp", deploy / "kafka")
    toy.brought, toy.mvn = tmp_path / "brought", mvn
    toy.cache = tmp_path / "cache"
    toy.env.update(MILLRACE_CACHE=str(toy.cache),
                   PATH=f"{mvn.parent}:{os.environ['PATH']}")
    return toy


def change(toy):
    (toy.brought / "a.jar").write_bytes(b"the worst")


def lose(toy):
    (toy.brought / "b.jar").unlink()


def add(toy):
    (toy.brought / "c.jar").write_bytes(b"one more")


@pytest.mark.parametrize("harm, words", [
    (change, "a.jar is not the jar of jars.sha256"),
    (lose, "b.jar is missing"),
    (add, "c.jar is not in jars.sha256"),
])
def test_jars_that_are_not_those_of_the_list_are_refused(toy, harm, words):
    harm(toy)
    code, _, err = toy.run("start")
    assert code == 1 and words in err
    assert [path.name for path in toy.cache.iterdir()] == ["kafka.lock"]


def test_an_mvn_that_fails_shows_why(toy):
    toy.mvn.write_text("#!/bin/sh\necho the line is dead\nexit 1\n")
    code, _, err = toy.run("fetch")
    assert code == 1 and "the line is dead" in err
    assert [path.name for path in toy.cache.iterdir()] == ["kafka.lock"]


def only(folder, *tools):
    """A PATH with these tools and what it takes to run a script."""
    folder.mkdir()
    (folder / "python3").symlink_to("/usr/bin/python3")
    for name in ("env", *tools):
        (folder / name).symlink_to(shutil.which(name))
    return str(folder)


@pytest.mark.parametrize("lacking, tools", [("java", []), ("mvn", ["java"])])
def test_a_tool_that_lacks_is_named_with_its_package(toy, lacking, tools):
    toy.env["PATH"] = only(toy.folder / "bin", *tools)
    code, _, err = toy.run("fetch")
    assert code == 1
    assert f"there is no {lacking}; install" in err
    assert "deploy/packages kafka" in err


def test_what_was_fetched_is_not_fetched_again(tool):
    tool.do("fetch")
    tool.env["PATH"] = only(tool.folder / "bin", "java")
    code, _, err = tool.run("fetch")
    assert code == 0 and "fetching" not in err and "writing" not in err


def test_two_that_fetch_at_once_fetch_once(toy):
    """Both fail at the archive, toy jars hold no Kafka: the jars count."""
    count = toy.folder / "count"
    toy.mvn.write_text(toy.mvn.read_text() + f"echo run >>{count}\n")
    both = [toy.start("fetch"), toy.start("fetch")]
    said = [process.communicate(timeout=60)[1] for process in both]
    assert count.read_text() == "run\n", said
    (place,) = toy.cache.glob("kafka-4.4.0-*")
    assert {one.name: one.read_bytes()
            for one in (place / "jars").iterdir()} == JARS
