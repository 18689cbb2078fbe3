# SPDX-License-Identifier: Apache-2.0
"""deploy/packages: what is asked for is what is installed, and no more.

A copy of the script works on a list made here; a false dpkg-query has nothing
and a false apt-get writes down what it is told.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "deploy/packages"
LIST = "# one\n[build]\ngcc\n[test]\ncheck\n[kafka]\nmaven\n[cargo]\ncargo\n"
ON_PATH = {
    "dpkg-query": "exit 1",
    "apt-get": 'echo "$@" >>"$TOLD"',
    "sudo": '"$@"',
    "cargo": "echo cargo 1.80.0",
}


@pytest.fixture
def packages(tmp_path):
    shutil.copy(SOURCE, tmp_path)
    (tmp_path / "packages.txt").write_text(LIST)
    (tmp_path / "bin").mkdir()
    for name, does in ON_PATH.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    told = tmp_path / "told"
    env = dict(os.environ, TOLD=str(told), TMPDIR=str(tmp_path),
               PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}")

    def run(*arguments):
        done = subprocess.run([tmp_path / "packages", *arguments], env=env,
                              stdin=subprocess.DEVNULL, capture_output=True)
        rows = told.read_text().splitlines() if told.exists() else []
        return done.returncode, [row.split()[4:] for row in rows
                                 if row.startswith("install")]

    return run


@pytest.mark.parametrize("asked, wanted", [
    ([], ["gcc"]),
    (["build"], ["gcc"]),
    (["kafka"], ["maven"]),
    (["build", "test", "kafka"], ["gcc", "check", "maven"]),
])
def test_the_sections_that_are_named_are_installed(packages, asked, wanted):
    assert packages(*asked) == (0, [wanted])


def test_a_section_that_there_is_not_is_refused(packages):
    assert packages("kafkaesque") == (2, [])
