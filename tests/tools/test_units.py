# SPDX-License-Identifier: Apache-2.0
"""The units of systemd: well formed, closed, and restarted when it helps."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))
# systemd's own measure of what a unit may still do, in tenths; 100 is all.
EXPOSURE_MAX = 20

each = pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)


def analyze(*words):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not there: deploy/packages test")
    done = subprocess.run(["systemd-analyze", *map(str, words)], check=False,
                          text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def values(unit, key):
    return re.findall(rf"^{key}=(.*)$", unit.read_text(), re.M)


@each
def test_systemd_understands_the_unit(unit, tmp_path):
    copy = tmp_path / unit.name.replace("@", "@indexer")
    copy.write_text(unit.read_text().replace("/usr/bin/millrace", "/bin/true"))
    assert analyze("verify", "--man=no", copy) == (0, "")


@each
def test_a_mistake_in_a_unit_would_be_found(unit, tmp_path):
    copy = tmp_path / unit.name.replace("@", "@indexer")
    copy.write_text(unit.read_text().replace("/usr/bin/millrace", "/bin/true")
                    .replace("RestartSec=2", "RestartSec=soon"))
    assert "Failed to parse" in analyze("verify", "--man=no", copy)[1]


@each
def test_the_unit_is_closed(unit):
    code, said = analyze("security", "--offline=yes", "--no-pager",
                         f"--threshold={EXPOSURE_MAX}", unit)
    assert code == 0, said


@each
def test_exit_codes_that_no_restart_cures_are_those_of_the_help(unit):
    assert values(unit, "Restart") == ["on-failure"]
    assert values(unit, "RestartPreventExitStatus") == ["2 4"]
    codes = (ROOT / "cli/main.c").read_text()
    assert "2  the command line is wrong" in codes
    assert "4  the configuration, the data folder" in codes


def test_the_template_is_the_service_but_for_what_it_runs():
    rows = [set(path.read_text().splitlines()) for path in UNITS]
    differ = {row.split("=")[0] for row in rows[0] ^ rows[1]
              if not row.startswith("#")}
    assert differ <= {"Description", "EnvironmentFile", "ExecStart"}
