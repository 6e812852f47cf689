"""The NDJSON mirror as an operator meets it: it follows, survives kills, is verified, and makes a lost journal anew."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest
import urllib.request

from tagged import main, proves

PROGRAMS = pathlib.Path(os.environ["LOGLINE_BIN"])


class mirrored_node(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.place = pathlib.Path(folder.name)
        self.data = self.place / "data"
        self.process = None
        self.addCleanup(self.kill)
        self.sent = 0

    def start(self):
        self.log = open(self.place / "log", "ab")
        self.addCleanup(self.log.close)
        self.process = subprocess.Popen([PROGRAMS / "loglined", "--data", self.data, "--set", "gateway.listen=127.0.0.1:0", "--set",
                                         "ndjson.shard_bytes=65536"], stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.addCleanup(self.process.stdout.close)
        line = self.process.stdout.readline()
        self.assertTrue(line, (self.place / "log").read_text())
        self.url = json.loads(line)["http"]

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(timeout=40), 0)

    def enqueue(self, count):
        token = (self.data / "founder.token").read_text().strip()
        tasks = [{"kind": "noop", "payload": {"n": self.sent + i, "big": 9007199254740993 + i, "text": "é\n\"x\""}} for i in range(count)]
        self.sent += count
        request = urllib.request.Request(self.url + "/v2/entities/acme/task_queue/q/enqueue_batch", json.dumps({"tasks": tasks}).encode(),
                                         {"Content-Type": "application/json", "Authorization": "Bearer " + token})
        with urllib.request.urlopen(request, timeout=40) as answer:
            self.assertEqual(answer.status, 200)

    def logline(self, *arguments, code=0):
        done = subprocess.run([PROGRAMS / "logline", "--output", "json", *map(str, arguments)], capture_output=True, text=True, timeout=60,
                              check=False)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return done.stdout + done.stderr

    def verified(self, code=0):
        return json.loads(self.logline("mirror", "verify", "--data", self.data, code=code))

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
        before = self.logline("journal", "hash", "--data", self.data)
        shutil.rmtree(self.data / "journal")
        self.logline("journal", "import", "--data", self.data, "--ndjson", self.data / "ndjson")
        self.assertEqual(self.logline("journal", "hash", "--data", self.data), before)
        self.assertTrue(json.loads(self.logline("journal", "verify", "--data", self.data))["ok"])
        self.assertTrue(self.verified()["equal"])
        self.start()    # and goes on from there, the mirror too
        self.enqueue(10)
        self.stop()
        self.assertTrue(self.verified()["equal"])
        refused = self.logline("journal", "import", "--data", self.data, "--ndjson", self.data / "ndjson", code=1)
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
        self.assertIn(part.name, self.logline("mirror", "verify", "--data", self.data, code=4))
        part.write_bytes(whole)
        self.assertTrue(self.verified()["equal"])

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
