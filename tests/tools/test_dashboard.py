# SPDX-License-Identifier: Apache-2.0
"""The dashboard and the alerts: they ask for metrics that there are, by labels
that those have, and every alert is explained."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ALERTS = ROOT / "deploy/prometheus/alerts.yaml"
DASHBOARD = json.loads((ROOT / "deploy/grafana/millrace.json").read_text())
# What Prometheus itself adds.
OWN = {"instance", "job", "le"}


def metrics():
    """{name: labels} of all that the program sets somewhere, as told."""
    table = (ROOT / "common/runtime/telemetry.def").read_text()
    code = "".join(path.read_text() for folder in (
        "common", "ingestor", "preprocessor", "embedder", "indexer",
        "retriever", "cli") for path in (ROOT / folder).rglob("*.[ch]*"))
    found = {}
    for symbol, name in re.findall(
            r'MR_EVENT\((\w+), "\w+",\s*\w+,\s*"(\w+)"', table):
        if re.search(rf"\bMR_EV_{symbol}\b", code):
            found[name] = {"part"}
    for symbol, name, kind, labels in re.findall(
            r'MR_METRIC\((\w+), "(\w+)",\s*(\w+),\s*(NULL|"[\w,]+")', table):
        if not re.search(rf"\bMR_M_{symbol}\b", code):
            continue
        names = set() if labels == "NULL" else set(labels.strip('"').split(","))
        for suffix in (("_bucket", "_sum", "_count") if kind == "HISTOGRAM"
                       else ("",)):
            found[name + suffix] = names
    return found


METRICS = metrics()


def test_what_is_declared_is_used():
    table = (ROOT / "common/runtime/telemetry.def").read_text()
    code = "".join(path.read_text() for folder in (
        "common", "ingestor", "preprocessor", "embedder", "indexer",
        "retriever", "cli") for path in (ROOT / folder).rglob("*.c*"))
    declared = {f"MR_EV_{symbol}" for symbol in
                re.findall(r'^MR_EVENT\((\w+), "', table, re.M)}
    declared |= {f"MR_M_{symbol}" for symbol in
                 re.findall(r'^MR_METRIC\((\w+), "', table, re.M)}
    assert len(declared) > 50
    assert not [one for one in sorted(declared)
                if not re.search(rf"\b{one}\b", code)]


def asked_by_dashboard():
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def asked_by_alerts():
    for name, expr in re.findall(r"alert: (\w+)\n +expr: (.*)",
                                 ALERTS.read_text()):
        yield name, expr


ASKED = [*asked_by_dashboard(), *asked_by_alerts()]


def wrong(expr):
    """What of an expression is not there."""
    for name in re.findall(r"\bmillrace_\w+", expr):
        if name not in METRICS:
            yield name
    labels = set().union(*(METRICS.get(name, set()) for name in
                           re.findall(r"\bmillrace_\w+", expr)))
    used = set(re.findall(r"(\w+)\s*(?:=~|=|!=|!~)\s*\"", expr))
    for group in re.findall(r"\bby \(([^)]*)\)", expr):
        used |= set(re.findall(r"\w+", group))
    yield from sorted(used - labels - OWN)


@pytest.mark.parametrize("where, expr", ASKED,
                         ids=[where for where, _ in ASKED])
def test_what_is_asked_for_is_told(where, expr):
    assert not list(wrong(expr)), expr


def test_a_metric_or_label_that_there_is_not_is_found():
    assert list(wrong('sum by (stag) (millrace_outputs_total{step="clean"})')
                ) == ["stag", "step"]
    assert list(wrong("millrace_output_total")) == ["millrace_output_total"]


@pytest.mark.parametrize("name", [name for name, _ in asked_by_alerts()])
def test_every_alert_is_explained(name):
    assert f"`{name}`" in (ROOT / "docs/operate.md").read_text()


def test_lag_and_freshness_come_first():
    titles = [panel["title"] for panel in DASHBOARD["panels"]
              if panel["type"] != "row"]
    assert titles[:2] == ["Lag of each stage", "Freshness"]


def test_panels_have_places_and_numbers_of_their_own():
    at = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in at, panel["title"]
                at.add((x, y))
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(numbers)) == len(numbers)


def promtool(*words):
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not there: it comes with Debian's prometheus")
    done = subprocess.run(["promtool", *map(str, words)], check=False,
                          text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout


def test_prometheus_takes_the_alerts():
    promtool("check", "rules", ALERTS)


def test_prometheus_understands_what_the_panels_ask(tmp_path):
    rules = [{"record": f"panel:{number}", "expr": expr.replace(
        "$__rate_interval", "5m")} for number, (_, expr) in
        enumerate(asked_by_dashboard())]
    file = tmp_path / "panels.yaml"
    file.write_text(json.dumps({"groups": [{"name": "p", "rules": rules}]}))
    promtool("check", "rules", file)


def test_alerts_come_when_they_should(tmp_path):
    series = [
        ('up{job="millrace",instance="a"}', "1 0x5", "MillraceDown", "3m"),
        ('millrace_disk_free_bytes{instance="a"}', "6e8x5",
         "MillraceDiskLow", "3m"),
        ('millrace_stage_lag_records{stage="embed",instance="a"}',
         "1000+100x60", "MillraceLagGrows", "40m"),
        ('millrace_dead_letters_total{part="clean",instance="a"}',
         "0 0 2x5", "MillraceDeadLetters", "5m"),
    ]
    for given, values, name, when in series:
        file = tmp_path / "test.yaml"
        file.write_text(json.dumps({
            "rule_files": [str(ALERTS)], "evaluation_interval": "1m",
            "tests": [{
                "interval": "1m",
                "input_series": [{"series": given, "values": values}],
                "promql_expr_test": [{
                    "expr": f'count(ALERTS{{alertname="{name}",'
                            'alertstate="firing"})',
                    "eval_time": when,
                    "exp_samples": [{"labels": "{}", "value": 1}]}],
            }]}))
        promtool("test", "rules", file)
