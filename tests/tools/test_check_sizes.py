# SPDX-License-Identifier: Apache-2.0
"""Long files, and words that do not belong, are found."""

import pytest

import check_sizes

WORDS = [
    ("deploy/x", "curl https://" + "pypi" + ".org/simple", "word"),
    ("README.md", "see /" + "work/main", "word"),
    ("common/x.c", "// TO" + "DO: later", "todo"),
    ("tests/x.c", "    sle" + "ep(1);", "sleep"),
    ("tests/x.py", "time.sle" + "ep(0.1)", "sleep"),
]


@pytest.mark.parametrize("path,line,rule", WORDS)
def test_a_word_that_does_not_belong_is_found(path, line, rule):
    found = check_sizes.check_words(path, "fine\n" + line + "\n")
    assert [(f.rule, f.line) for f in found] == [(rule, 2)]


@pytest.mark.parametrize("path,line", [
    ("common/x.c", "// TO" + "DO(#12): later"),
    ("common/x.c", "    sle" + "ep(1);"),
    ("README.md", "in build/work/x"),
])
def test_what_is_allowed_passes(path, line):
    assert check_sizes.check_words(path, line) == []


@pytest.mark.parametrize("path,count,wrong", [
    ("a/x.c", 500, 0), ("a/x.c", 501, 1), ("a/x.h", 200, 0),
    ("a/x.h", 201, 1), ("tests/x.h", 201, 0),
])
def test_a_long_file_is_found(path, count, wrong):
    assert len(check_sizes.check_size(path, "int x;\n" * count)) == wrong


def test_a_long_file_with_a_reason_passes():
    text = "/*\n * x.c - a table.\n * size: one table\n */\n" + "\n" * 900
    assert check_sizes.check_size("a/x.c", text) == []
