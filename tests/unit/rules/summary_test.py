"""The summary that closes scripts/test: what it counts, and that no failure is lost in it."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from tagged import main

SCRIPT = pathlib.Path(os.environ["LOGLINE_SOURCE"]) / "scripts" / "lib" / "test_summary.py"


class summary(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.results = pathlib.Path(folder.name)

    def after(self, **programs):
        """Runs it after a ctest run of these programs: name = (status, {case: passed})."""
        rows = "".join(f'<testcase name="{name}" status="{status}" time="0.5"/>' for name, (status, _) in programs.items())
        (self.results / "ctest.xml").write_text(f"<testsuite>{rows}</testsuite>")
        for name, (_, cases) in programs.items():
            lines = [json.dumps({"test": case, "tags": [], "passed": passed}) for case, passed in cases.items()]
            (self.results / f"{name}.ndjson").write_text("".join(line + "\n" for line in lines))
        done = subprocess.run([sys.executable, SCRIPT, self.results], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.splitlines()

    def test_counts_cases_by_level(self):
        code, lines = self.after(test_unit_a=("run", {"x": True, "y": True}), test_crash_b=("run", {"z": True}))
        self.assertEqual((code, lines[-1]), (0, "3 passed, 0 failed"))
        self.assertEqual([line.split()[:3] for line in lines if line.startswith(("unit", "crash"))],
                         [["unit", "2", "0"], ["crash", "1", "0"]])

    def test_names_failed_cases(self):
        code, lines = self.after(test_unit_a=("fail", {"x": True, "y": False}))
        self.assertEqual((code, lines[-2:]), (1, ["FAILED test_unit_a: y", "1 passed, 1 failed"]))

    def test_a_program_that_died_between_cases_is_a_failure(self):
        code, lines = self.after(test_unit_a=("fail", {"x": True}))
        self.assertEqual((code, lines[-1]), (1, "1 passed, 1 failed"))

    def test_a_program_that_was_not_run_is_a_failure(self):
        code, lines = self.after(test_unit_a=("notrun", {}))
        self.assertEqual((code, lines[-1]), (1, "0 passed, 1 failed"))

    def test_a_program_without_cases_counts_as_one(self):
        code, lines = self.after(test_unit_a=("run", {}))
        self.assertEqual((code, lines[-1]), (0, "1 passed, 0 failed"))

    def test_nothing_run_is_a_failure(self):
        code, lines = self.after()
        self.assertEqual((code, lines[-1]), (1, "0 passed, 0 failed"))


if __name__ == "__main__":
    main()
