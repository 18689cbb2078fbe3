#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_readmes.py [ROOT]: every folder says what it is for.

Rules:
  readme   a folder with sources has a README.md, with a heading
  stale    a file that a README names in backticks is there
"""

import re
import sys
from pathlib import Path, PurePosixPath

from findings import SOURCES, Finding, files, read, report, tree

KINDS = SOURCES + (".py", ".sh", ".js")

# Folders that the README above them speaks for, with the reason.
SPOKEN_FOR = {
    "tests/unit": "a folder a library, a file a module: tests/README.md",
    "tests/compat/v1": "bytes; tests/compat/README.md says how they came",
}

# Names without a folder and without a letter that stands for others.
NAMED = re.compile(r"`([a-z0-9_.-]+\.(?:c|h|cc|py|sh|js|css|html|txt))`")


def folder_of(path):
    return str(PurePosixPath(path).parent)


def is_spoken_for(folder):
    return any(folder == top or folder.startswith(top + "/")
               for top in SPOKEN_FOR)


def check_missing(paths):
    have = {folder_of(path) for path in paths
            if PurePosixPath(path).name == "README.md"}
    folders = {folder_of(path) for path in paths if path.endswith(KINDS)}
    return [
        Finding(f"{folder}/README.md", 1, "readme", "it is not there",
                "who opens a folder should know within a minute what it is "
                "for and where to begin",
                "say what it consumes, produces, decides and keeps, how it "
                "fails, and its files in reading order")
        for folder in sorted(folders - have) if not is_spoken_for(folder)
    ]


def check_text(path, text, paths):
    found = []
    if not text.lstrip().startswith("# "):
        found.append(Finding(path, 1, "readme", "it has no heading",
                             "the first line names the folder",
                             "begin with \"# folder\""))
    known = {PurePosixPath(one).name for one in paths}
    for number, row in enumerate(text.splitlines(), 1):
        for name in NAMED.findall(row):
            if name in known:
                continue
            found.append(Finding(
                path, number, "stale", f"{name} is not there",
                "a name that leads nowhere costs whoever follows it",
                "name the file as it is called now"))
    return found


def check(root, paths):
    found = check_missing(paths)
    for path in paths:
        if PurePosixPath(path).name == "README.md":
            found += check_text(path, read(root, path) or "", paths)
    return found


def main():
    root = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else tree()
    paths = files(root)
    report("check_readmes", check(root, paths), len(paths))


if __name__ == "__main__":
    main()
