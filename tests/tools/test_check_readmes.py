# SPDX-License-Identifier: Apache-2.0
"""Folders without a README, and READMEs that name what is gone, are found."""

import check_readmes

GOOD = "# b\n\nConsumes `x.c`, and `x_NAME.c`.\n"


def rules(found):
    return [(one.path, one.rule) for one in found]


def test_a_folder_with_sources_needs_a_readme():
    paths = ["a/README.md", "a/x.c", "a/b/y.py", "a/data/z.json"]
    assert rules(check_readmes.check_missing(paths)) == [
        ("a/b/README.md", "readme")]


def test_a_folder_that_another_speaks_for_needs_none():
    paths = ["tests/README.md", "tests/unit/common_base/test_x.c"]
    assert check_readmes.check_missing(paths) == []


def test_a_file_that_is_gone_is_found_with_its_line():
    found = check_readmes.check_text("b/README.md", GOOD, ["b/y.c"])
    assert [(one.rule, one.line) for one in found] == [("stale", 3)]
    assert "x.c" in found[0].what
    assert check_readmes.check_text("b/README.md", GOOD, ["b/x.c"]) == []


def test_a_readme_begins_with_a_heading():
    found = check_readmes.check_text("b/README.md", "words\n", [])
    assert rules(found) == [("b/README.md", "readme")]
