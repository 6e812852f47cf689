"""Sums up a ctest run: test_summary.py DIR, where DIR holds ctest.xml and one <program>.ndjson per test program.

A test program counts by its test cases; one that names none counts as one. One that failed without naming a failed case (it
crashed, hung or could not start) counts as one failure more. Exits 1 when anything failed, or when nothing ran.
"""
import collections
import json
import pathlib
import sys
import xml.etree.ElementTree


def cases_of(results, program):
    path = results / f"{program}.ndjson"
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def main(results):
    passed, failed, seconds = collections.Counter(), collections.Counter(), collections.Counter()
    failures = []
    for program in xml.etree.ElementTree.parse(results / "ctest.xml").iter("testcase"):
        name = program.get("name")
        level = name.split("_")[1]
        cases = cases_of(results, name)
        bad = [case["test"] for case in cases if not case["passed"]]
        if program.get("status") != "run" and not bad:
            bad = [f"({program.get('status')} outside a test case)"]
        passed[level] += sum(case["passed"] for case in cases) if cases or bad else 1
        failed[level] += len(bad)
        seconds[level] += float(program.get("time"))
        failures += [f"{name}: {case}" for case in bad]

    print(f"\n{'level':<14}{'passed':>8}{'failed':>8}{'seconds':>10}")
    for level in seconds:
        print(f"{level:<14}{passed[level]:>8}{failed[level]:>8}{seconds[level]:>10.1f}")
    for failure in failures:
        print(f"FAILED {failure}")
    print(f"{passed.total()} passed, {failed.total()} failed")
    return 1 if failures or not passed.total() else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
