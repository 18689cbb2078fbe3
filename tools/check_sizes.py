#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_sizes.py [ROOT]: how long files may be, and words that do not belong.

Rules:
  size     a .c or .cc has at most 500 lines, a .h 200 (from 150 on there is a
           word but no failure), a .h of tests 500; a file with a reason for
           more says so on a line of its own in its head: "size: REASON"
  word     no names of package registries and no absolute folders of a
           developer's machine
  todo     a note about unfinished work names its issue: #12
  sleep    tests do not sleep
"""

import re
import sys
from pathlib import Path

from findings import Finding, SOURCES, files, read, report, tree

LINES_MAX = {".c": 500, ".cc": 500, ".h": 200}
HEADER_WISHED = 150
TEST_HEADER_MAX = 500
REASON = re.compile(r"^[/* ]*size: \S", re.M)
TEXTS = SOURCES + (
    ".py", ".sh", ".md", ".txt", ".cmake", ".yaml", ".yml", ".json", ".html",
    ".js", ".css", ".proto", ".def",
)

# Put together here so that this file does not find itself.
HOSTS = re.compile(
    r"\b(?:" + "|".join((
        "pypi" + r"\.org", "pythonhosted" + r"\.org", "crates" + r"\.io",
        "npmjs" + r"\.(?:org|com)", "deb\\.debian" + r"\.org",
        "repo1?\\.maven" + r"\.", "proxy\\.golang" + r"\.org",
    )) + r")", re.I)
FOLDERS = re.compile(r"(?<![\w./])/" + r"(?:work|root|home/\w+)\b(?!\()")
NOTE = re.compile(r"\b(?:" + "|".join((
    "TO" + "DO", "FIX" + "ME", "X" + "XX")) + r")\b(?!.*#\d+)")
SLEEP = re.compile(r"\b(?:u|nano|clock_nano)?" + r"sleep\s*\(")


def lines_max(path):
    if path.startswith("tests/"):
        return TEST_HEADER_MAX
    return LINES_MAX[path[path.rindex("."):]]


def check_size(path, text):
    count = text.count("\n")
    if count <= lines_max(path) or REASON.search(text[:3000]):
        return []
    return [Finding(
        path, count, "size", f"{count} lines, at most {lines_max(path)}",
        "a file that grows past that has two subjects",
        "move one of them out, or say \"size: REASON\" in the head",
    )]


def check_words(path, text):
    rules = [
        ("word", HOSTS, "names a package registry",
         "where packages come from is set up on the machine, not here",
         "name the package and let its client find it"),
        ("word", FOLDERS, "names a folder of one machine",
         "the tree works wherever it is checked out",
         "use a path relative to the file, $HOME or a temporary folder"),
        ("todo", NOTE, "unfinished work without an issue",
         "a note that nobody tracks is never read again",
         "do it, or file an issue and name it: #12"),
    ]
    if path.startswith("tests/"):
        rules.append((
            "sleep", SLEEP, "a test sleeps",
            "it is slow where it passes and fails on a loaded machine",
            "wait for the event itself, or step the virtual clock"))
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        for rule, pattern, what, why, fix in rules:
            if pattern.search(line):
                found.append(Finding(path, number, rule, what, why, fix))
    return found


def is_text(path):
    return path.endswith(TEXTS) or "." not in path.rsplit("/", 1)[-1]


def main():
    root = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else tree()
    found = []
    paths = [path for path in files(root) if is_text(path)]
    for path in paths:
        text = read(root, path)
        if text is None:
            continue
        found += check_words(path, text)
        if path.endswith(SOURCES):
            found += check_size(path, text)
            count = text.count("\n")
            if path.endswith(".h") and (
                HEADER_WISHED < count <= lines_max(path)
            ) and not path.startswith("tests/"):
                print(f"{path}: {count} lines, {HEADER_WISHED} are better")
    report("check_sizes", found, len(paths))


if __name__ == "__main__":
    main()
