"""scripts/conformance on a specification of two small chapters."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from tagged import main

SCRIPT = pathlib.Path(os.environ["LOGLINE_SOURCE"]) / "scripts" / "conformance"

BOOK = """
# Books
| Id | Requirement |
|---|---|
| BKS-02 | Second; see shelves.md LND-09 and SHA-256. |
| BKS-10 | Tenth. |
| BKS-01 | First; BKS-03 Third, in the middle of a line. |

- LND-1 Lending, as this chapter sees it.
**BKS-20 `title`**, **BKS-21 `author`**

## Conflicts
| C1 | no requirement |
## Acceptance scenarios
1. BKS-A1 All of it.
| B1 | a scenario without a prefix |
"""
SHELVES = """
LND-01 Lending, as the shelves see it (BKS-01). LND-02 More of it.
"""


class conformance(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.spec, self.results = pathlib.Path(folder.name, "spec"), pathlib.Path(folder.name, "results")
        self.spec.mkdir()
        self.results.mkdir()
        (self.spec / "README.md").write_text("| NOT-01 | no chapter |")
        (self.spec / "books.md").write_text(BOOK)
        (self.spec / "shelves.md").write_text(SHELVES)

    def leave(self, program, *cases):
        lines = [json.dumps({"test": test, "tags": tags, "passed": passed}) for test, tags, passed in cases]
        (self.results / f"{program}.ndjson").write_text("".join(line + "\n" for line in lines))

    def run_script(self, *arguments):
        return subprocess.run([SCRIPT, "--spec", self.spec, "--results", self.results, *arguments],
                              capture_output=True, text=True, check=False)

    def judged(self, *arguments):
        found = json.loads(self.run_script("--json", *arguments).stdout)
        return {one["id"]: one for one in found["ids"]}, {key: found[key] for key in ("proven", "failing", "open")}

    def test_finds_every_id_of_every_chapter_and_no_other(self):
        ids, counts = self.judged()
        self.assertEqual(list(ids), ["BKS-01", "BKS-02", "BKS-03", "BKS-10", "BKS-20", "BKS-21", "BKS-A1", "books/LND-1",
                                     "books/B1", "shelves/LND-01", "shelves/LND-02"])
        self.assertEqual(counts, {"proven": 0, "failing": 0, "open": 11})
        self.assertEqual({one["chapter"] for one in ids.values()}, {"books", "shelves"})

    def test_a_passing_test_proves_and_a_failing_one_outweighs_it(self):
        self.leave("one", ("good", ["BKS-01", "BKS-02"], True), ("other", ["anything"], False))
        self.leave("two", ("bad", ["BKS-02"], False))
        ids, counts = self.judged()
        self.assertEqual((ids["BKS-01"]["passed"], ids["BKS-01"]["tests"]), (True, ["good"]))
        self.assertEqual((ids["BKS-02"]["passed"], ids["BKS-02"]["tests"]), (False, ["bad", "good"]))
        self.assertIsNone(ids["BKS-03"]["passed"])
        self.assertEqual(counts, {"proven": 1, "failing": 1, "open": 9})
        self.assertEqual(self.run_script().returncode, 1)
        self.assertIn("FAILED bad", self.run_script().stdout)

    def test_shared_prefixes_are_told_apart_by_chapter(self):
        self.leave("one", ("lends", ["shelves/LND-01", "LND-02", "books/B1", "B1"], True))
        ids, counts = self.judged()
        proven = {name for name, one in ids.items() if one["passed"]}
        self.assertEqual(proven, {"shelves/LND-01", "shelves/LND-02", "books/B1"})

    def test_narrows_to_a_chapter_a_prefix_or_an_id(self):
        self.assertEqual(list(self.judged("shelves")[0]), ["shelves/LND-01", "shelves/LND-02"])
        self.assertEqual(list(self.judged("LND")[0]), ["books/LND-1", "shelves/LND-01", "shelves/LND-02"])
        self.assertEqual(list(self.judged("BKS-10")[0]), ["BKS-10"])
        self.assertEqual(self.judged("shelves")[1], {"proven": 0, "failing": 0, "open": 2})

    def test_warns_of_a_tag_that_no_chapter_knows(self):
        self.leave("one", ("typing error", ["BKS-99", "slow", ".", "!mayfail"], True))
        warnings = self.run_script().stderr.splitlines()
        self.assertEqual(len(warnings), 1)
        self.assertIn("[BKS-99]", warnings[0])

    def test_refuses_unknown_chapters_and_a_missing_specification(self):
        unknown = self.run_script("songs")
        self.assertEqual(unknown.returncode, 2)
        self.assertIn("books, shelves", unknown.stderr)
        missing = self.run_script("--spec", self.spec / "nowhere")
        self.assertEqual(missing.returncode, 2)
        self.assertIn("--spec DIR", missing.stderr)


if __name__ == "__main__":
    main()
