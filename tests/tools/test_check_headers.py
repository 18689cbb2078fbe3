# SPDX-License-Identifier: Apache-2.0
"""Heads, guards and headers that lean on others are found."""

import check_headers

HEAD = (
    "// SPDX-License-Identifier: Apache-2.0\n"
    "/*\n * a.h - a thing.\n */\n"
)
GOOD = HEAD + "#ifndef COMMON_A_H\n#define COMMON_A_H\n\n#endif\n"


def test_a_good_header_passes():
    assert check_headers.check_head("common/a.h", GOOD) == []
    assert check_headers.check_guard("common/a.h", GOOD) == []


def test_a_missing_spdx_line_is_found():
    found = check_headers.check_head("common/a.h", GOOD[1:])
    assert [f.what for f in found] == ["no SPDX line"]


def test_a_head_with_another_name_is_found():
    found = check_headers.check_head("common/b.h", GOOD)
    assert [f.rule for f in found] == ["head"]


def test_a_guard_that_is_not_the_path_is_found():
    found = check_headers.check_guard("common/base/a.h", GOOD)
    assert found[0].line == 5
    assert "COMMON_BASE_A_H" in found[0].fix


def test_a_header_without_a_guard_is_found():
    assert check_headers.check_guard("common/a.h", HEAD) != []


def test_a_header_that_leans_on_others_is_found(tmp_path):
    (tmp_path / "good.h").write_text("#include <stddef.h>\nsize_t f(void);\n")
    (tmp_path / "bad.h").write_text("size_t f(void);\n")
    assert check_headers.check_alone(tmp_path, "good.h", []) == []
    found = check_headers.check_alone(tmp_path, "bad.h", [])
    assert "size_t" in found[0].what
