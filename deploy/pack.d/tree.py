# SPDX-License-Identifier: Apache-2.0
"""What every package has in common: the installed tree and its papers."""

import gzip
import os
import subprocess
from pathlib import Path

from man import manual

# Where each shell looks, below a prefix.
COMPLETIONS = {
    "bash": "share/bash-completion/completions/millrace",
    "zsh": "share/zsh/vendor-completions/_millrace",
    "fish": "share/fish/vendor_completions.d/millrace.fish",
}


class Trouble(Exception):
    """Words for whoever called."""


def run(*words, **more):
    return subprocess.run([str(word) for word in words], check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          **more).stdout


def write(path, text, mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)


def packed(text):
    """For gzipped papers: without a name and a time inside."""
    return gzip.compress(text.encode(), 9, mtime=0)


class Build:
    """A release build, and the sources that it was made of."""

    def __init__(self, root, folder):
        self.root, self.folder = root, folder
        if not (folder / "millrace").exists():
            raise Trouble(f"{folder} has no millrace: deploy/build makes it")
        cache = (folder / "CMakeCache.txt").read_text()
        rows = dict(row.split("=", 1) for row in cache.splitlines()
                    if "=" in row and row[0].isalpha())
        if rows["CMAKE_BUILD_TYPE:STRING"] != "RelWithDebInfo":
            raise Trouble(f"{folder} is no release build")
        self.version = rows["CMAKE_PROJECT_VERSION:STATIC"]
        self.time = int(os.environ.get("SOURCE_DATE_EPOCH") or
                        run("git", "-C", root, "log", "-1", "--format=%ct"))

    def text(self, name):
        return (self.root / name).read_text()

    def install(self, prefix):
        """Binary, libraries, model, licences, completions, manual."""
        run("cmake", "--install", self.folder, "--prefix", prefix, "--strip")
        program = prefix / "bin/millrace"
        # Compiled in from its header, so no library brings its licence.
        write(prefix / "share/millrace/licences/xxhash/copyright",
              Path("/usr/share/doc/libxxhash-dev/copyright").read_bytes())
        for shell, path in COMPLETIONS.items():
            write(prefix / path, run(program, "completion", shell))
        write(prefix / "share/man/man1/millrace.1.gz",
              packed(manual(program, self.version, self.time)))
        return program

    def units(self):
        return sorted((self.root / "deploy/systemd").glob("*.service"))


def close(tree, time):
    """Modes and times that say nothing of who built it, and when."""
    for path in [tree, *tree.rglob("*")]:
        if path.is_symlink():
            raise Trouble(f"{path} is a link")
        runs = path.is_dir() or path.stat().st_mode & 0o100
        shared = ".so" in path.name
        path.chmod(0o755 if runs and not (shared and path.is_file())
                   else 0o644)
    for path in [*tree.rglob("*"), tree]:
        os.utime(path, (time, time))
