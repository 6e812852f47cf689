"""Backups, shipped records and restores as an operator meets them, with the real programs."""
import csv
import io
import json
import subprocess

from node_case import PROGRAMS, node_case
from tagged import main, proves


class backup_case(node_case):
    def setUp(self):
        super().setUp()
        self.sent = 0
        self.backups = self.place / "backups"
        self.keys = self.data / "keys"

    def stop(self):
        self.assertEqual(super().stop(), 0)

    def enqueue(self, count):
        tasks = [{"kind": "noop", "payload": {"n": self.sent + i}} for i in range(count)]
        self.sent += count
        status, _, body = self.request("/v2/entities/acme/task_queue/q/enqueue_batch", {"tasks": tasks})
        self.assertEqual(status, 200, body)

    def program(self, *arguments, code=0):
        done = subprocess.run([PROGRAMS / "logline", "--output", "json", *map(str, arguments)], capture_output=True, text=True, timeout=120,
                              check=False)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return done.stdout if code == 0 else done.stderr + done.stdout

    def answer(self, *arguments, code=0):
        return json.loads(self.program(*arguments, code=code))

    def backup(self, *arguments):
        return self.answer("backup", "now", "--data", self.data, "--dir", self.backups, *arguments)

    def restore(self, *arguments, target=None, code=0, source=None):
        target = target or self.place / "restored"
        out = self.program("restore", "--from", source or self.backups, "--keys", self.keys, "--target", target, *arguments, code=code)
        return json.loads(out) if code == 0 else out

    def hash_of(self, data):
        return self.answer("journal", "hash", "--data", data)

    def verified(self, data):
        self.assertTrue(self.answer("journal", "verify", "--data", data)["ok"])


class a_backup(backup_case):
    @proves("BAK-01", "BAK-02", "BAK-11", "BAK-12")
    def test_is_made_once_a_day_and_brings_the_node_back_as_a_new_generation(self):
        self.start()
        self.enqueue(300)
        self.stop()
        first = self.backup()
        self.assertFalse(first["existed"])
        before = self.hash_of(self.data)
        self.assertEqual((first["gseq"], first["chain"], first["root"]), (before["gseq"], before["chain"], before["root"]))
        again = self.backup()
        self.assertEqual((again["name"], again["existed"], again["new_bytes"]), (first["name"], True, 0))
        self.assertEqual([b["name"] for b in self.answer("backup", "list", "--dir", self.backups, "--keys", self.keys)], [first["name"]])
        checked = self.answer("backup", "verify", "--dir", self.backups, "--keys", self.keys)
        self.assertEqual((checked["ok"], checked["differences"]), (True, []))

        done = self.restore()
        self.assertEqual((done["gseq"], done["chain"], done["generation"]), (before["gseq"], before["chain"], 2))
        self.assertEqual(self.hash_of(self.place / "restored"), before)
        self.verified(self.place / "restored")
        self.data = self.place / "restored"
        self.start()
        self.enqueue(3)
        self.stop()
        exported = self.program("journal", "export", "--data", self.data, "--format", "csv", "--from", before["gseq"])
        self.assertEqual([record["site"] for record in csv.DictReader(io.StringIO(exported))], ["local.1", "local.2", "local.2", "local.2"])
        self.verified(self.data)


if __name__ == "__main__":
    main()
