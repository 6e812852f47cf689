"""Backups, shipped records and restores as an operator meets them, with the real programs."""
import csv
import io
import json
import os
import random
import shutil
import subprocess
import threading
import time

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

    def figures(self):
        lines = self.request("/metrics", token=False)[2].decode().splitlines()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))}

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


    @proves("BAK-A1", "BAK-04", "BAK-05", "BAK-09")
    def test_of_a_running_node_is_probed_and_a_corrupt_one_stops_pruning(self):
        self.start()
        self.enqueue(200)
        settled = self.head()
        first = json.loads(self.logline("backup", "now").stdout)
        again = json.loads(self.logline("backup", "now").stdout)
        self.assertEqual((first["existed"], again["existed"], again["name"]), (False, True, first["name"]))
        self.assertGreaterEqual(first["gseq"], settled)
        probed = json.loads(self.logline("backup", "probe").stdout)
        self.assertEqual((probed["name"], probed["gseq"], probed["chain"]), (first["name"], first["gseq"], first["chain"]))
        self.assertGreater(probed["sampled"], 0)
        self.assertFalse((self.data / "probe").exists())
        figures = self.figures()
        self.assertEqual((figures["backup_ok_total"], figures["backup_rest_ok_total"], figures["backup_rest_fail_total"]), (2, 1, 0))
        self.assertEqual(figures["backup_verified_gseq"], first["gseq"])
        listed = json.loads(self.request("/v2/backups")[2])
        self.assertEqual([b["name"] for b in listed["backups"]], [first["name"]])
        self.assertIsNotNone(listed["backups"][0]["verified"])

        largest = max((p for p in (self.data / "backups" / "files").rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
        whole = largest.read_bytes()
        largest.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        failed = json.loads(self.logline("backup", "probe", code=4).stdout)
        self.assertIn(largest.name, failed["error"])    # expected and found digest, and the file
        figures = self.figures()
        self.assertEqual((figures["backup_rest_ok_total"], figures["backup_rest_fail_total"]), (1, 1))
        self.assertEqual(figures['alert_active{alert="RESTORE_FAIL"}'], 1)
        self.assertIn("ALERT RESTORE_FAIL", (self.place / "log").read_text())
        held = json.loads(self.logline("backup", "prune").stdout)
        self.assertEqual((held["removed"], held["held_back"]), ([], "the last probe failed"))
        self.assertIn(largest.name, self.program("backup", "verify", "--data", self.data, code=4))

        largest.write_bytes(whole)
        self.logline("backup", "probe")
        self.assertEqual(self.figures()['alert_active{alert="RESTORE_FAIL"}'], 0)
        self.assertIsNone(json.loads(self.logline("backup", "prune").stdout)["held_back"])
        labelled = json.loads(self.logline("backup", "now", "--label", "before-upgrade").stdout)
        self.assertEqual(labelled["name"], first["name"] + "-before-upgrade")
        self.logline("backup", "now", "--label", "No Label", code=1)
        self.stop()


    @proves("BAK-09", "BAK-07")
    def test_place_that_is_away_is_told_and_one_without_a_key_is_refused(self):
        blocked = self.place / "blocked"
        blocked.write_text("a file where a directory must be")
        self.start("--set", f"backup.dir={blocked}/backups")
        self.assertEqual(self.figures()['alert_active{alert="BACKUP_FAIL"}'], 1)
        self.enqueue(3)    # and the node serves
        self.logline("backup", "now", code=1)
        self.stop()
        code, said = self.refused_start("--set", f"backup.offsite=dir:{self.place}/offsite")
        self.assertEqual(code, 65)
        self.assertIn("backup.offsite_key", said)
        inside = self.keys / "offsite.key"
        inside.write_text("0" * 64 + "\n")
        inside.chmod(0o600)
        code, said = self.refused_start("--set", f"backup.offsite=dir:{self.place}/offsite", "--set", f"backup.offsite_key={inside}")
        self.assertEqual(code, 65)
        self.assertIn("lies in the data directory", said)
        self.assertFalse((self.place / "offsite").exists())


class a_restore(backup_case):
    @proves("BAK-A2", "BAK-11")
    def test_undoes_an_operators_error_to_the_exact_event(self):
        self.start()
        self.enqueue(400)
        json.loads(self.logline("backup", "now").stdout)
        self.enqueue(300)
        before = json.loads(self.request("/v2/log/head")[2])
        self.logline("do", "acme/flag/f", "set", "value=true", "reason=mistake")    # the error
        error = self.head()
        self.enqueue(200)
        json.loads(self.logline("backup", "now", "--label", "late").stdout)
        self.stop()
        self.assertEqual(error, before["gseq"] + 1)

        source = self.data / "backups"
        done = self.restore("--to-gseq", error - 1, source=source)
        self.assertEqual((done["gseq"], done["chain"], done["root"], done["at"]), (before["gseq"], before["chain"], before["root"], before["at"]))
        self.verified(self.place / "restored")
        timed = self.restore("--to-time", before["at"], source=source, target=self.place / "timed")
        self.assertEqual(timed["chain"], before["chain"])
        self.assertIn("RANGE_UNAVAILABLE", self.restore("--to-gseq", 10**6, source=source, target=self.place / "none", code=1))
        self.assertIn("RANGE_UNAVAILABLE", self.restore("--to-time", "2020-01-01T00:00:00Z", source=source, target=self.place / "none", code=1))
        self.assertIn("REFUSED_NOT_EMPTY", self.restore(source=source, code=1))
        self.assertFalse((self.place / "none").exists())

        looked = self.restore("--to-gseq", 5, "--inspect", source=source, target=self.place / "looked")
        self.assertEqual(looked["gseq"], 5)
        self.data = self.place / "looked"
        code, said = self.refused_start()
        self.assertEqual(code, 65)
        self.assertIn("inspection", said)
        self.assertEqual(self.hash_of(self.data)["gseq"], 5)

    @proves("BAK-A3", "BAK-03", "BAK-07")
    def test_from_off_site_loses_only_what_was_not_shipped(self):
        offsite = self.place / "offsite"
        seal = self.place / "safe" / "offsite.key"
        seal.parent.mkdir(mode=0o700)
        seal.write_text(os.urandom(32).hex() + "\n")
        seal.chmod(0o600)
        shipping = ["--set", f"backup.offsite=dir:{offsite}", "--set", f"backup.offsite_key={seal}", "--set", "backup.ship_s=1"]
        self.start(*shipping)
        self.enqueue(100)
        json.loads(self.logline("backup", "now").stdout)
        shutil.copytree(self.keys, self.place / "safe" / "keys")
        chains = {}
        stop = threading.Event()

        def load():
            while not stop.is_set():
                try:
                    self.enqueue(20)
                    head = json.loads(self.request("/v2/log/head")[2])
                except (OSError, AssertionError):
                    return    # the node is gone in mid-request
                chains[head["gseq"]] = head["chain"]

        writer = threading.Thread(target=load)
        writer.start()
        self.addCleanup(writer.join)
        self.addCleanup(stop.set)
        deadline = time.monotonic() + 30
        shipped = self.figures()["ship_gseq"]
        beginning = shipped
        moves = random.randrange(2, 5)
        while moves > 0 and time.monotonic() < deadline:
            now = self.figures()["ship_gseq"]
            moves -= now > shipped
            shipped = now
        self.assertEqual(moves, 0)
        self.assertGreater(shipped, beginning)
        self.kill()
        stop.set()
        writer.join()
        shutil.rmtree(self.data)

        self.keys = self.place / "safe" / "keys"
        self.assertIn("sealed", self.restore(source=offsite, code=1))    # without the key: nothing
        done = self.restore("--seal-key", seal, source=offsite)
        self.assertGreaterEqual(done["gseq"], shipped)
        said = {gseq: chain for gseq, chain in chains.items() if gseq <= done["gseq"]}
        self.data = self.place / "restored"
        for gseq in sorted(said)[-3:]:
            at = self.restore("--seal-key", seal, "--to-gseq", gseq, source=offsite, target=self.place / f"at{gseq}")
            self.assertEqual(at["chain"], said[gseq])
        self.verified(self.data)
        secret = b"task_enqueued"
        for path in offsite.rglob("*"):
            if path.is_file():
                self.assertNotIn(secret, path.read_bytes())
        ready = self.start(*shipping)
        self.assertGreaterEqual(ready["gseq"], done["gseq"])
        self.enqueue(5)
        self.stop()

    @proves("BAK-A4", "BAK-14")
    def test_takes_what_was_not_shipped_from_a_mirror_that_is_ahead(self):
        self.start()
        self.enqueue(100)
        json.loads(self.logline("backup", "now").stdout)
        self.enqueue(150)
        self.stop()
        before = self.hash_of(self.data)
        source, copy = self.data / "backups", self.data / "ndjson"
        done = self.restore("--tail", f"ndjson:{copy}", source=source)
        self.assertEqual((done["gseq"], done["chain"]), (before["gseq"], before["chain"]))
        self.assertGreaterEqual(done["tail_records"], 150)
        self.assertEqual(self.hash_of(self.place / "restored"), before)

        older = self.place / "older"
        behind = self.restore(source=source, target=older)
        self.assertLess(behind["gseq"], before["gseq"])
        added = self.answer("mirror", "reimport", "--data", older, "--ndjson", copy)
        self.assertEqual((added["gseq"], added["chain"], added["records"]), (before["gseq"], before["chain"], before["gseq"] - behind["gseq"]))
        self.assertEqual(self.hash_of(older), before)
        self.verified(older)
        self.assertEqual(self.answer("mirror", "reimport", "--data", older, "--ndjson", copy)["records"], 0)
        shutil.copytree(copy, older / "ndjson")
        self.data = older
        self.start()
        self.enqueue(5)
        self.stop()
        self.assertNotIn("MIRROR_DIVERGED", (self.place / "log").read_text())
        self.assertTrue(self.answer("mirror", "verify", "--data", older)["equal"])

        # Once it went on by itself it is another history, and the copy's end is not its own.
        forked = self.place / "forked"
        self.restore(source=source, target=forked)
        self.data = forked
        self.start("--set", "ndjson.enabled=false")
        self.enqueue(2)
        self.stop()
        self.assertIn("not one of this journal", self.program("mirror", "reimport", "--data", forked, "--ndjson", copy, code=4))


class an_erasure(backup_case):
    @proves("BAK-13", "BAK-08", "GDP-08")
    def test_is_not_undone_by_a_backup_that_is_older(self):
        ledger = self.place / "ledger"
        options = ["--set", f"privacy.shred_ledgers={ledger}"]
        self.start(*options)
        text = "ann likes chess"
        status, _, body = self.request("/v2/entities/acme/task_queue/mail/enqueue_batch",
                                       {"tasks": [{"kind": "mail.send", "payload": {"text": t}, "subject": who}
                                                  for who, t in (("ann", text), ("bob", "bob plays go"))]})
        self.assertEqual(status, 200, body)
        json.loads(self.logline("backup", "now", "--label", "before").stdout)
        self.stop()
        keystore = self.place / "keystore"
        shutil.copytree(self.data / "keystore", keystore)
        self.start(*options)
        status, _, body = self.request("/v2/entities/acme/gdpr_request/first/request", {"subject_id": "ann", "kind": "DELETE"})
        self.assertEqual(status, 200, body)
        deadline = time.monotonic() + 60
        while json.loads(self.request("/v2/entities/acme/gdpr_request/first")[2])["state"]["status"] != "DONE":
            self.assertLess(time.monotonic(), deadline)
        later = json.loads(self.logline("backup", "now", "--label", "later").stdout)
        self.stop()

        source = self.data / "backups"
        name = later["name"].removesuffix("-later") + "-before"
        chosen = ["--base", name, "--to-gseq", "2", "--keystore", keystore]
        self.assertIn("SHREDS_MISSING", self.restore(*chosen, source=source, code=4))
        self.assertIn("SHREDS_MISSING", self.restore(source=source, code=4))    # the newest backup knows of an erasure
        empty = self.place / "empty"
        empty.mkdir()
        self.assertIn("SHREDS_MISSING", self.restore("--shreds", empty, source=source, code=4))
        self.assertFalse((self.place / "restored").exists())
        self.restore(*chosen, "--shreds", ledger, source=source)
        self.data = self.place / "restored"
        self.start(*options)
        seen = self.request("/v2/log?limit=10")[2].decode()
        self.assertNotIn(text, seen)
        self.assertIn("bob plays go", seen)
        self.stop()


class a_signature(backup_case):
    @proves("SIG-A1", "SIG-01", "SIG-02", "SIG-03")
    def test_fails_on_extra_missing_and_changed_files_and_strange_keys(self):
        self.start()
        self.stop()
        tree, keys = self.place / "tree", self.keys
        (tree / "deep").mkdir(parents=True)
        (tree / "a").write_text("1")
        (tree / "deep" / "b").write_text("2")
        manifest, signature = self.place / "m.json", self.place / "m.sig"
        pair = f"{manifest}:{signature}"
        first = self.answer("keys", "rotate", "--keys", keys)

        def sign(key):
            self.program("sign", "--key", key, "--in", tree, "--manifest", manifest, "--out", signature)

        def differences(code=4):
            return {(d["file"], d["what"]) for d in self.checked(pair, tree, code)["differences"]}
        sign(keys / "backup.key")
        self.assertEqual(differences(code=0), set())
        (tree / "a").write_text("x")
        (tree / "new").write_text("")
        (tree / "deep" / "b").unlink()
        self.assertEqual(differences(), {("a", "changed"), ("new", "extra"), ("deep/b", "missing")})
        sign(keys / "backup.key")
        second = self.answer("keys", "rotate", "--keys", keys)
        self.assertNotEqual(first["key"], second["key"])
        self.assertEqual(self.checked(pair, tree)["key"], first["key"])    # the old key goes on to count
        sign(keys / "backup-2.key")
        self.assertEqual(self.checked(pair, tree)["key"], second["key"])
        listed = {k["key"]: k for k in self.answer("keys", "list", "--keys", keys)}
        self.assertIsNone(listed[second["key"]]["until"])
        self.assertIsNotNone(listed[first["key"]]["until"])

        strange = self.place / "strange"
        self.answer("keys", "rotate", "--keys", strange)
        sign(strange / "backup.key")
        self.assertIn("no key of the history", self.program("verify", pair, "--root", tree, "--keys", keys, code=4))
        text = signature.read_text()
        sign(keys / "backup-2.key")
        signature.write_text(signature.read_text().replace("at 2", "at 3"))
        self.assertIn("bad_signature", self.program("verify", pair, "--root", tree, "--keys", keys, code=4))
        signature.write_text(text)
        self.program("verify", pair, "--keys", strange, code=4)    # over another manifest

    def checked(self, pair, tree, code=0):
        done = subprocess.run([PROGRAMS / "logline", "--output", "json", "verify", pair, "--root", tree, "--keys", self.keys],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return json.loads(done.stdout)


if __name__ == "__main__":
    main()
