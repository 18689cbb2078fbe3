#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""results.py FOLDER: what the runs below FOLDER did, in one line at the end.

Reads every *.xml (JUnit, as ctest and pytest write it) and every *.tsv
("status<TAB>seconds<TAB>name", as deploy/check writes for its own steps) and
prints the ten slowest tests, what failed with the command that repeats it,
and as the last line "N passed, N failed, N skipped".  Exits 1 if any failed.
"""

import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

SLOWEST = 10


@dataclass(frozen=True)
class Result:
    run: str
    name: str
    status: str
    seconds: float


def status_of(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    # ctest marks a test that could not be run as disabled or notrun.
    if case.find("skipped") is not None or case.get("status") == "disabled":
        return "skipped"
    if case.get("status") in ("fail", "notrun"):
        return "failed"
    return "passed"


def read_junit(path):
    results = []
    for case in ElementTree.parse(path).iter("testcase"):
        name = case.get("name")
        place = case.get("classname")
        if place and place != name:
            # pytest: a file as a module name, then the function.
            name = place.replace(".", "/") + ".py::" + name
        results.append(Result(
            path.stem, name, status_of(case), float(case.get("time") or 0)))
    return results


def read_tsv(path):
    results = []
    for row in path.read_text().splitlines():
        status, seconds, name = row.split("\t")
        results.append(Result(path.stem, name, status, float(seconds)))
    return results


def read_all(folder):
    results = []
    for path in sorted(folder.iterdir()):
        if path.suffix == ".xml":
            results += read_junit(path)
        elif path.suffix == ".tsv":
            results += read_tsv(path)
    return results


def tell(results, out):
    tests = [r for r in results if r.run != "steps"]
    print("\nslowest tests:", file=out)
    for r in sorted(tests, key=lambda r: -r.seconds)[:SLOWEST]:
        print(f"  {r.seconds:7.2f} s  {r.run}: {r.name}", file=out)
    failed = [r for r in results if r.status == "failed"]
    if failed:
        print("\nfailed:", file=out)
    for r in failed:
        again = "" if r.run == "steps" else (
            f"    again: deploy/check --test {r.name}")
        print(f"  {r.run}: {r.name}{again}", file=out)
    count = {s: sum(r.status == s for r in results)
             for s in ("passed", "failed", "skipped")}
    print(file=out)
    print(f"{count['passed']} passed, {count['failed']} failed, "
          f"{count['skipped']} skipped", file=out, flush=True)
    return not failed and count["passed"] > 0


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(0 if tell(read_all(Path(sys.argv[1])), sys.stdout) else 1)


if __name__ == "__main__":
    main()
