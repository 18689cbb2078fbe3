# SPDX-License-Identifier: Apache-2.0
"""The closing line counts what every runner did."""

import io

import results

CTEST = """<testsuite>
<testcase name="unit.a" classname="unit.a" time="0.5" status="run"/>
<testcase name="unit.b" classname="unit.b" time="9" status="fail">
<failure message="x"/></testcase>
<testcase name="unit.c" classname="unit.c" time="0" status="notrun">
<skipped message="SKIP_RETURN_CODE=77"/></testcase>
</testsuite>"""
PYTEST = """<testsuites><testsuite>
<testcase classname="tests.e2e.test_up" name="test_x" time="2"/>
</testsuite></testsuites>"""


def told(folder):
    out = io.StringIO()
    good = results.tell(results.read_all(folder), out)
    return good, out.getvalue()


def test_runs_are_summed_and_the_failed_named(tmp_path):
    (tmp_path / "dev.xml").write_text(CTEST)
    (tmp_path / "e2e.xml").write_text(PYTEST)
    (tmp_path / "steps.tsv").write_text("passed\t1\tformat\n")
    good, text = told(tmp_path)
    assert not good
    assert text.splitlines()[-1] == "3 passed, 1 failed, 1 skipped"
    assert "deploy/check --test unit.b" in text
    assert "e2e: tests/e2e/test_up.py::test_x" in text
    assert text.index("unit.b") < text.index("test_x")


def test_all_passed_is_good(tmp_path):
    (tmp_path / "steps.tsv").write_text("passed\t1\tformat\n")
    assert told(tmp_path)[0]


def test_a_run_of_nothing_is_not_good(tmp_path):
    assert not told(tmp_path)[0]
