"""What happened, once more: rebuilt from copies, replayed where nobody acts on it, projections built anew while they are read."""
import datetime
import json
import shutil
import subprocess
import threading
import time

from node_case import PROGRAMS, node_case
from tagged import main, proves


class replay_case(node_case):
    def do(self, address, command, body):
        status, _, answer = self.request(f"/v2/entities/{address}/{command}", body)
        self.assertEqual(status, 200, answer)
        return json.loads(answer)

    def fill(self, count):
        for n in range(count):
            self.do(f"acme/flag/f{n % 17}", "set", {"value": n, "reason": "test"})
        # Due when the node is gone: who works then, works because of the journal alone.
        self.due = time.time() + 5
        run_at = datetime.datetime.fromtimestamp(self.due, datetime.timezone.utc).isoformat()
        tasks = [{"kind": "webhook.process", "payload": {"n": n}, "run_at": run_at} for n in range(20)]
        self.do("acme/task_queue/q", "enqueue_batch", {"tasks": tasks})

    def offline_json(self, *arguments, code=0):
        done = subprocess.run([PROGRAMS / "logline", "--output", "json", *map(str, arguments)], capture_output=True, text=True, timeout=60,
                              check=False)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return json.loads(done.stdout) if code == 0 else done.stderr

    def hash_of(self, data):
        return self.offline_json("journal", "hash", "--data", data)

    @proves("REP-A1", "REP-05")
    def test_a_journal_made_anew_from_either_copy_has_the_same_chain_and_states(self):
        self.start()
        self.fill(60)
        self.assertEqual(self.stop(), 0)
        before = self.hash_of(self.data)
        for copy in ("journal", "ndjson"):
            new = self.place / f"from_{copy}"
            self.offline_json("journal", "import", "--data", new, "--keys", self.data / "keys", f"--{copy}",
                              self.data if copy == "journal" else self.data / "ndjson")
            self.assertEqual(self.hash_of(new), before)
            self.assertTrue(self.offline_json("journal", "rebuild", "--verify", "--data", new)["ok"])
            # Into a place that has a journal nothing is written.
            refused = self.offline_json("journal", "import", "--data", new, "--keys", self.data / "keys", "--ndjson", self.data / "ndjson",
                                        code=1)
            self.assertIn("there is a journal", refused)

    @proves("REP-01", "REP-A1")
    def test_a_replayed_node_shows_everything_and_does_nothing(self):
        self.start()
        self.fill(30)
        self.assertEqual(self.stop(), 0)
        before = self.hash_of(self.data)
        staging = self.place / "staging"
        made = self.offline_json("replay", "--data", self.data, "--into", f"node:{staging}")
        self.assertEqual((made["gseq"], made["chain"]), (before["gseq"], before["chain"]))
        self.assertIn("REFUSED_NOT_EMPTY", self.offline_json("replay", "--data", self.data, "--into", f"node:{staging}", code=1))
        self.data = staging
        self.start("--set", "ndjson.enabled=true", "--set", "engine.worker=true")
        state = json.loads(self.request("/v2/log/state")[2])
        self.assertEqual({k: state[k] for k in before}, before)
        while time.time() < self.due + 1:
            time.sleep(0.1)
        status, _, body = self.request("/v2/entities/acme/task_queue/q/pause", {})
        self.assertEqual((status, json.loads(body)["code"]), (503, "READ_ONLY"))
        status, _, body = self.request("/v2/entities/acme/task_queue/q/stats", {})
        self.assertEqual(status, 200, body)
        self.assertEqual(json.loads(self.request("/v2/mirrors")[2]), {"mirrors": []})
        self.assertEqual(self.head(), before["gseq"])
        self.assertEqual(self.stop(), 0)
        self.assertEqual(self.hash_of(staging), before)
        self.assertFalse((staging / "ndjson").exists())

    @proves("REP-01", "REP-06")
    def test_a_stretch_is_replayed_and_exported(self):
        self.start()
        self.fill(10)
        self.assertEqual(self.stop(), 0)
        out = self.place / "some.ndjson"
        subprocess.run([PROGRAMS / "logline", "replay", "--data", self.data, "--from-gseq", "3", "--to", "6", "--types", "flag", "--into",
                        f"file:{out}"], check=True, capture_output=True, timeout=60)
        self.assertEqual([json.loads(line)["gseq"] for line in out.read_text().splitlines()], [3, 4, 5, 6])
        done = subprocess.run([PROGRAMS / "logline", "journal", "export", "--data", self.data, "--range", "4..5"], capture_output=True,
                              text=True, check=True, timeout=60)
        self.assertEqual([json.loads(line)["gseq"] for line in done.stdout.splitlines()], [4, 5])
        self.assertEqual(self.offline_json("replay", "--data", self.data, "--into", "projection:directory")["projection"], "directory")
        shutil.rmtree(self.data / "ndjson")

    @proves("REP-03")
    def test_an_entity_is_seen_through_time(self):
        self.start()
        first = self.do("acme/flag/dark", "set", {"value": 1, "reason": "a"})["position"]["gseq"]
        self.do("acme/flag/dark", "set", {"value": 2, "reason": "a"})
        events = json.loads(self.logline("entity", "history", "acme/flag/dark").stdout)
        self.assertEqual([e["payload"]["value"] for e in events], [1, 2])
        then = json.loads(self.logline("entity", "state", "acme/flag/dark", "--as-of", f"gseq:{first}").stdout)
        self.assertEqual(then["state"]["now"]["with"]["value"], 1)
        changes = {c["path"]: (c["before"], c["after"])
                   for c in json.loads(self.logline("entity", "diff", "acme/flag/dark", "eseq:1", "now").stdout)}
        self.assertEqual(changes.pop("/now/with/value"), (1, 2))
        self.assertEqual(list(changes), ["/now/with/since"])

    def test_an_auditor_reads_records_proofs_and_exports_over_http(self):
        self.start()
        for n in range(5):
            self.do(f"acme/flag/f{n}", "set", {"value": n, "reason": "test"})
        self.assertEqual(json.loads(self.request("/v2/journal/head")[2])["gseq"], self.head())
        record = json.loads(self.request("/v2/journal/3")[2])
        self.assertEqual((record["gseq"], record["key"]), (3, "f2"))
        proof = json.loads(self.request("/v2/journal/3/proof?tree_size=4")[2])
        self.assertEqual((proof["gseq"], proof["tree_size"]), (3, 4))
        self.assertEqual(proof, json.loads(self.request("/v2/log/proof?gseq=3&tree_size=4")[2]))
        for path, status in (("/v2/journal/0", 400), ("/v2/journal/x", 400), ("/v2/journal/999", 404), ("/v2/journal/999/proof", 404),
                             ("/v2/export?since=yesterday", 400)):
            self.assertEqual(self.request(path)[0], status, path)
        exported = [json.loads(line) for line in self.request("/v2/export?from=2&key=f3")[2].splitlines()]
        self.assertEqual([e["gseq"] for e in exported], [4])
        since = record["at"]
        exported = [json.loads(line) for line in self.request(f"/v2/export?since={since}&type=flag")[2].splitlines()]
        self.assertEqual([e["gseq"] for e in exported], [3, 4, 5])
        until = [json.loads(line) for line in self.request(f"/v2/export?until={since}&type=flag")[2].splitlines()]
        self.assertEqual([e["gseq"] for e in until], [1, 2])

    @proves("REP-A2", "REP-02")
    def test_a_projection_is_built_anew_under_load_and_readers_notice_nothing(self):
        self.start()
        for n in range(200):
            self.do(f"acme/flag/f{n}", "set", {"value": n, "reason": "test"})
        deadline = time.monotonic() + 10
        while len(self.listed()) < 200:
            self.assertLess(time.monotonic(), deadline)
        stop = threading.Event()
        problems = []
        reads = [0]

        def read():
            while not stop.is_set():
                seen = self.listed()
                reads[0] += 1
                if len(seen) < 200:
                    problems.append(f"only {len(seen)} entities")

        def write():
            n = 0
            while not stop.is_set():
                n += 1
                self.do(f"other/flag/t{n}", "set", {"value": n, "reason": "load"})

        threads = [threading.Thread(target=read), threading.Thread(target=read), threading.Thread(target=write)]
        for thread in threads:
            thread.start()
        for _ in range(6):
            done = json.loads(self.logline("projection", "rebuild", "directory").stdout)
            self.assertIsNone(done["rebuild"])
        stop.set()
        for thread in threads:
            thread.join(30)
        self.assertEqual(problems, [])
        self.assertGreater(reads[0], 10)

    def listed(self):
        status, _, body = self.request("/v2/entities?tenant=acme&type=flag&limit=1000")
        self.assertEqual(status, 200, body)
        return json.loads(body)["entities"]


if __name__ == "__main__":
    main()
