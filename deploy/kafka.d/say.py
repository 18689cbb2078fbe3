# SPDX-License-Identifier: Apache-2.0
"""What is told to whoever called: on stderr, stdout is for the answer."""

import sys


class Trouble(Exception):
    """It cannot be done; the words say why, and what to do."""


def say(words):
    print(f"kafka: {words}", file=sys.stderr, flush=True)


def tail(path, rows=30):
    """The last rows of a file, and where all of it is."""
    try:
        with open(path, errors="replace") as file:
            return "".join(file.readlines()[-rows:]).rstrip()
    except OSError:
        return "(no log)"
