"""How far the mirrors are behind under steady load (PERF-8).

    scripts/bench mirror_lag [--rate 10000] [--seconds 30]

Of PostgreSQL: for every record, the server's own commit time of its transaction less the record's commit time in the
journal; one machine, one clock. Of NDJSON: the age of the newest whole line of the open shard, looked at every few
milliseconds, so that the pause between two requests counts as lag. Prints one JSON line for each."""
import argparse
import datetime
import json
import os
import pathlib
import re
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "support"), str(HERE.parent / "tests/fixtures")]

from steady_load import load, node  # noqa: E402  (the path is only known now; it names the programs for the next)
from postgres_case import postgres_server  # noqa: E402

LOOK_EVERY_S = 0.003


def share(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


class shard_watch(threading.Thread):
    """Ages of the newest mirrored record, in seconds."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.folder, self.ages, self.over = folder, [], False

    def run(self):
        while not self.over:
            newest = self.newest_at()
            if newest:
                self.ages.append(time.time() - newest)
            time.sleep(LOOK_EVERY_S)

    def newest_at(self):
        for part in self.folder.glob("*.part"):
            try:
                with open(part, "rb") as shard:
                    shard.seek(max(0, part.stat().st_size - 65536))
                    found = re.findall(rb'"inserted_at":"([^"]+)Z"[^\n]*\n', shard.read())
            except FileNotFoundError:    # sealed meanwhile
                continue
            if found:
                return datetime.datetime.fromisoformat(found[-1].decode() + "+00:00").timestamp()
        return None


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--rate", type=int, default=10000)
    options.add_argument("--seconds", type=int, default=30)
    options.add_argument("--batch", type=int, default=100)
    options = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, postgres_server() as server:
        server.sql("ALTER SYSTEM SET track_commit_timestamp = on")
        server.stop()
        server.start()
        with node(pathlib.Path(folder), server) as one:
            sender = load(one, options.rate, options.batch)
            watch = shard_watch(one.data / "ndjson")
            sender.start()
            time.sleep(2)
            watch.start()
            time.sleep(options.seconds)
            watch.over = sender.over = True
            sender.join()
            watch.join()
            one.stop()
        lags = server.sql("""SELECT count(*), percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY
            extract(epoch FROM pg_xact_commit_timestamp(xmin) - at) * 1000) FROM ledger.journal_event""")
    count, half, most = re.fullmatch(r"(\d+)\|\{([^,]+),([^}]+)\}", lags).groups()
    about = {"bench": "mirror_lag", "unit": "ms behind, p99", "machine": {"cores": os.cpu_count()},
             "reached_rate": round(sender.sent * options.batch / (options.seconds + 2))}
    print(json.dumps({**about, "params": {"mirror": "postgres", **vars(options)}, "value": round(float(most), 1),
                      "p50_ms": round(float(half), 1), "records": int(count)}))
    print(json.dumps({**about, "params": {"mirror": "ndjson", **vars(options)}, "value": round(share(watch.ages, 0.99) * 1000, 1),
                      "p50_ms": round(share(watch.ages, 0.5) * 1000, 1), "looks": len(watch.ages)}))


if __name__ == "__main__":
    main()
