# SPDX-License-Identifier: Apache-2.0
"""What the checkers share: the list of files, and how a finding is said.

A finding names its place, the rule, the reason and the fix, because whoever
reads it has usually not read the rule before.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SOURCES = (".c", ".h", ".cc")
STAGES = ("ingestor", "preprocessor", "embedder", "indexer", "retriever")


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    rule: str
    what: str
    why: str
    fix: str

    def __str__(self):
        return (
            f"{self.path}:{self.line}: {self.rule}: {self.what}\n"
            f"    why: {self.why}\n"
            f"    fix: {self.fix}"
        )


def tree():
    """The top folder of the checkout."""
    return Path(__file__).resolve().parent.parent


def files(root, suffixes=None):
    """Tracked and new files below root, ignored ones left out, sorted."""
    out = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=root, check=True, capture_output=True,
    ).stdout.decode()
    return sorted(
        path for path in out.split("\0")
        if path and (root / path).is_file()
        and (suffixes is None or path.endswith(suffixes))
    )


def read(root, path):
    """The text of a file, or None for what is not text."""
    data = (root / path).read_bytes()
    if b"\0" in data:
        return None
    return data.decode("utf-8", "replace")


def report(name, findings, count):
    """Prints the findings and ends the process: 1 if there are any."""
    for finding in findings:
        print(finding)
    if findings:
        print(f"{name}: {len(findings)} findings in {count} files")
        sys.exit(1)
    print(f"{name}: {count} files, nothing found")
