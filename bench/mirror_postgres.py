"""PERF-8, PostgreSQL: build/release/bench/with_server/mirror_postgres against a server of its own.

    scripts/bench mirror_postgres [--records N] [--rounds N]"""
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/fixtures"))

from postgres_server import PASSWORD, postgres_server  # noqa: E402  (the path is only known now)

with postgres_server() as server:
    sys.exit(subprocess.run([ROOT / "build/release/bench/with_server/mirror_postgres", "--postgres", server.url(), *sys.argv[1:]],
                            env=dict(os.environ, PGPASSWORD=PASSWORD), check=False).returncode)
