"""A node, and clients that send it work at a steady pace: for benchmarks that run the programs."""
import http.client
import json
import os
import pathlib
import subprocess
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(os.environ.setdefault("LOGLINE_BIN", str(ROOT / "build/release/bin")))


class node:
    def __init__(self, place, server, *settings):
        self.data = place / "data"
        self.process = subprocess.Popen(
            [PROGRAMS / "loglined", "--data", self.data, "--set", "gateway.listen=127.0.0.1:0", "--set", f"pg.url={server.url()}",
             "--set", f"pg.password_file={server.password_file}", *settings],
            stdout=subprocess.PIPE, stderr=open(place / "log", "ab"), text=True)
        self.ready = json.loads(self.process.stdout.readline())
        self.token = (self.data / "founder.token").read_text().strip()
        self.port = urllib.parse.urlparse(self.ready["http"]).port

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=60)

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
