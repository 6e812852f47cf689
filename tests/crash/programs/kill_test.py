"""kill -9 of the real daemon at random moments under load: what it acknowledged is checked against the reopened journal."""
import collections
import concurrent.futures
import http.client
import json
import os
import pathlib
import random
import subprocess
import tempfile
import threading
import unittest

from tagged import main, proves

PROGRAMS = pathlib.Path(os.environ["LOGLINE_BIN"])
ROUNDS = int(os.environ.get("LOGLINE_CRASH_ROUNDS", "100"))
SEED = int(os.environ.get("LOGLINE_CRASH_SEED", random.randrange(1 << 32)))
CLIENTS = 4


class killed_node(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data = pathlib.Path(folder.name) / "data"
        self.log = open(pathlib.Path(folder.name) / "log", "ab")
        self.addCleanup(self.log.close)
        self.draws = random.Random(SEED)
        self.acknowledged = {}    # key → (entity, gseq, eseq)
        self.open_requests = []   # (key, entity) that got no answer
        self.serial = 0
        self.lock = threading.Lock()
        print(f"LOGLINE_CRASH_SEED={SEED} rounds={ROUNDS}")

    def start(self):
        self.node = subprocess.Popen([PROGRAMS / "loglined", "--data", self.data, "--set", "gateway.listen=127.0.0.1:0", "--set",
                                      "snapshot.every=20", "--set", "ndjson.shard_bytes=65536"], stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.addCleanup(self.node.stdout.close)
        line = self.node.stdout.readline()
        self.assertTrue(line, "the node did not come back")
        ready = json.loads(line)
        self.port = int(ready["http"].rsplit(":", 1)[1])
        self.token = (self.data / "founder.token").read_text().strip()
        return ready

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def enqueue(self, connection, key, entity):
        """True once acknowledged; False when the node went away before it answered."""
        try:
            connection.request("POST", f"/v2/entities/{entity}/enqueue", json.dumps({"kind": "noop", "payload": {"key": key}}),
                               {"Content-Type": "application/json", "Authorization": "Bearer " + self.token, "Idempotency-Key": key})
            answer = connection.getresponse()
            said = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            return False
        if answer.status == 503:
            return False
        self.assertEqual(answer.status, 200, said)
        with self.lock:
            known = self.acknowledged.setdefault(key, (entity, said["position"]["gseq"], said["eseq"]))
        self.assertEqual(known, (entity, said["position"]["gseq"], said["eseq"]), "a repeat got another answer")
        return True

    def client(self, number, repeats):
        connection = self.connection()
        for key, entity in repeats:
            if not self.enqueue(connection, key, entity):
                with self.lock:
                    self.open_requests.append((key, entity))
        while True:
            with self.lock:
                self.serial += 1
                key = f"k{self.serial}"
            entity = f"t/task_queue/q{number}"
            if not self.enqueue(connection, key, entity):
                with self.lock:
                    self.open_requests.append((key, entity))
                return connection.close()

    def round(self):
        repeats, self.open_requests = self.open_requests, []
        enough = len(self.acknowledged) + self.draws.randrange(1, 60)
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            clients = [pool.submit(self.client, n, repeats[n::CLIENTS]) for n in range(CLIENTS)]
            while len(self.acknowledged) < enough and not any(c.done() for c in clients):
                pass
            self.node.kill()
            self.node.wait()
            for c in clients:
                c.result()

    def records(self):
        """As the running node gives them: payloads are sealed in every file."""
        position = 1
        connection = self.connection()
        while True:
            connection.request("GET", f"/v2/log?from={position}&limit=1000", headers={"Authorization": "Bearer " + self.token})
            lines = connection.getresponse().read().splitlines()
            if not lines:
                return connection.close()
            for line in lines:
                record = json.loads(line)
                position = record["gseq"] + 1
                yield record

    @proves("JRN-02", "JRN-03", "ENG-03", "REP-04", "MIR-01")
    def test_loses_and_doubles_nothing_that_it_acknowledged(self):
        for _ in range(ROUNDS):
            head = self.start()["gseq"]
            self.assertGreaterEqual(head, max((gseq for _, gseq, _ in self.acknowledged.values()), default=0))
            self.round()
        self.start()
        connection = self.connection()
        for key, entity in self.open_requests:
            self.assertTrue(self.enqueue(connection, key, entity))
        connection.request("GET", "/v2/log/state", headers={"Authorization": "Bearer " + self.token})
        live = json.loads(connection.getresponse().read())
        connection.close()
        records = list(self.records())
        self.node.terminate()
        self.assertEqual(self.node.wait(timeout=40), 0)

        def offline(*arguments, group="journal"):
            done = subprocess.run([PROGRAMS / "logline", group, *arguments, "--data", self.data], capture_output=True, text=True,
                                  check=False)
            self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
            return done.stdout

        offline("verify")
        self.assertEqual(json.loads(offline("hash")), live)
        mirrored = json.loads(offline("verify", "--output", "json", group="mirror"))
        self.assertEqual((mirrored["equal"], mirrored["records"]), (True, live["gseq"]))
        executed = collections.Counter()
        for record in records:
            if record["event"] != "task_enqueued":
                continue
            key = record["payload"]["payload"]["key"]
            executed[key] += 1
            entity = f"{record['tenant']}/{record['type']}/{record['key']}"
            self.assertEqual(self.acknowledged[key], (entity, record["gseq"], record["eseq"]))
        self.assertEqual(set(executed), set(self.acknowledged))
        self.assertEqual(set(executed.values()), {1})
        print(f"{len(executed)} commands acknowledged over {ROUNDS} kills, each journaled once")


if __name__ == "__main__":
    main()
