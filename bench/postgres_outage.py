"""What commands notice of a PostgreSQL mirror that is away for minutes, and how it catches up (journal MIR-A3).

    scripts/bench postgres_outage [--rate 2000] [--away 600]

Steady load over HTTP, `rate` events a second in requests of --batch tasks: half a minute with the server, `away`
seconds without, then until the mirror is level, the load going on. Prints one JSON line: latency of requests with and
without the server, memory of the node, how long catching up took, and whether the server then holds each record once."""
import argparse
import json
import os
import pathlib
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "support"), str(HERE.parent / "tests/fixtures")]

from steady_load import load, node  # noqa: E402  (the path is only known now; it names the programs for the next)
from postgres_case import postgres_server  # noqa: E402

CALM_S = 30


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--rate", type=int, default=2000)
    options.add_argument("--away", type=int, default=600)
    options.add_argument("--batch", type=int, default=10)
    options = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, postgres_server() as server:
        with node(pathlib.Path(folder), server) as one:
            sender = load(one, options.rate, options.batch)
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
            one.stop()
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
