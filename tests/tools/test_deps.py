# SPDX-License-Identifier: Apache-2.0
"""deploy/deps with a toy part: whole or not there, made once, never believed.

A copy of the real script works on a table and recipes made here; the archive
lies in the cache already, or a false cargo brings it, so nothing is fetched.
"""

import hashlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "deploy"
ARCHIVE = b"the source of toy"
SHA256 = hashlib.sha256(ARCHIVE).hexdigest()
GOOD = 'echo run >>"$COUNT"\ncp "$SOURCE" "$OUT/made"\n'


class Deps:
    def __init__(self, folder):
        self.folder = folder
        self.cache = folder / "cache"
        self.count = folder / "count"
        (folder / "bin").mkdir()
        (folder / "deploy" / "deps.d").mkdir(parents=True)
        (self.cache / "downloads").mkdir(parents=True)
        shutil.copy(SOURCE / "deps", folder / "deploy")
        shutil.copy(SOURCE / "deps.d" / "fetch.sh", folder / "deploy/deps.d")
        (folder / "deploy/deps.d/parts.txt").write_text(
            f"# a comment\ntoy 1.0 crate toy-sys 2.0 {SHA256} -\n")
        self.recipe(GOOD)
        self.env = dict(
            os.environ, MILLRACE_CACHE=str(self.cache), COUNT=str(self.count),
            PATH=f"{folder / 'bin'}:{os.environ['PATH']}",
            CARGO_HOME=str(folder / "cargo"))

    def recipe(self, text):
        (self.folder / "deploy/deps.d/toy.sh").write_text(text)

    def place_archive(self, data=ARCHIVE):
        (self.cache / "downloads/toy-sys-2.0.crate").write_bytes(data)

    def false_cargo(self, data):
        """A cargo that "fetches" the data."""
        kept = self.folder / "cargo/registry/cache/index"
        kept.mkdir(parents=True)
        (kept / "toy-sys-2.0.crate").write_bytes(data)
        cargo = self.folder / "bin/cargo"
        cargo.write_text("#!/bin/sh\nexit 0\n")
        cargo.chmod(0o755)

    def start(self, *arguments):
        return subprocess.Popen(
            [self.folder / "deploy/deps", *arguments], env=self.env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def run(self, *arguments):
        process = self.start(*arguments)
        out, _ = process.communicate(timeout=60)
        return process.returncode, out

    def runs(self):
        return self.count.read_text().count("run") if self.count.exists() else 0

    def parts(self):
        return sorted(self.cache.glob("toy-1.0-*"))


@pytest.fixture
def deps(tmp_path):
    return Deps(tmp_path)


def test_a_part_is_made_once_and_its_place_is_told(deps):
    deps.place_archive()
    assert deps.run("--paths") == (0, "")
    assert deps.run()[0] == 0
    assert deps.run()[0] == 0
    assert deps.runs() == 1
    (part,) = deps.parts()
    assert (part / "made").read_bytes() == ARCHIVE
    assert deps.run("--paths") == (0, f"toy {part}\n")


def test_a_recipe_that_fails_shows_why_and_leaves_nothing(deps):
    deps.place_archive()
    deps.recipe(GOOD + "echo the disk is sad >&2\nfalse\n")
    code, out = deps.run()
    assert code == 1
    assert "the disk is sad" in out and "toy failed" in out
    assert deps.parts() == []
    deps.recipe(GOOD)
    assert deps.run()[0] == 0
    assert len(deps.parts()) == 1


def test_a_kill_in_the_middle_leaves_nothing_half(deps):
    deps.place_archive()
    ready = deps.folder / "ready"
    os.mkfifo(ready)
    deps.recipe(GOOD + f"echo now >{ready}\nexec tail -f /dev/null\n")
    process = deps.start()
    ready.read_text()
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert deps.parts() == []
    deps.recipe(GOOD)
    assert deps.run()[0] == 0
    assert len(deps.parts()) == 1
    assert list((deps.cache / "tmp").iterdir()) == []


def test_two_runs_at_once_make_a_part_once(deps):
    deps.place_archive()
    both = [deps.start(), deps.start()]
    for process in both:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert deps.runs() == 1


def test_another_recipe_is_another_part_and_the_old_one_stays(deps):
    deps.place_archive()
    deps.run()
    deps.recipe(GOOD + "# changed\n")
    assert deps.run("--paths") == (0, "")
    deps.run()
    assert len(deps.parts()) == 2


def test_an_archive_that_was_damaged_is_fetched_again(deps):
    deps.place_archive(b"half of it")
    deps.false_cargo(ARCHIVE)
    assert deps.run()[0] == 0
    assert (deps.parts()[0] / "made").read_bytes() == ARCHIVE


def test_an_archive_of_another_hash_is_not_used(deps):
    deps.false_cargo(b"something else")
    code, out = deps.run()
    assert code == 1
    assert "toy-sys 2.0 is not the file" in out and SHA256 in out
    assert deps.runs() == 0 and deps.parts() == []
