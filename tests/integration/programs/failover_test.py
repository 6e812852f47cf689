"""Two real servers, streaming replication, and a node that turns from one to the other."""
import json
import re
import time

from postgres_case import PASSWORD, postgres_case, postgres_server
from tagged import main, proves

BOUND_S = 30


class two_servers(postgres_case):
    def setUp(self):
        super().setUp()
        self.standby = postgres_server(standby_of=self.server)
        self.addCleanup(self.standby.close)
        self.sent = 0

    def start(self, *arguments):
        return super().start("--set", "pg.replica_url=" + self.standby.url(), "--set", "pg.probe_s=1", *arguments)

    def said(self):
        return (self.place / "log").read_text()

    def enqueue(self, count):
        tasks = [{"kind": "noop", "payload": {"n": self.sent + i}} for i in range(count)]
        self.sent += count
        self.assertEqual(self.request("/v2/entities/acme/task_queue/q/enqueue_batch", {"tasks": tasks})[0], 200)

    def figure(self, name):
        return float(re.search("^" + re.escape(name) + r" (\S+)", self.request("/metrics")[2].decode(), re.M)[1])

    def await_that(self, condition, what, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, what + "\n" + self.said())
            time.sleep(0.05)

    def mirrored(self, server):
        """-1 where the schema is not there yet."""
        code, out, _ = server.sql("SELECT coalesce(max(last_gseq), 0) FROM ledger.mirror_commit", check=False)
        return int(out) if code == 0 else -1

    def await_mirrored(self, server):
        head = self.head()
        self.await_that(lambda: self.mirrored(server) >= head, "the mirror does not come to the journal's end")

    def assert_equal_to_journal(self, server):
        journal = json.loads(self.offline("hash"))
        rows = server.sql("""SELECT count(*), count(DISTINCT gseq), max(gseq), encode(ledger.chain(decode(repeat('00', 32), 'hex'), record ORDER BY gseq), 'hex')
                             FROM ledger.journal_event""")
        self.assertEqual(rows, f"{journal['gseq']}|{journal['gseq']}|{journal['gseq']}|{journal['chain']}")

    @proves("PGF-A1", "PGF-02", "PGF-03", "PGF-05", "PGF-06")
    def test_the_primary_is_lost_and_comes_back(self):
        self.start()
        self.enqueue(300)
        self.await_mirrored(self.server)
        self.await_mirrored(self.standby)
        # The standby falls behind: what it lacks must come from the journal.
        self.standby.sql("SELECT pg_wal_replay_pause()")
        self.enqueue(50)
        self.await_mirrored(self.server)
        self.server.kill()
        began = time.monotonic()
        self.standby.sql("SELECT pg_wal_replay_resume()")
        self.enqueue(50)
        self.await_that(lambda: self.standby.sql("SELECT pg_is_in_recovery()") == "f", "the standby is not promoted", BOUND_S)
        self.await_mirrored(self.standby)
        self.assertLess(time.monotonic() - began, BOUND_S)    # PGF-02: a bound that is promised, not a measurement
        self.assertEqual(self.figure("pg_failover_switch_total"), 1)
        self.assertEqual(self.figure('alert_active{alert="DB_SWITCH"}'), 1)
        self.assertIn("DB SWITCH", self.said())
        self.assertIn("standby promote cmd executed", self.said())

        self.server.start()    # the old primary is back, and takes writes
        behind = self.mirrored(self.server)
        self.enqueue(50)
        self.await_mirrored(self.standby)
        self.await_that(lambda: self.figure('alert_active{alert="PG_SPLIT"}') == 1, "two primaries are not noticed")
        self.assertEqual(self.mirrored(self.server), behind, "the old primary is used")
        epochs = self.standby.sql("SELECT DISTINCT epoch FROM ledger.mirror_commit ORDER BY epoch").split()
        self.assertEqual(epochs, ["1", "2"])

        self.assertEqual(self.stop(), 0)
        self.start()           # nor by the node's next life
        self.enqueue(50)
        self.await_mirrored(self.standby)
        self.assertEqual(self.mirrored(self.server), behind)
        self.assertEqual(self.figure("pg_active_server"), 1)
        self.assertEqual(self.stop(), 0)
        self.assert_equal_to_journal(self.standby)
        self.assertNotIn(PASSWORD, self.said())

    @proves("PGF-02")
    def test_commands_promote_and_fence(self):
        done = self.place / "done"
        promote = f"echo promoted >> {done}; PGPASSWORD='{PASSWORD}' psql -qc 'SELECT pg_promote(false)' '{self.standby.url()}'"
        self.start("--set", f"pg.fence_cmd=echo fenced >> {done}; exit 3", "--set", "pg.promote_cmd=" + promote)
        self.enqueue(10)
        self.await_mirrored(self.standby)
        self.server.kill()
        self.enqueue(10)
        self.await_mirrored(self.standby)
        self.assertEqual(done.read_text(), "fenced\npromoted\n")
        self.assertIn("fence command: ended with 3", self.said())
        self.assertEqual(self.stop(), 0)
        self.assert_equal_to_journal(self.standby)

    @proves("PGF-04")
    def test_both_down_the_node_goes_on(self):
        self.start()
        self.enqueue(10)
        self.await_mirrored(self.server)
        self.standby.kill()
        self.server.kill()
        self.await_that(lambda: self.figure("pg_up") == 0, "nobody notices that both are down")
        self.enqueue(100)
        self.assertEqual(self.request("/v2/entities/acme/task_queue/q")[0], 200)
        self.server.start()
        self.await_mirrored(self.server)
        self.await_that(lambda: self.figure("pg_up") == 1, "nobody notices that one is back")
        self.assertEqual(self.figure("pg_failover_switch_total"), 0)
        self.assertEqual(self.stop(), 0)
        self.assert_equal_to_journal(self.server)


if __name__ == "__main__":
    main()
