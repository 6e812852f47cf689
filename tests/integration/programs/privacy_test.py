"""Erasure as an operator meets it: what a person's data was is in no file, every proof still fits, nothing brings it back."""
import hashlib
import hmac
import json
import shutil
import subprocess
import time

from node_case import PROGRAMS, node_case
from tagged import main, proves

SECRET = "webhook secret"
SECRETS_OF_ANN = [f"ann.smith.{n}@example.org likes chess in {n}" for n in range(20)]


class privacy_node(node_case):
    def setUp(self):
        super().setUp()
        self.second = self.place / "elsewhere"

    def start(self, *arguments):
        return super().start("--set", f"privacy.shred_ledgers={self.second}", "--set", "snapshot.every=10",
                             "--set", "ndjson.shard_bytes=65536", *arguments)

    def stop(self):
        self.assertEqual(super().stop(), 0)

    def offline(self, *arguments, code=0):
        done = subprocess.run([PROGRAMS / "logline", "--output", "json", *map(str, arguments), "--data", self.data], capture_output=True,
                              text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return done.stdout + done.stderr

    def command(self, address, name, code=200, headers=None, **fields):
        status, _, body = self.request(f"/v2/entities/{address}/{name}", fields, headers=headers)
        self.assertEqual(status, code, body)
        return json.loads(body)

    def read(self, path):
        status, _, body = self.request(path)
        self.assertEqual(status, 200, body)
        return body.decode()

    def enqueue(self, subject, text, key=None):
        said = self.command("acme/task_queue/mail", "enqueue", headers={"Idempotency-Key": key} if key else None,
                            kind="mail.send", payload={"text": text}, subject=subject)
        return said["reply"]["task_id"]

    def deliver(self, name, subject, body):
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        status, _, said = self.request(f"/webhook/acme/{name}", body,
                                       headers={"X-Hub-Signature-256": "sha256=" + signature, "X-Person": subject})
        self.assertLess(status, 300, said)

    def state(self, address):
        return json.loads(self.read(f"/v2/entities/{address}"))["state"]

    def settled(self, request):
        deadline = time.monotonic() + 30
        while True:
            state = self.state(f"acme/gdpr_request/{request}")
            if state["status"] in ("DONE", "REFUSED"):
                return state
            self.assertLess(time.monotonic(), deadline, state)
            time.sleep(0.05)

    def erase(self, subject, request, kind="DELETE"):
        self.command(f"acme/gdpr_request/{request}", "request", subject_id=subject, kind=kind)
        return self.settled(request)

    def files_with(self, *needles):
        found = []
        for path in self.place.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                found += [(str(path), needle) for needle in needles if needle.encode() in content]
        return found

    def write_about_ann(self):
        """1000 events and more over several types; what leaves the node's memory is sealed from the start."""
        self.command("acme/connector/hub", "open", secret=SECRET, subject_header="x-person")
        for n, text in enumerate(SECRETS_OF_ANN):
            self.deliver("hub", "ann", json.dumps({"n": n, "text": text}).encode())
            self.enqueue("ann", text, key=f"task-{n}")
        for start in range(0, 1000, 250):
            tasks = [{"kind": "mail.send", "payload": {"text": SECRETS_OF_ANN[(start + n) % 20]}, "subject": "ann"} for n in range(250)]
            self.command("acme/task_queue/bulk", "enqueue_batch", tasks=tasks)
        leased = self.command("acme/task_queue/mail", "lease", worker_id="w", limit=3)["reply"]["tasks"]
        self.assertEqual(leased[0]["payload"]["text"], SECRETS_OF_ANN[0])
        self.command("acme/task_queue/mail", "complete", task_id=leased[0]["task_id"], lease_id=leased[0]["lease_id"],
                     result={"sent": SECRETS_OF_ANN[1]})
        self.command("acme/task_queue/mail", "fail", task_id=leased[1]["task_id"], lease_id=leased[1]["lease_id"],
                     error=SECRETS_OF_ANN[2], retryable=False)
        self.enqueue("bob", "bob stays")
        deadline = time.monotonic() + 30
        while self.command("acme/task_queue/webhooks", "stats")["reply"]["all"]["done"] < 20:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        return leased[0]["task_id"], leased[1]["task_id"]

    @proves("GDP-01", "GDP-04", "GDP-07", "GDP-09", "GDP-11", "GDP-12", "GDP-14", "ENG-A15")
    def test_after_an_erasure_no_file_holds_the_text_and_every_proof_fits(self):
        self.start()
        completed, failed = self.write_about_ann()
        self.assertIn(SECRETS_OF_ANN[0], self.read("/v2/log?limit=1000"))
        self.assertIn(SECRETS_OF_ANN[2], json.dumps(self.command("acme/task_queue/mail", "show", id=failed)))
        self.assertEqual(self.files_with(*SECRETS_OF_ANN), [])     # while it runs, before any erasure
        self.stop()
        self.assertEqual(self.files_with(*SECRETS_OF_ANN), [])
        before = json.loads(self.offline("journal", "hash"))

        self.start()
        head = self.head()
        proof = self.read(f"/v2/log/proof?gseq=7&tree_size={head}")
        began = time.monotonic()
        state = self.erase("ann", "first")
        self.assertLess(time.monotonic() - began, 10)
        self.assertEqual(state["status"], "DONE")
        certificate = json.loads(state["certificate"]["certificate"])
        self.assertEqual(certificate["events"]["connector.delivery_received"], 20)
        self.assertEqual(certificate["events"]["task_queue.task_enqueued"], 1040)     # each delivery became a task
        self.assertEqual(certificate["events"]["task_queue.task_completed"], 21)
        self.assertEqual(certificate["tasks_cancelled"], 1018)     # but for the one done and the one dead
        self.assertEqual(self.read(f"/v2/log/proof?gseq=7&tree_size={head}"), proof)

        log = self.read("/v2/log?limit=1000")
        history = self.read("/v2/entities/acme/task_queue/mail/history?limit=1000")
        task = json.dumps(self.command("acme/task_queue/mail", "show", id=completed))
        for text in (log, history, task):
            self.assertIn('"redacted"', text)
            for secret in SECRETS_OF_ANN:
                self.assertNotIn(secret, text)
        self.assertIn("bob stays", history)
        # A repeated command still finds its answer.
        self.assertEqual(self.enqueue("ann", SECRETS_OF_ANN[0], key="task-0"), self.first_task(history))
        self.stop()

        self.assertEqual(self.files_with(*SECRETS_OF_ANN), [])
        self.assertTrue(json.loads(self.offline("journal", "verify"))["ok"])
        self.assertTrue(json.loads(self.offline("mirror", "verify"))["equal"])
        self.assertGreater(json.loads(self.offline("journal", "hash"))["gseq"], before["gseq"])
        erased = self.place / "erased.json"
        erased.write_text(json.dumps(state["certificate"]))
        self.assertEqual(json.loads(self.offline("gdpr", "verify", erased))["subject"], state["subject"])
        erased.write_text(json.dumps(state["certificate"]).replace("1040", "1039"))
        self.offline("gdpr", "verify", erased, code=4)
        self.assertNotIn("ann", json.dumps(state["certificate"]))

    def first_task(self, history):
        return json.loads(history)["events"][0]["payload"]["task_id"]

    @proves("GDP-09", "GDP-12", "MIR-06")
    def test_the_mirror_gives_the_sealed_journal_back(self):
        self.start()
        self.write_about_ann()
        self.erase("bob", "bobs")
        self.stop()
        before = self.offline("journal", "hash")
        shutil.rmtree(self.data / "journal")
        self.offline("journal", "import", "--ndjson", self.data / "ndjson")
        self.assertEqual(self.offline("journal", "hash"), before)
        self.start()
        history = self.read("/v2/entities/acme/task_queue/mail/history?limit=1000")
        self.assertIn(SECRETS_OF_ANN[0], history)
        self.assertNotIn("bob stays", history)
        self.assertIn('"redacted"', history)

    @proves("GDP-02", "GDP-03")
    def test_a_hold_refuses_and_a_repetition_gets_the_first_certificate(self):
        self.start()
        self.enqueue("ann", SECRETS_OF_ANN[0])
        self.assertEqual(self.erase("ann", "keep", "HOLD")["status"], "DONE")
        refused = self.erase("ann", "no")
        self.assertEqual((refused["status"], refused["code"]), ("REFUSED", "LEGAL_HOLD"))
        self.assertIn(SECRETS_OF_ANN[0], self.read("/v2/entities/acme/task_queue/mail/history"))
        self.assertEqual(self.erase("ann", "let", "RELEASE")["status"], "DONE")
        first = self.erase("ann", "yes", "ANONYMIZE")
        self.assertTrue(json.loads(first["certificate"]["certificate"])["display"].startswith("anon-"))
        self.assertEqual(self.erase("ann", "again")["certificate"], first["certificate"])
        self.assertEqual(self.erase("nobody", "who")["code"], "NOT_FOUND")
        # What is written about her later is sealed under a new key, and can be erased in turn.
        self.enqueue("ann", SECRETS_OF_ANN[1])
        self.assertIn(SECRETS_OF_ANN[1], self.read("/v2/entities/acme/task_queue/mail/history"))
        last = self.erase("ann", "once_more")
        self.assertEqual(last["status"], "DONE")
        self.assertNotEqual(last["certificate"], first["certificate"])
        self.assertNotIn(SECRETS_OF_ANN[1], self.read("/v2/entities/acme/task_queue/mail/history"))

    @proves("GDP-08")
    def test_an_older_key_store_does_not_bring_anybody_back(self):
        self.start()
        self.enqueue("ann", SECRETS_OF_ANN[0])
        self.enqueue("bob", "bob stays")
        self.stop()
        shutil.copytree(self.data, self.place / "backup")
        self.start()
        self.erase("ann", "r")
        self.stop()
        shutil.rmtree(self.data)
        shutil.copytree(self.place / "backup", self.data)     # journal, keys and ledger as they were before
        self.start()
        history = self.read("/v2/entities/acme/task_queue/mail/history")
        self.assertNotIn(SECRETS_OF_ANN[0], history)
        self.assertIn('"redacted"', history)
        self.assertIn("bob stays", history)
        self.stop()
        # Without the newest ledger the key store knows of more erasures than are listed: no start.
        shutil.rmtree(self.second)
        (self.data / "shreds" / "shreds.ndjson").write_text("")
        code, why = self.refused_start("--set", f"privacy.shred_ledgers={self.second}")
        self.assertEqual(code, 65, why)
        self.assertIn("ledger", why)
        self.start("--set", "privacy.accept_shred_gap=true")
        self.assertIn('alert_active{alert="SHRED_GAP"} 1', self.read("/metrics"))

    @proves("GDP-07", "ENG-A17")
    def test_a_killed_node_finishes_what_it_began(self):
        self.start()
        for n in range(8):
            self.enqueue(f"person{n}", f"{SECRETS_OF_ANN[n]}")
        for n in range(8):
            self.command(f"acme/gdpr_request/r{n}", "request", subject_id=f"person{n}", kind="DELETE")
            time.sleep(0.013 * n)     # somewhere else in the erasure each time; any place must do
            self.kill()
            self.start()
        for n in range(8):
            self.assertEqual(self.settled(f"r{n}")["status"], "DONE")
        history = self.read("/v2/entities/acme/task_queue/mail/history?limit=1000")
        for secret in SECRETS_OF_ANN:
            self.assertNotIn(secret, history)
        self.stop()
        ledger = [json.loads(line) for line in (self.data / "shreds" / "shreds.ndjson").read_text().splitlines()]
        self.assertEqual([line["n"] for line in ledger], list(range(1, len(ledger) + 1)))
        self.assertEqual((self.second / "shreds.ndjson").read_text(), (self.data / "shreds" / "shreds.ndjson").read_text())
        self.assertTrue(json.loads(self.offline("journal", "verify"))["ok"])

    @proves("GDP-01")
    def test_the_command_line_asks_waits_and_verifies(self):
        self.start()
        self.enqueue("ann", SECRETS_OF_ANN[0])
        subject = self.place / "subject"
        subject.write_text("ann\n")
        asked = json.loads(self.logline("gdpr", "request", "-t", "acme", "-s", f"@{subject}").stdout)["request_id"]
        self.assertEqual(self.settled(asked)["status"], "DONE")
        self.assertEqual(json.loads(self.logline("gdpr", "status", "-t", "acme", "-i", asked).stdout)["kind"], "DELETE")
        certificate = self.place / "certificate"
        certificate.write_text(self.logline("gdpr", "certificate", "-t", "acme", "-i", asked).stdout)
        self.assertEqual(json.loads(self.offline("gdpr", "verify", certificate))["request"], f"acme/gdpr_request/{asked}")
        stream = self.read("/v2/entities/acme/timeline/gdpr/history")
        self.assertIn(asked, stream)
        self.assertNotIn('"ann"', stream)

    @proves("GDP-06", "GDP-08", "BAK-13")
    def test_a_restore_brings_the_keys_back_and_nobody_erased(self):
        copies, backups, restored = self.place / "key_copies", self.place / "backups", self.place / "restored"
        self.start("--set", f"privacy.key_copies={copies}", "--set", "privacy.key_copy_s=1")
        self.enqueue("ann", SECRETS_OF_ANN[0])
        self.enqueue("bob", "bob stays")
        before = set(copies.glob("keystore-*Z"))
        deadline = time.monotonic() + 30
        while not set(copies.glob("keystore-*Z")) - before:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        copy = self.place / "older_keys"
        shutil.copytree(max(copies.glob("keystore-*Z")), copy)     # with ann's key
        self.erase("ann", "r")
        self.stop()
        self.offline("backup", "now", "--dir", backups)
        arguments = ["restore", "--from", backups, "--target", restored, "--keys", self.data / "keys", "--keystore", copy]
        self.assertIn("SHREDS_MISSING", self.offline(*arguments, code=4))
        self.offline(*arguments, "--shreds", self.second)
        shutil.rmtree(self.data)
        restored.rename(self.data)
        self.start()
        history = self.read("/v2/entities/acme/task_queue/mail/history")
        self.assertIn("bob stays", history)
        self.assertNotIn(SECRETS_OF_ANN[0], history)
        self.assertIn('"redacted"', history)


if __name__ == "__main__":
    main()
