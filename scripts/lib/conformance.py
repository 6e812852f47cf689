"""Prints, for every requirement id of the specification, the tests that carry its tag and their last result.

An id is an upper-case prefix, a dash and a number, with a letter before the number where it names an acceptance scenario:
JRN-05, IDE-2, ENG-A3. A prefix belongs to every chapter that defines an id with it where a definition stands: at the start of
a line, list item or table row. Every id of a chapter's own prefixes that the chapter mentions is a requirement of the chapter,
except where another chapter's name stands before it ("engine.md GDP-06"). Scenarios without a prefix (`| B1 |` under a heading
with "Acceptance") are called chapter/B1. Where two chapters share a prefix their ids are written chapter/ID, here and in tags.

A test proves an id when it is tagged with it; the results come from the *.ndjson files that test programs leave. An id is
failing when any of its tests failed at its last run, open when none has run. Exit code 1: something is failing; 2: bad usage.
"""
import argparse
import collections
import json
import pathlib
import re
import signal
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
ID = r"[A-Z]{2,5}-[A-Z]?\d+"
DEFINITION = re.compile(rf"(?:\s*[-*]\s+|\s*\d+\.\s+|\|\s*)?(?:\*\*)?({ID})(?![\w-])")
MENTION = re.compile(rf"(?<![\w/-])({ID})(?![\w-])")
FOREIGN = re.compile(r"\b(?P<chapter>[a-z]+)(?:\.md)?[ /](?:REQ )?$")
SCENARIO = re.compile(r"\|\s*([A-Z]\d+)\s*\|")
TAG = re.compile(rf"(?:[a-z]+/)?(?:{ID}|(?<=/)[A-Z]\d+)")


def prefix_of(name):
    return name.split("-")[0]


def in_number_order(names):
    """Prefixes stay in the order of the chapter, their ids follow the numbers: JRN-01 … JRN-14, JRN-A1, MIR-01 …"""
    prefixes = list(dict.fromkeys(prefix_of(name) for name in names))
    parts = {name: re.fullmatch(r"(?:[A-Z]+-)?([A-Z]?)(\d+)", name).groups() for name in names}
    return sorted(names, key=lambda name: (prefixes.index(prefix_of(name)), parts[name][0], int(parts[name][1])))


def chapter_ids(text, foreign_chapters):
    """The ids that one chapter states."""
    lines = text.splitlines()
    own = {prefix_of(found[1]) for line in lines if (found := DEFINITION.match(line))}
    requirements, scenarios, in_acceptance = {}, [], False
    for line in lines:
        if line.startswith("#"):
            in_acceptance = "acceptance" in line.lower()
        if in_acceptance and (found := SCENARIO.match(line)):
            scenarios.append(found[1])
        for found in MENTION.finditer(line):
            before = FOREIGN.search(line[: found.start()])
            foreign = before and before["chapter"] in foreign_chapters
            if prefix_of(found[1]) in own and not foreign:
                requirements[found[1]] = None
    return in_number_order(requirements) + scenarios


def read_spec(folder):
    """[(id as written, chapter, bare id)] of all chapters."""
    files = [path for path in sorted(folder.glob("*.md")) if path.stem != "README"]
    chapters = {path.stem for path in files}
    found = {path.stem: chapter_ids(path.read_text(encoding="utf-8"), chapters - {path.stem}) for path in files}
    owners = collections.defaultdict(set)
    for chapter, ids in found.items():
        for name in ids:
            owners[prefix_of(name)].add(chapter)
    requirements = []
    for chapter, ids in found.items():
        for name in ids:
            shared = "-" not in name or len(owners[prefix_of(name)]) > 1
            requirements.append((f"{chapter}/{name}" if shared else name, chapter, name))
    return requirements


def read_results(folder):
    """{tag: {test: passed}}; a test that ran twice under one name has passed when both runs have."""
    by_tag = collections.defaultdict(dict)
    for path in sorted(folder.glob("*.ndjson")):
        for line in path.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            for tag in case["tags"]:
                by_tag[tag][case["test"]] = case["passed"] and by_tag[tag].get(case["test"], True)
    return by_tag


def judge(requirements, by_tag):
    spellings = collections.Counter(bare for _, _, bare in requirements)
    judged = []
    for written, chapter, bare in requirements:
        tests = dict(by_tag.get(f"{chapter}/{bare}", {}))
        if "-" in bare and spellings[bare] == 1:
            tests |= by_tag.get(bare, {})
        judged.append({"id": written, "chapter": chapter, "tests": sorted(tests),
                       "passed": all(tests.values()) if tests else None,
                       "failed_tests": sorted(test for test, passed in tests.items() if not passed)})
    return judged


def unknown_tags(requirements, by_tag):
    known = {f"{chapter}/{bare}" for _, chapter, bare in requirements} | {bare for _, _, bare in requirements}
    return sorted(tag for tag in by_tag if TAG.fullmatch(tag) and tag not in known)


def selected(judged, what):
    return [one for one in judged
            if what is None or what in (one["chapter"], one["id"], prefix_of(one["id"].split("/")[-1]))]


def totals(judged):
    return {"proven": sum(one["passed"] is True for one in judged),
            "failing": sum(one["passed"] is False for one in judged),
            "open": sum(one["passed"] is None for one in judged)}


def in_words(judged):
    return ", ".join(f"{count} {state}" for state, count in totals(judged).items())


def print_text(judged):
    state = {True: "proven", False: "failing", None: "open"}
    width = max(len(one["id"]) for one in judged)
    for chapter in dict.fromkeys(one["chapter"] for one in judged):
        of_chapter = [one for one in judged if one["chapter"] == chapter]
        print(chapter)
        for one in of_chapter:
            tests = [f"FAILED {test}" if test in one["failed_tests"] else test for test in one["tests"]]
            line = f"  {state[one['passed']]:<8} {one['id']:<{width}}  " + ("\n" + " " * (width + 13)).join(tests)
            print(line.rstrip())
        print(f"  {chapter}: {in_words(of_chapter)}\n")
    print(in_words(judged))


def print_json(judged):
    ids = [{key: one[key] for key in ("id", "chapter", "tests", "passed")} for one in judged]
    print(json.dumps({"ids": ids} | totals(judged), ensure_ascii=False))


def main():
    parser = argparse.ArgumentParser(prog="scripts/conformance", description="Which requirements are proven by tests.")
    parser.add_argument("what", nargs="?", metavar="CHAPTER", help="a chapter (journal), a prefix (JRN) or an id (JRN-05)")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--spec", type=pathlib.Path, default=ROOT.parent / "shared" / "spec", help="folder of the chapters")
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "build" / "dev" / "results",
                        help="folder of the result files")
    options = parser.parse_args()

    requirements = read_spec(options.spec)
    if not requirements:
        parser.error(f"no requirement found in {options.spec}: name the specification's folder with --spec DIR")
    by_tag = read_results(options.results)
    if not by_tag:
        print(f"conformance: no result in {options.results}; run scripts/test first", file=sys.stderr)
    for tag in unknown_tags(requirements, by_tag):
        print(f"conformance: a test is tagged [{tag}], which no chapter knows", file=sys.stderr)

    judged = selected(judge(requirements, by_tag), options.what)
    if not judged:
        chapters = sorted({chapter for _, chapter, _ in requirements})
        parser.error(f"nothing is called {options.what}; chapters: {', '.join(chapters)}; or name a prefix or an id")
    (print_json if options.json else print_text)(judged)
    return 1 if any(one["passed"] is False for one in judged) else 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `scripts/conformance | head` is no error
    sys.exit(main())
