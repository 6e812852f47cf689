"""The NDJSON mirror as an operator meets it: it follows, survives kills, is verified, and makes a lost journal anew."""
import json
import shutil
import subprocess

from node_case import PROGRAMS, node_case
from tagged import main, proves


class mirrored_node(node_case):
    def setUp(self):
        super().setUp()
        self.sent = 0

    def start(self):
        return super().start("--set", "ndjson.shard_bytes=65536")

    def stop(self):
        self.assertEqual(super().stop(), 0)

    def enqueue(self, count):
        tasks = [{"kind": "noop", "payload": {"n": self.sent + i, "big": 9007199254740993 + i, "text": "é\n\"x\""}} for i in range(count)]
        self.sent += count
        status, _, body = self.request("/v2/entities/acme/task_queue/q/enqueue_batch", {"tasks": tasks})
        self.assertEqual(status, 200, body)

    def offline(self, *arguments, code=0):
        done = subprocess.run([PROGRAMS / "logline", "--output", "json", *map(str, arguments)], capture_output=True, text=True, timeout=60,
                              check=False)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return done.stdout + done.stderr

    def verified(self, code=0):
        return json.loads(self.offline("mirror", "verify", "--data", self.data, code=code))

    def shards(self):
        return sorted(path for path in (self.data / "ndjson").iterdir() if ".ndjson" in path.name and "manifest" not in path.name)

    @proves("MIR-01", "NDJ-05")
    def test_follows_through_kills_and_is_level_after_a_stop(self):
        for _ in range(4):
            self.start()
            self.enqueue(150)
            self.kill()
        self.start()
        self.stop()
        report = self.verified()
        self.assertTrue(report["equal"])
        self.assertEqual(report["records"], report["journal"])
        self.assertGreaterEqual(report["records"], 600)
        self.assertGreater(len(self.shards()), 2)

    @proves("NDJ-01")
    def test_makes_a_lost_journal_anew(self):
        self.start()
        self.enqueue(300)
        self.stop()
        before = self.offline("journal", "hash", "--data", self.data)
        shutil.rmtree(self.data / "journal")
        self.offline("journal", "import", "--data", self.data, "--ndjson", self.data / "ndjson")
        self.assertEqual(self.offline("journal", "hash", "--data", self.data), before)
        self.assertTrue(json.loads(self.offline("journal", "verify", "--data", self.data))["ok"])
        self.assertTrue(self.verified()["equal"])
        self.start()    # and goes on from there, the mirror too
        self.enqueue(10)
        self.stop()
        self.assertTrue(self.verified()["equal"])
        refused = self.offline("journal", "import", "--data", self.data, "--ndjson", self.data / "ndjson", code=1)
        self.assertIn("REFUSED_NOT_EMPTY", refused)

    def test_names_what_differs(self):
        self.start()
        self.enqueue(300)
        self.stop()
        part = next(path for path in self.shards() if path.name.endswith(".part"))
        whole = part.read_bytes()
        lines = whole.splitlines(keepends=True)
        part.write_bytes(b"".join(lines[:-1]))
        report = self.verified(code=4)
        self.assertEqual((report["equal"], report["behind"], report["differs"]), (False, 1, None))
        changed = bytearray(whole)
        changed[len(whole) // 2] ^= 1
        part.write_bytes(changed)
        self.assertIn(part.name, self.offline("mirror", "verify", "--data", self.data, code=4))
        part.write_bytes(whole)
        self.assertTrue(self.verified()["equal"])

    @proves("NDJ-12")
    def test_reads_a_copy_by_itself(self):
        self.start()
        self.enqueue(300)
        self.logline("do", "acme/flag/f", "set", "value=true", "reason=because")
        self.stop()
        copy = self.place / "copy"
        shutil.move(self.data / "ndjson", copy)
        options = ["--ndjson", copy, "--keys", self.data / "keys"]
        checked = json.loads(self.offline("ndjson", "verify", *options))
        self.assertEqual((checked["records"], checked["first_gseq"], checked["last_gseq"]), (301, 1, 301))
        self.assertEqual(checked["hash"], json.loads(self.offline("journal", "hash", "--data", self.data))["chain"])

        def cat(*which):
            return [record["gseq"] for record in json.loads(self.offline("ndjson", "cat", *options, *which))]
        everything = cat()
        self.assertEqual(everything, list(range(1, 302)))
        flag = cat("--type", "flag")
        self.assertEqual(len(flag), 1)
        self.assertEqual(cat("--tenant", "nobody"), [])
        self.assertEqual(cat("--since", "1h", "--from", "5", "--to", "9", "--limit", "3"), [5, 6, 7])
        self.assertEqual(cat("--until", "2020-01-01T00:00:00Z"), [])
        sealed = next(path for path in copy.iterdir() if path.name.endswith(".zst"))
        whole = sealed.read_bytes()
        sealed.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
        self.assertIn(sealed.name, self.offline("ndjson", "verify", *options, code=4))
        sealed.unlink()
        self.assertIn("the shard itself is missing", self.offline("ndjson", "verify", *options, code=4))

    @proves("NDJ-11", "NDJ-A2")
    def test_backfills_into_a_directory_of_its_own(self):
        self.start()
        self.enqueue(300)
        self.stop()
        self.start()
        self.enqueue(100)
        self.stop()
        live = {path.name: path.read_bytes() for path in (self.data / "ndjson").iterdir()}
        count = json.loads(self.offline("journal", "verify", "--data", self.data))["records"]
        self.assertGreaterEqual(count, 400)
        whole = self.place / "whole"
        backfill = ["ndjson", "backfill", "--since", "1970-01-01", "--data", self.data, "--to"]
        done = json.loads(self.offline(*backfill, whole, "--chunk", "70"))
        self.assertEqual((done["rows_written"], done["first_gseq"], done["last_gseq"]), (count, 1, count))
        self.assertEqual({path.name: path.read_bytes() for path in (self.data / "ndjson").iterdir()}, live)
        self.assertTrue(json.loads(self.offline("mirror", "verify", "--data", self.data, "--ndjson", whole))["equal"])
        self.assertFalse([path for path in whole.iterdir() if path.name.endswith(".part")])
        self.assertIn("REFUSED_NOT_EMPTY", self.offline(*backfill, whole, code=1))

        # Two parts that meet at one record: the second begins with the hash that the first ends with.
        part = json.loads(self.offline(*backfill, self.place / "first", "--to-gseq", "123"))
        self.assertEqual((part["rows_written"], part["last_gseq"]), (123, 123))
        at = json.loads(self.offline("ndjson", "cat", "--ndjson", whole, "--keys", self.data / "keys", "--from", "302", "--limit", "1"))[0]["at"]
        rest = self.place / "rest"
        later = json.loads(self.offline("ndjson", "backfill", "--since", at, "--data", self.data, "--to", rest))
        self.assertGreater(later["first_gseq"], 1)
        self.assertEqual(later["rows_written"], count - later["first_gseq"] + 1)
        joined = json.loads(self.offline(*backfill, self.place / "joined", "--to-gseq", str(later["first_gseq"] - 1)))
        shard = next(path for path in rest.iterdir() if path.suffix == ".zst")
        plain = subprocess.run(["zstd", "-dc", shard], capture_output=True, check=True).stdout
        self.assertEqual(json.loads(plain.splitlines()[0])["prev"], joined["hash"])
        self.assertEqual(later["hash"], json.loads(self.offline("journal", "hash", "--data", self.data))["chain"])

    @proves("MIR-04")
    def test_stops_where_the_copy_is_of_another_journal(self):
        self.start()
        self.enqueue(20)
        self.stop()
        shutil.rmtree(self.data / "journal")
        self.start()
        self.enqueue(30)
        self.stop()
        self.assertIn("MIRROR_DIVERGED", (self.place / "log").read_text())
        report = self.verified(code=4)
        self.assertIn("another hash", report["differs"])


if __name__ == "__main__":
    main()
