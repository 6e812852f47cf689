"""The daemon and the command line as a user meets them: start, use, break, restart."""
import json
import os
import pathlib
import subprocess
import unittest

from node_case import PROGRAMS, node_case
from tagged import main, proves

SOURCE = pathlib.Path(os.environ["LOGLINE_SOURCE"])


class the_node(node_case):
    def test_says_when_it_serves_and_stops_when_told(self):
        ready = self.start()
        self.assertEqual(ready["event"], "ready")
        self.assertEqual(ready["pid"], self.process.pid)
        self.assertEqual((ready["gseq"], ready["https"], ready["zmq"]), (0, None, None))
        self.assertEqual((self.data / "founder.token").stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.request("/readyz", token=False)[0], 200)
        self.assertEqual(self.stop(), 0)

    def test_stops_in_time_while_a_worker_waits_for_tasks(self):
        self.start()
        with subprocess.Popen([PROGRAMS / "logline", "--url", self.ready["http"], "--token-file", self.data / "founder.token", "do",
                               "t/task_queue/q", "lease", "worker_id=w", "wait_ms=30000"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True) as waiting:
            while "logline_commands_in_flight 1" not in self.request("/metrics", token=False)[2].decode():
                pass
            self.assertEqual(self.stop(), 0)
            waiting.communicate(timeout=40)
            self.assertNotEqual(waiting.returncode, 0)

    @proves("JRN-03", "REP-04", "ENG-03")
    def test_remembers_across_a_kill(self):
        self.start()
        first = json.loads(self.logline("do", "acme/task_queue/email", "enqueue", "kind=send", "--idempotency-key", "k1").stdout)
        state = json.loads(self.logline("show", "acme/task_queue/email").stdout)
        self.process.kill()
        self.process.wait()
        self.assertEqual(self.start()["gseq"], 1)
        again = json.loads(self.logline("do", "acme/task_queue/email", "enqueue", "kind=send", "--idempotency-key", "k1").stdout)
        self.assertEqual((again["reply"], again["position"]), (first["reply"], first["position"]))
        self.assertEqual(json.loads(self.logline("show", "acme/task_queue/email").stdout)["hash"], state["hash"])
        live = json.loads(self.request("/v2/log/state")[2])
        self.assertEqual(self.stop(), 0)
        self.assertEqual(json.loads(self.offline("hash")), live)

    def test_keeps_others_out_of_its_directory(self):
        self.start()
        code, said = self.refused_start()
        self.assertEqual(code, 65)
        self.assertIn("another process", said)

    def test_names_what_is_wrong_with_its_configuration(self):
        config = self.place / "node.toml"
        config.write_text('[gateway]\nlisten = "127.0.0.1:0"\nmax_bodi = 5\n')
        for arguments, code, part in [(["--config", config], 78, "line 3: gateway.max_bodi"), (["--set", "no.such=1"], 78, "no.such"),
                                      (["--set", "gateway.listen=10.0.0.1:1"], 78, "loopback"), (["--sat"], 64, "--sat"),
                                      (["--config", self.place / "none.toml"], 78, "CONFIG_MISSING")]:
            with self.subTest(arguments):
                got, said = self.refused_start(*arguments)
                self.assertEqual(got, code)
                self.assertIn(part, said)
        (self.place / "file").write_text("")
        self.data = self.place / "file" / "data"
        self.assertEqual(self.refused_start()[0], 73)

    @proves("JRN-08")
    def test_refuses_damage_and_says_how_to_look(self):
        self.start()
        for i in range(20):
            self.logline("do", "acme/task_queue/email", "enqueue", "kind=send", f'payload={{"n":{i}}}')
        self.assertEqual(self.stop(), 0)
        self.offline("verify")
        biggest = max((f for f in self.data.rglob("*") if f.suffix in (".sst", ".log")), key=lambda f: f.stat().st_size)
        content = bytearray(biggest.read_bytes())
        content[len(content) // 2] ^= 4
        biggest.write_bytes(content)
        code, said = self.refused_start()
        self.assertEqual(code, 65)
        self.assertIn("logline journal verify --data", said)
        self.offline("verify", code=4)


class bad_input(node_case):
    """Each mistake has its own code, and none is journaled."""

    def test_has_its_own_answer(self):
        self.start()
        enqueue = "/v2/entities/acme/task_queue/email/enqueue"
        self.assertEqual(self.request(enqueue, {"kind": "send"}, headers={"Idempotency-Key": "k"})[0], 200)
        self.assertEqual(self.request("/v2/entities/acme/connector/inbox/open", {"secret": "long enough"})[0], 200)
        head = self.head()
        table = [
            ("malformed JSON", enqueue, b'{"kind":', {}, 400, "INVALID_INPUT"),
            ("duplicate key", enqueue, b'{"kind":"a","kind":"b"}', {}, 400, "INVALID_INPUT"),
            ("unknown field", enqueue, {"kind": "send", "colour": 1}, {}, 400, "INVALID_INPUT"),
            ("wrong type", enqueue, {"kind": 7}, {}, 400, "INVALID_INPUT"),
            ("out of range", enqueue, {"kind": "send", "max_attempts": 51}, {}, 400, "INVALID_INPUT"),
            ("body over the limit", enqueue, b" " * (2 << 20), {}, 413, "PAYLOAD_TOO_LARGE"),
            ("unknown entity type", "/v2/entities/acme/no_such/email/enqueue", {}, {}, 404, "UNKNOWN_TYPE"),
            ("unknown command", "/v2/entities/acme/task_queue/email/no_such", {}, {}, 404, "UNKNOWN_COMMAND"),
            ("bad address", "/v2/entities/ACME/task_queue/email/enqueue", {"kind": "send"}, {}, 400, "INVALID_INPUT"),
            ("wrong expected eseq", enqueue, {"kind": "send"}, {"X-Expected-Eseq": "7"}, 409, "CONFLICT"),
            ("reused key, other body", enqueue, {"kind": "other"}, {"Idempotency-Key": "k"}, 409, "IDEMPOTENCY_MISMATCH"),
            ("no token", enqueue, {"kind": "send"}, {"Authorization": "Bearer wrong"}, 401, "UNAUTHORIZED"),
            ("bad signature", "/webhook/acme/inbox", b"{}", {"X-Hub-Signature-256": "sha256=00"}, 401, "SIGNATURE_INVALID"),
            ("wrong content type", enqueue, {"kind": "send"}, {"Content-Type": "text/plain"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ]
        for name, path, body, headers, status, code in table:
            with self.subTest(name):
                got, _, said = self.request(path, body, token="Authorization" not in headers, headers=headers)
                said = json.loads(said)
                self.assertEqual((got, said["code"]), (status, code))
                self.assertTrue(said["message"])
                self.assertTrue(said["traceId"])
        self.assertEqual(self.head(), head)

    def test_overload_is_refused_with_a_time_to_come_back(self):
        self.start("--set", "gateway.in_flight_max=1", "--set", "engine.worker=false")
        with subprocess.Popen([PROGRAMS / "logline", "--url", self.ready["http"], "--token-file", self.data / "founder.token", "do",
                               "t/task_queue/q", "lease", "worker_id=w", "wait_ms=30000"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as waiting:
            try:
                while "logline_commands_in_flight 1" not in self.request("/metrics", token=False)[2].decode():
                    pass
                status, headers, said = self.request("/v2/entities/acme/task_queue/email/enqueue", {"kind": "send"})
                self.assertEqual((status, json.loads(said)["code"]), (503, "OVERLOADED"))
                self.assertGreaterEqual(int(headers["Retry-After"]), 1)
            finally:
                waiting.kill()


class a_new_entity_type(node_case):
    def test_is_reachable_everywhere_from_its_description(self):
        self.start()
        flag = "acme/flag/curator.apply_enabled"
        self.assertIn("flag", self.logline("types").stdout)
        self.logline("do", flag, "set", "value=true", "reason=launch")
        status, _, said = self.request(f"/v2/entities/{flag}/set", {"value": 0.5, "reason": "tuned"})
        self.assertEqual((status, json.loads(said)["events"]), (200, [{"name": "flag_set"}]))
        past = json.loads(self.logline("show", flag, "--as-of", "eseq:1").stdout)
        self.assertIs(past["state"]["now"]["with"]["value"], True)
        self.process.kill()
        self.process.wait()
        self.start()
        now = json.loads(self.logline("show", flag).stdout)
        self.assertEqual(now["state"]["now"]["with"]["value"], 0.5)
        self.assertEqual(self.request(f"/v2/entities/{flag}/set", {"value": 1})[0], 400)


class the_main_job(unittest.TestCase):
    @proves("JRN-02", "TSK-06")
    def test_is_shown_by_the_demo(self):
        done = subprocess.run(["python3", SOURCE / "scripts" / "lib" / "demo.py", PROGRAMS, SOURCE / "tests" / "fixtures" / "webhooks"],
                              capture_output=True, text=True, timeout=170, check=False)
        self.assertEqual((done.returncode, done.stdout.splitlines()[-1:]), (0, ["demo ok"]), done.stderr + done.stdout)


if __name__ == "__main__":
    main()
