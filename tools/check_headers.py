#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_headers.py [ROOT]: heads of files, guards, and lonely headers.

Rules:
  head     a .c, .h or .cc begins with the SPDX line and a comment that opens
           with its own name
  guard    a header's include guard is its path in capitals
  alone    a header compiles without anything before it
"""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from findings import SOURCES, Finding, files, read, report, tree

SPDX = "// SPDX-License-Identifier: Apache-2.0"
# Headers that tests compile by another compiler or only inside a test.
FLAGS = ("-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror",
         "-fsyntax-only", "-x", "c", "-include")


def guard_of(path):
    return re.sub(r"[^A-Za-z0-9]", "_", path).upper()


def check_head(path, text):
    lines = text.splitlines() + [""] * 4
    why = "who opens a file should know within a minute what it is for"
    if lines[0] != SPDX:
        return [Finding(path, 1, "head", "no SPDX line",
                        "the licence of every file is stated in it",
                        f"begin with \"{SPDX}\"")]
    name = path.rsplit("/", 1)[-1]
    if name not in " ".join(lines[1:6]):
        return [Finding(path, 2, "head",
                        f"no head comment that opens with \"{name} - \"",
                        why, f"add \"/* ... {name} - what it is */\" below "
                        "the SPDX line")]
    return []


def check_guard(path, text):
    want = guard_of(path)
    match = re.search(r"^#ifndef (\w+)\n#define (\w+)\n", text, re.M)
    if match is not None and match[1] == match[2] == want:
        return []
    line = 1 if match is None else text[:match.start()].count("\n") + 1
    return [Finding(path, line, "guard", f"the guard is not {want}",
                    "two headers with one guard hide each other",
                    f"#ifndef {want} / #define {want} after the head")]


def include_flags(root):
    """Include folders of a configured build, for generated headers."""
    flags = [f"-I{root}"]
    for build in ("dev", "release", "asan"):
        path = root / "build" / build
        if (path / "build.ninja").is_file():
            flags.append(f"-I{path}")
            break
    parts = subprocess.run(
        [root / "deploy" / "deps", "--paths"],
        capture_output=True, text=True, check=False,
    ).stdout if (root / "deploy" / "deps").is_file() else ""
    for row in parts.splitlines():
        flags += ["-isystem", f"{row.split(' ', 1)[1]}/include"]
    return flags


def check_alone(root, path, flags):
    done = subprocess.run(
        ["gcc", *FLAGS, path, *flags, "/dev/null"],
        cwd=root, capture_output=True, text=True, check=False,
    )
    if done.returncode == 0:
        return []
    first = next(
        (row for row in done.stderr.splitlines() if "error" in row),
        done.stderr.strip().splitlines()[-1],
    )
    return [Finding(path, 1, "alone", f"does not compile alone: {first}",
                    "an include must not depend on those before it",
                    "include or declare what the header uses")]


def main():
    root = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else tree()
    paths = files(root, SOURCES)
    found = []
    headers = []
    for path in paths:
        text = read(root, path) or ""
        found += check_head(path, text)
        if path.endswith(".h"):
            headers.append(path)
            found += check_guard(path, text)
    flags = include_flags(root)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for some in pool.map(
            lambda path: check_alone(root, path, flags), headers
        ):
            found += some
    report("check_headers", sorted(found, key=lambda f: f.path), len(paths))


if __name__ == "__main__":
    main()
