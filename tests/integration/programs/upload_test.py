"""Sealed shards go off-site: to a directory, and to a server that speaks S3; nothing is lost where it is away."""
import json
import os
import shutil
import threading
import time
import urllib.request

import s3_server
from node_case import node_case
from tagged import main, proves

KEY_ID, SECRET = "AKIDNODE", "a/secret+of-40-characters"


class uploading_node(node_case):
    def begin(self, url, *more):
        self.start("--set", "ndjson.shard_bytes=65536", "--set", f"ndjson.upload_url={url}", "--set", "ndjson.upload_s=1", *more)

    def enqueue(self, count):
        tasks = [{"kind": "noop", "payload": {"n": i, "text": os.urandom(200).hex()}} for i in range(count)]
        status, _, body = self.request("/v2/entities/acme/task_queue/q/enqueue_batch", {"tasks": tasks})
        self.assertEqual(status, 200, body)

    def figures(self):
        lines = self.request("/metrics", token=False)[2].decode().splitlines()
        return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))

    def until(self, what, seconds=30):
        deadline = time.monotonic() + seconds
        while not what():
            self.assertLess(time.monotonic(), deadline, (self.place / "log").read_text()[-4000:])
            time.sleep(0.05)

    def shards(self):
        return sorted(path.name for path in (self.data / "ndjson").glob("*.ndjson.zst"))

    def all_confirmed(self):
        figures = self.figures()
        return figures['ndjson_shards{state="sealed"}'] == figures['ndjson_shards{state="confirmed"}'] == str(len(self.shards()))

    @proves("NDJ-13")
    def test_to_a_directory(self):
        place = self.place / "off-site"
        self.begin(f"dir:{place}")
        self.enqueue(500)
        self.until(lambda: len(self.shards()) >= 2 and self.all_confirmed())
        kept = sorted(str(path.relative_to(place)) for path in place.rglob("*.zst"))
        day = self.shards()[0][6:16].split("-")
        self.assertEqual(kept[0], f"audit/{day[0]}/{day[1]}/{day[2]}/part-local-00000-0.ndjson.zst")
        self.assertEqual((place / kept[0]).read_bytes(), (self.data / "ndjson" / self.shards()[0]).read_bytes())
        self.assertGreater(int(self.figures()["ndjson_confirmed_gseq"]), 0)
        self.assertIn("pg_ndjson_lag_seconds", self.figures())
        self.assertEqual(self.stop(), 0)

    @proves("NDJ-13", "NDJ-09")
    def test_to_a_server_that_was_away(self):
        server = s3_server.make_server(self.place / "objects", "logs", KEY_ID, SECRET, "eu-central-1")
        self.addCleanup(server.server_close)
        url = f"s3:http://127.0.0.1:{server.server_address[1]}/logs/site/one?region=eu-central-1"
        (self.data / "keys").mkdir(mode=0o700, parents=True)
        os.chmod(self.data, 0o700)
        key = self.data / "keys" / "s3.key"
        key.touch(mode=0o600)
        key.write_text(f"{KEY_ID}\n{SECRET}\n")
        self.begin(url)    # the server takes connections and does not answer yet
        self.enqueue(500)
        self.until(lambda: len(self.shards()) >= 2)
        before = self.shards()
        self.assertEqual(self.figures()["ndjson_uploaded_total"], "0")
        server.faults = [{"status": 503, "retry_after": 1}, {"cut": True}, {"drop": True}, {"status": 500, "after": True}]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        self.until(self.all_confirmed, 60)
        self.assertLessEqual(set(before), set(self.shards()))
        more = len(self.shards()) + 2
        self.enqueue(500)
        self.until(lambda: len(self.shards()) >= more and self.all_confirmed())
        stored = {path.name for path in (self.place / "objects").iterdir()}
        self.assertEqual(len(stored), 2 * len(self.shards()))
        self.assertEqual(self.stop(), 0)
        log = (self.place / "log").read_text()
        self.assertNotIn(SECRET, log)

    def test_a_wrong_place_is_told_at_once(self):
        code, said = self.refused_start("--set", "ndjson.upload_url=s3:http://s3.example/b")
        self.assertEqual(code, 78)
        self.assertIn("https://", said)


if __name__ == "__main__":
    main()
