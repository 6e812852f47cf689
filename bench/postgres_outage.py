"""What commands notice of a PostgreSQL mirror that is away for minutes, and how it catches up (journal MIR-A3).

    scripts/bench postgres_outage [--rate 2000] [--away 600]

Steady load of single commands over HTTP, `rate` events a second in requests of --batch tasks: half a minute with the
server, `away` seconds without, then until the mirror is level, the load going on. Prints one JSON line: latency of
requests with and without the server, memory of the node, how long catching up took, and whether the server then holds
each record once."""
import argparse
import http.client
import json
import os
import pathlib
import sys
import tempfile
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
os.environ.setdefault("LOGLINE_BIN", str(ROOT / "build/release/bin"))
sys.path.insert(0, str(ROOT / "tests/fixtures"))

from postgres_case import postgres_server  # noqa: E402  (the path is only known now)
import subprocess  # noqa: E402

CALM_S = 30


class node:
    def __init__(self, place, server):
        self.data = place / "data"
        self.process = subprocess.Popen(
            [pathlib.Path(os.environ["LOGLINE_BIN"]) / "loglined", "--data", self.data, "--set", "gateway.listen=127.0.0.1:0",
             "--set", f"pg.url={server.url()}", "--set", f"pg.password_file={server.password_file}"],
            stdout=subprocess.PIPE, stderr=open(place / "log", "ab"), text=True)
        self.ready = json.loads(self.process.stdout.readline())
        self.token = (self.data / "founder.token").read_text().strip()
        self.port = urllib.parse.urlparse(self.ready["http"]).port

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def resident_mb(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise ProcessLookupError("the node is gone")

    def figure(self, name):
        link = self.connection()
        link.request("GET", "/metrics", headers={"Authorization": f"Bearer {self.token}"})
        for line in link.getresponse().read().decode().splitlines():
            if line.startswith(name):
                return float(line.rsplit(" ", 1)[1])
        raise KeyError(name)


class load(threading.Thread):
    """Requests at a steady pace; each takes its time from when it was due, so that a stall counts for all it delays."""

    def __init__(self, of, rate, batch):
        super().__init__(daemon=True)
        self.of, self.pause, self.batch = of, batch / rate, batch
        self.phase, self.taken, self.failed, self.sent, self.over = "calm", {}, 0, 0, False

    def run(self):
        link = self.of.connection()
        body = json.dumps({"tasks": [{"kind": "bench.noop", "payload": {"text": "x" * 200}}] * self.batch})
        headers = {"Authorization": f"Bearer {self.of.token}", "Content-Type": "application/json"}
        due = time.monotonic()
        while not self.over:
            time.sleep(max(0.0, due - time.monotonic()))
            link.request("POST", f"/v2/entities/acme/task_queue/q{self.sent % 50}/enqueue_batch", body, headers)
            answer = link.getresponse()
            answer.read()
            self.failed += answer.status != 200
            self.taken.setdefault(self.phase, []).append(time.monotonic() - due)
            self.sent += 1
            due += self.pause

    def share(self, phase, part):
        times = sorted(self.taken[phase])
        return round(times[min(len(times) - 1, int(len(times) * part))] * 1e6)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--rate", type=int, default=2000)
    options.add_argument("--away", type=int, default=600)
    options.add_argument("--batch", type=int, default=10)
    options = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, postgres_server() as server:
        one = node(pathlib.Path(folder), server)
        sender = load(one, options.rate, options.batch)
        try:
            sender.start()
            time.sleep(CALM_S)
            calm_mb = one.resident_mb()
            server.stop()
            sender.phase = "away"
            gone = time.monotonic()
            memory = []
            while time.monotonic() - gone < options.away:
                time.sleep(1)
                memory.append(one.resident_mb())
            behind = one.figure('mirror_lag_events{mirror="postgres"}')
            sender.phase = "catching up"
            server.start()
            back = time.monotonic()
            while one.figure('mirror_lag_events{mirror="postgres"}') > options.rate:
                time.sleep(0.2)
            level_s = time.monotonic() - back
            sender.over = True
            sender.join()
            one.process.terminate()
            one.process.wait(timeout=60)
        finally:
            if one.process.poll() is None:
                one.process.kill()
        rows, distinct, last = map(int, server.sql("SELECT count(*), count(DISTINCT gseq), max(gseq) FROM ledger.journal_event").split("|"))
        print(json.dumps({
            "bench": "postgres_outage", "params": vars(options), "value": round(level_s, 1), "unit": "s to be level again",
            "behind_records": behind, "records": last, "exactly_once": rows == distinct == last, "refused_requests": sender.failed,
            "p50_us": {phase: sender.share(phase, 0.5) for phase in sender.taken},
            "p99_us": {phase: sender.share(phase, 0.99) for phase in sender.taken},
            "resident_mb": {"calm": round(calm_mb), "away_first_minute": round(max(memory[:60])), "away_max": round(max(memory))},
            "machine": {"cores": os.cpu_count()}}))


if __name__ == "__main__":
    main()
