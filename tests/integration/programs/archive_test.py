"""The archive as an operator meets it: written by the node, recorded as events, read without the node."""
import json
import os
import shutil
import subprocess
import threading

import s3_server
from node_case import PROGRAMS, node_case
from tagged import main, proves

KEY_ID, SECRET = "AKIDNODE", "a/secret+of-40-characters"


class archiving_node(node_case):
    def begin(self, url):
        self.url = url
        self.start("--set", "ndjson.shard_bytes=65536", "--set", f"archive.url={url}")

    def enqueue(self, count, queue="q"):
        tasks = [{"kind": "noop", "payload": {"n": i, "text": os.urandom(100).hex()}} for i in range(count)]
        status, _, body = self.request(f"/v2/entities/acme/task_queue/{queue}/enqueue_batch", {"tasks": tasks})
        self.assertEqual(status, 200, body)

    def run_archive(self, *more, code=0):
        return self.logline("archive", "run", *more, code=code)

    def tool(self, *arguments, code=0):
        done = subprocess.run([PROGRAMS / "logline", "--output", "json", "archive", *map(str, arguments), "--from-url", self.url, "--keys",
                               self.data / "keys"], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return json.loads(done.stdout) if code == 0 else done.stderr

    def history(self):
        return [record["event"] for record in json.loads(self.logline("history", "system/archive/0").stdout)]

    @proves("ARC-01", "ARC-02", "ARC-04")
    def test_a_range_is_archived_proven_and_read_back(self):
        self.begin(f"dir:{self.place / 'archive'}")
        self.enqueue(200)
        self.enqueue(5, "other")
        self.assertEqual(json.loads(self.run_archive("--to-gseq", 150).stdout), {"archived_to": 150, "ranges": 1})
        self.assertEqual(json.loads(self.run_archive("--to-gseq", 205).stdout), {"archived_to": 205, "ranges": 2})
        self.assertEqual([name for name in self.history() if name == "range_archived"], ["range_archived"] * 2)
        units = self.tool("list")
        self.assertEqual([(unit["first_gseq"], unit["last_gseq"]) for unit in units], [(1, 150), (151, 205)])
        self.assertEqual(self.tool("verify"), {"units": 2, "checked": 2, "sound": True, "last_gseq": 205})
        shown = json.loads(self.logline("show", "acme/task_queue/q", "--as-of", "gseq:120").stdout)
        state = self.tool("state", "acme/task_queue/q", "--as-of", "gseq:120")
        self.assertEqual((state["eseq"], state["hash"]), (shown["eseq"], shown["hash"]))
        self.assertEqual(len(self.tool("query", "--tenant", "acme", "--type", "task_queue", "--key", "other")), 5)
        self.assertEqual(self.stop(), 0)

        # Without the node: a part comes back as a copy of its own, and all of it makes the journal anew.
        self.assertGreaterEqual(self.tool("fetch", "--to", self.place / "all")["shards"], 2)
        new = self.place / "new"
        shutil.copytree(self.data / "keys", new / "keys")
        done = subprocess.run([PROGRAMS / "logline", "--output", "json", "journal", "import", "--data", new, "--ndjson", self.place / "all"],
                              capture_output=True, text=True, timeout=60, check=True)
        self.assertEqual(json.loads(done.stdout)["gseq"], 205)
        self.assertEqual(json.loads(done.stdout)["chain"], units[1]["hash"])

        victim = next((self.place / "archive").rglob("*.zst"))
        whole = victim.read_bytes()
        victim.write_bytes(whole[:50] + bytes([whole[50] ^ 1]) + whole[51:])
        self.assertIn(victim.name, self.tool("verify", code=4))

    @proves("ARC-03")
    def test_a_place_that_is_away_gets_nothing_recorded(self):
        server = s3_server.make_server(self.place / "objects", "old", KEY_ID, SECRET, page=2)
        self.addCleanup(server.server_close)
        port = server.server_address[1]
        (self.data / "keys").mkdir(mode=0o700, parents=True)
        os.chmod(self.data, 0o700)
        key = self.data / "keys" / "s3.key"
        key.touch(mode=0o600)
        key.write_text(f"{KEY_ID}\n{SECRET}\n")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        self.begin(f"s3:http://127.0.0.1:{port}/old/logs")
        self.enqueue(100)
        server.faults = [{"status": 403, "code": "AccessDenied"}] * 40
        self.assertIn("AccessDenied", self.run_archive("--to-gseq", 90, code=1).stderr)
        self.assertNotIn("range_archived", self.history())
        self.assertIn("ARCHIVE_FAIL", (self.place / "log").read_text())
        server.faults = [{}, {"status": 503, "retry_after": 1}, {"cut": True}]
        self.assertEqual(json.loads(self.run_archive("--to-gseq", 90).stdout)["archived_to"], 90)
        stored = {path.name: path.read_bytes() for path in (self.place / "objects").iterdir()}
        self.run_archive("--to-gseq", 95)
        self.assertEqual({name: (self.place / "objects" / name).read_bytes() for name in stored}, stored)
        self.assertEqual(self.tool("verify")["sound"], True)
        self.assertEqual(self.stop(), 0)
        self.assertNotIn(SECRET, (self.place / "log").read_text())


if __name__ == "__main__":
    main()
