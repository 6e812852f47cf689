"""The main job, shown: see scripts/demo. Talks to the programs as any user does: command line, HTTP, signals."""
import collections
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

TENANT = "default"
QUEUE = f"{TENANT}/task_queue/webhooks"
REPEAT = 3
DEADLINE_S = 120


def say(text):
    print(text, flush=True)


def fail(text):
    raise SystemExit(f"demo failed: {text}")


class Node:
    """One life after another of loglined on one data directory and port."""

    def __init__(self, programs, data, *settings):
        self.programs, self.data, self.process, self.ready = programs, data, None, None
        self.settings = settings

    def start(self):
        port = self.ready["http"].rsplit(":", 1)[1] if self.ready else "0"
        self.process = subprocess.Popen(
            [self.programs / "loglined", "--data", self.data, "--set", f"gateway.listen=127.0.0.1:{port}", "--set", "node.site=demo",
             *self.settings],
            stdout=subprocess.PIPE, stderr=open(self.data.parent / "loglined.log", "ab"), text=True)
        line = self.process.stdout.readline()
        if not line:
            fail("the node did not start: " + (self.data.parent / "loglined.log").read_text()[-2000:])
        self.ready = json.loads(line)
        return self.ready

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(timeout=40) != 0:
            fail(f"the node exited with {self.process.returncode} on SIGTERM")

    def get(self, path):
        token = (self.data / "founder.token").read_text().strip()
        request = urllib.request.Request(self.ready["http"] + path, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=40) as answer:
            return answer.read().decode()

    def head(self):
        return json.loads(self.get("/v2/log/head"))["gseq"]

    def records(self):
        position = 1
        while True:
            lines = self.get(f"/v2/log?from={position}&limit=1000").splitlines()
            if not lines:
                return
            for line in lines:
                record = json.loads(line)
                position = record["gseq"] + 1
                yield record


def logline(programs, environment, *arguments, check=True):
    done = subprocess.run([programs / "logline", *map(str, arguments)], env=environment, capture_output=True, text=True)
    if check and done.returncode != 0:
        fail(f"logline {' '.join(map(str, arguments))} exited with {done.returncode}: {done.stderr}{done.stdout}")
    return done


def ingest(programs, environment, node, connector, folder):
    return subprocess.Popen([programs / "logline", "--url", node.ready["http"], "--token-file", node.data / "founder.token", "--output", "json",
                             "ingest", "--tenant", TENANT, "--connector", connector, "--repeat", str(REPEAT), folder],
                            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def feed(node, connector, folder, programs, environment, kill):
    """Sends a folder; when `kill` is set, the node dies in mid-stream and comes back while the sender goes on."""
    files = sum(1 for _ in folder.rglob("*.json"))
    before = node.head()
    sender = ingest(programs, environment, node, connector, folder)
    killed_at = None
    if kill:
        while sender.poll() is None and killed_at is None:
            head = node.head()
            if head >= before + max(2, files // 2):
                node.kill()
                killed_at = head
        if killed_at is None:
            fail("the stream was over before the node could be killed")
        say(f"  kill -9 at gseq {killed_at}, with deliveries in flight")
        ready = node.start()
        say(f"  back in {ready['recovered_ms']} ms at gseq {ready['gseq']}: everything acknowledged is there")
        if ready["gseq"] < killed_at:
            fail(f"gseq {killed_at} had been served and is gone")
    out, err = sender.communicate(timeout=DEADLINE_S)
    if sender.returncode != 0:
        fail(f"ingest of {connector}: exit {sender.returncode}: {err}{out}")
    said = json.loads(out)
    say(f"  {connector}: {said['accepted']} accepted, {said['duplicates']} duplicates, {said['failed']} failed, {said['rate']:.0f}/s")
    return files, said


def wait_for_tasks(node, deliveries):
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        done = sum(1 for r in node.records() if r["event"] == "task_completed")
        if done >= deliveries:
            return
        time.sleep(0.2)
    fail(f"not all of {deliveries} tasks were done in {DEADLINE_S} s")


def show_beginning(records):
    say("\nWhat the actors did, from the journal (first 12 of {} records):".format(len(records)))
    for r in records[:12]:
        say(f"  gseq {r['gseq']:>4}  {r['type'] + '/' + r['key']:<32} eseq {r['eseq']:>3}  {r['event']:<26} by {r['principal']}")


def exactly_once(records, deliveries):
    """Each delivery: one event, one timeline entry, one task completed once, one entry about its processing."""
    def ids(event, key_prefix="", of=lambda r: r["payload"]["delivery_id"]):
        return collections.Counter(of(r) for r in records if r["event"] == event and r["key"].startswith(key_prefix))

    in_payload = lambda r: r["payload"]["payload"]["delivery_id"]
    received = collections.Counter((r["key"], r["payload"]["delivery_id"]) for r in records if r["event"] == "delivery_received")
    if len(received) != deliveries or set(received.values()) != {1}:
        fail(f"{deliveries} deliveries were sent, {len(received)} differ, {sum(received.values())} events")
    wanted = set(delivery for _, delivery in received)
    for what, seen in {"timeline entries": ids("timeline_event_appended", "webhooks.", in_payload),
                       "tasks": ids("task_enqueued", "webhooks", in_payload),
                       "effects": ids("timeline_event_appended", "processed.", in_payload)}.items():
        if set(seen) != wanted or sum(seen.values()) != deliveries:
            fail(f"{what}: {sum(seen.values())} for {deliveries} deliveries")
    completed = collections.Counter(r["payload"]["task_id"] for r in records if r["event"] == "task_completed")
    if len(completed) != deliveries or set(completed.values()) != {1}:
        fail(f"{len(completed)} tasks completed {sum(completed.values())} times for {deliveries} deliveries")


def postgres_settings(server):
    return ("--set", "pg.url=" + server.url(), "--set", f"pg.password_file={server.password_file}") if server else ()


def mirror_options(node, server):
    """Each mirror by name, as `logline journal import` is told of it once the data directory is gone."""
    kept = node.data.parent / "kept"
    options = {"ndjson": ("--ndjson", kept / "ndjson")}
    if server:
        options["postgres"] = ("--postgres", server.url(), "--password-file", server.password_file)
    return options


def compare(programs, environment, node, server):
    """Journal and mirrors, by hashes; how many records each mirror holds."""
    options = ("--postgres", server.url(), "--password-file", server.password_file) if server else ()
    verdict = json.loads(logline(programs, environment, "mirror", "verify", "--data", node.data, "--output", "json", *options).stdout)
    if not verdict["equal"]:
        fail(f"a mirror differs from the journal: {verdict}")
    return {mirror["mirror"]: mirror["records"] for mirror in verdict.get("mirrors", [verdict])}


def rebuild(programs, environment, node, place, copies, hashed):
    """Deletes the data directory and makes the journal anew from each copy alone; the keys are all that is kept beside them."""
    kept = place / "kept"
    kept.mkdir()
    for name in ("keys", "ndjson"):
        shutil.move(node.data / name, kept / name)
    shutil.rmtree(node.data)
    states = {}
    for name, options in copies.items():
        anew = place / f"anew-{name}"
        logline(programs, environment, "journal", "import", "--data", anew, "--keys", kept / "keys", *options)
        again = json.loads(logline(programs, environment, "journal", "hash", "--data", anew).stdout)
        if again != hashed:
            fail(f"the journal made anew from {name}, {again}, differs from the lost one, {hashed}")
        states[name] = again["state"]
    return states


def run(programs, source, place, server):
    environment = dict(os.environ, LOGLINE_HOME=str(place / "home"))
    node = Node(programs, place / "data", *postgres_settings(server))
    try:
        ready = node.start()
        say(f"node {ready['pid']} serves {ready['http']}, data in a temporary directory\n")
        folders = sorted(d for d in source.iterdir() if d.is_dir() and any(d.rglob("*.json"))) or [source]
        say(f"Deliveries come in, each {REPEAT} times:")
        files = accepted = duplicates = 0
        for index, folder in enumerate(folders):
            count, said = feed(node, folder.name, folder, programs, environment, kill=index == 0)
            files, accepted, duplicates = files + count, accepted + said["accepted"], duplicates + said["duplicates"]
        records = [r for r in node.records() if r["event"] == "delivery_received"]
        deliveries = len(records)
        wait_for_tasks(node, deliveries)
        records = list(node.records())
        show_beginning(records)
        exactly_once(records, deliveries)
        live = json.loads(node.get("/v2/log/state"))
        node.stop()
        verified = logline(programs, environment, "journal", "verify", "--data", node.data)
        hashed = json.loads(logline(programs, environment, "journal", "hash", "--data", node.data).stdout)
        if (live["gseq"], live["root"], live["chain"], live["state"]) != (hashed["gseq"], hashed["root"], hashed["chain"], hashed["state"]):
            fail(f"live {live} differs from replayed {hashed}")
        copies = mirror_options(node, server)
        compared = compare(programs, environment, node, server)
        digests = rebuild(programs, environment, node, place, copies, hashed)
    finally:
        if node.process and node.process.poll() is None:
            node.kill()
    rows = [("files sent", f"{files} x {REPEAT}"), ("accepted / duplicates", f"{accepted} / {duplicates}"),
            ("deliveries journaled", deliveries), ("tasks done, each once", deliveries), ("records", live["gseq"]),
            ("entities", live["entities"]), ("journal verify", verified.stdout.strip().splitlines()[-1] if verified.stdout.strip() else "clean"),
            ("live state", live["state"][:32] + "…"), ("replay from gseq 1", hashed["state"][:32] + "…"), ("Merkle root", live["root"][:32] + "…"),
            *((f"mirror {name}", f"equal: {records} records") for name, records in compared.items()),
            *((f"anew from {name} alone", state[:32] + "…") for name, state in digests.items())]
    say("\n" + "\n".join(f"  {name:<28}{value}" for name, value in rows))
    say("\ndemo ok")


def main():
    programs, source = map(pathlib.Path, sys.argv[1:3])
    place = pathlib.Path(tempfile.mkdtemp(prefix="logline-demo-"))
    try:
        with contextlib.ExitStack() as servers:
            server = None
            if "--postgres" in sys.argv[3:]:
                os.environ["LOGLINE_BIN"] = str(programs)
                sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/fixtures"))
                from postgres_case import postgres_server
                server = servers.enter_context(postgres_server())
            run(programs, source, place, server)
    finally:
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    main()
