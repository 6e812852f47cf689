"""The PostgreSQL mirror as an operator meets it: a real server, real roles, real kills."""
import json
import re
import shutil
import subprocess
import time

from node_case import PROGRAMS
from postgres_case import PASSWORD, postgres_case
from tagged import main, proves

RUN_TIME_ROLES = ("logline_mirror", "logline_readonly", "logline_auditor", "logline_inbox", "logline_repl")


class mirrored_node(postgres_case):
    def setUp(self):
        super().setUp()
        self.sent = 0

    def stop(self):
        self.assertEqual(super().stop(), 0)

    def said(self):
        return (self.place / "log").read_text()

    def await_said(self, text):
        end = time.monotonic() + 60
        while text not in self.said():
            self.assertLess(time.monotonic(), end, self.said())
            time.sleep(0.02)

    def enqueue(self, count):
        tasks = [{"kind": "noop", "payload": {"n": self.sent + i, "big": 9007199254740993 + i, "text": "é\n\"\\u0000\"\0"}} for i in range(count)]
        self.sent += count
        status, _, body = self.request("/v2/entities/acme/task_queue/q/enqueue_batch", {"tasks": tasks})
        self.assertEqual(status, 200, body)

    def chain(self):
        return json.loads(self.offline("hash"))

    def assert_equal_to_journal(self):
        """Counts, order and chain, recomputed from the rows by the server itself."""
        journal = self.chain()
        rows = self.server.sql("""SELECT count(*), min(gseq), max(gseq), encode(ledger.chain(decode(repeat('00', 32), 'hex'), record ORDER BY gseq), 'hex')
                                  FROM ledger.journal_event""")
        self.assertEqual(rows, f"{journal['gseq']}|1|{journal['gseq']}|{journal['chain']}")
        gaps = self.server.sql("""SELECT count(*) FROM (SELECT first_gseq, lag(last_gseq, 1, 0::bigint) OVER (ORDER BY last_gseq) AS before, count,
                                  last_gseq FROM ledger.mirror_commit) c WHERE first_gseq <> before + 1 OR count <> last_gseq - first_gseq + 1""")
        self.assertEqual(gaps, "0")


class follows_the_journal(mirrored_node):
    @proves("MIR-01", "PGM-02", "PGM-03")
    def test_through_kills_of_the_node(self):
        for _ in range(4):
            self.start()
            self.enqueue(150)
            self.kill()
        self.start()
        self.stop()
        self.assert_equal_to_journal()
        self.assertGreaterEqual(self.chain()["gseq"], 600)

    @proves("PGM-06", "PGM-11")
    def test_as_the_mirror_role_over_tls_once_the_schema_is_there(self):
        self.start()
        self.enqueue(10)
        self.stop()
        applied = self.server.sql("SELECT version, name, checksum, applied_at FROM ledger.migration_history ORDER BY version")
        self.server.let_log_in("logline_mirror")
        options = ("--set", "pg.url=" + self.server.tls_url("logline_mirror"))
        self.start(*options)
        self.enqueue(10)
        self.stop()
        self.assert_equal_to_journal()
        self.assertEqual(self.server.sql("SELECT version, name, checksum, applied_at FROM ledger.migration_history ORDER BY version"), applied)
        rights = self.server.sql("SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls FROM pg_roles WHERE rolname = 'logline_mirror'")
        self.assertEqual(rights, "f|f|f|f")
        self.assertNotIn(PASSWORD, self.said())
        self.assertEqual(self.server.sql("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'logline_owner'"), "f")

    @proves("PGM-11")
    def test_a_changed_migration_stops_the_mirror_and_not_the_node(self):
        self.start()
        self.stop()
        self.server.sql("SET ledger.migrating = 'on'; ALTER TABLE ledger.migration_history DISABLE TRIGGER immutable_rows;"
                        "UPDATE ledger.migration_history SET checksum = 'another'; ALTER TABLE ledger.migration_history ENABLE ALWAYS TRIGGER immutable_rows")
        self.start()
        self.enqueue(5)
        self.stop()
        self.assertIn("MIRROR_DIVERGED: mirror postgres is stopped: store_corrupt: migration 001_ledger was applied with another text", self.said())
        self.assertEqual(self.server.sql("SELECT count(*) FROM ledger.journal_event"), "0")

    @proves("PGM-01")
    def test_views_follow_from_the_descriptions(self):
        self.start()
        self.enqueue(3)
        self.logline("do", "acme/flag/f", "set", "value=true", "reason=because")
        types = json.loads(self.logline("types").stdout)
        self.stop()
        for one in types:
            for event in one["events"]:
                self.server.sql(f"SELECT * FROM ledger.{one['name']}__{event['name']} LIMIT 1")
        self.assertEqual(self.server.sql("SELECT ekey, kind, pg_typeof(run_at), pg_typeof(payload), payload IS NULL FROM ledger.task_queue__task_enqueued "
                                         "ORDER BY gseq LIMIT 1"), "q|noop|timestamp with time zone|jsonb|f")
        # What is about persons is sealed before it is journaled, and comes here as ciphertext only.
        self.assertEqual(self.server.sql("SELECT count(*) FROM ledger.journal_event WHERE payload::text LIKE '%9007199254740993%'"), "0")
        self.assertEqual(self.server.sql("SELECT ekey, value, reason FROM ledger.flag__flag_set"), "f|true|because")
        self.assertEqual(self.server.sql("SELECT count(*) FROM ledger.visible_timeline"), str(self.chain()["gseq"]))

    @proves("MIR-04")
    def test_another_sites_mirror_is_left_alone(self):
        self.start()
        self.enqueue(5)
        self.stop()
        before = self.server.sql("SELECT * FROM ledger.mirror_commit")
        self.data = self.place / "other"
        self.start("--set", "node.site=elsewhere")
        self.enqueue(7)
        self.stop()
        self.assertIn("MIRROR_FOREIGN: this is the mirror of site local", self.said())
        self.assertEqual(self.server.sql("SELECT * FROM ledger.mirror_commit"), before)


class outlives_the_server(mirrored_node):
    def mirrored(self):
        figures = self.request("/metrics")[2].decode()
        return {name: float(re.search(r'^mirror_%s\{mirror="postgres"\} (\S+)' % name, figures, re.M)[1])
                for name in ("gseq", "lag_events", "lag_seconds", "diverged")}

    def await_level(self):
        end = time.monotonic() + 120
        while self.mirrored()["lag_events"] > 0:
            self.assertLess(time.monotonic(), end, self.said())
            time.sleep(0.05)

    @proves("MIR-A3", "MIR-02", "MIR-03")
    def test_that_is_killed_under_load(self):
        """The bench does the same for minutes (postgres_outage)."""
        self.start()
        self.enqueue(200)
        self.await_level()
        self.server.kill()
        away = self.mirrored()["gseq"]
        for _ in range(20):
            self.enqueue(200)
        behind = self.mirrored()
        self.assertEqual(behind["gseq"], away)
        self.assertGreaterEqual(behind["lag_events"], 4000)
        self.await_lag_seconds()
        self.server.start()
        self.await_level()
        self.assertEqual(self.mirrored()["lag_seconds"], 0)
        self.enqueue(10)
        self.stop()
        self.assert_equal_to_journal()
        for line in self.said().splitlines():
            self.assertNotIn(PASSWORD, line)

    def await_lag_seconds(self):
        end = time.monotonic() + 60
        while self.mirrored()["lag_seconds"] == 0:
            self.assertLess(time.monotonic(), end, "the lag is not told while the server is away")
            time.sleep(0.05)

    @proves("MIR-A4", "PGM-02")
    def test_of_two_nodes_with_one_journal_one_mirrors(self):
        self.start()
        self.enqueue(50)
        self.stop()
        twin = self.place / "twin"
        shutil.copytree(self.data, twin)
        self.start()
        self.enqueue(1)
        self.await_level()
        first, self.data, self.process = (self.data, self.process), twin, None
        self.start()
        self.enqueue(7)
        self.await_said("MIRROR_DIVERGED: mirror postgres is stopped")
        self.kill()
        self.data, self.process = first
        self.stop()
        self.assert_equal_to_journal()


class takes_commands_from_the_inbox(mirrored_node):
    def setUp(self):
        super().setUp()
        self.start()
        self.enqueue(1)
        self.await_said("migration 002_inbox applied")
        self.server.let_log_in("logline_inbox", "logline_auditor", "logline_readonly")

    def put(self, target, command, payload, id="gen_random_uuid()"):
        self.server.sql(f"INSERT INTO ledger.inbox (id, tenant, target, command, payload) VALUES ({id}, 'acme', '{target}', '{command}', "
                        f"'{json.dumps(payload)}')", user="logline_inbox")

    def results(self, count):
        end = time.monotonic() + 60
        while True:
            listed = self.server.sql("SELECT i.target, r.accepted, r.code, r.gseq FROM ledger.inbox_result r JOIN ledger.inbox i USING (id) ORDER BY i.at",
                                     user="logline_auditor").split("\n")
            if listed != [""] and len(listed) >= count:
                return listed
            self.assertLess(time.monotonic(), end, listed)
            time.sleep(0.05)

    @proves("PGM-10")
    def test_a_row_is_a_command_and_a_bad_one_holds_nobody_up(self):
        self.put("flag/a", "set", {"value": True, "reason": "sql"})
        self.put("flag/b", "no_such_command", {})
        self.put("nothing/b", "set", {})
        self.put("flag/../b", "set", {})
        self.put("flag/c", "set", {"value": True, "colour": "red"})
        self.put("flag/d", "set", {"value": "x\\u0000y", "reason": "sql"})
        self.put("flag/e", "set", {"value": 7, "reason": "sql"})
        found = [line.split("|") for line in self.results(7)]
        self.assertEqual([(line[0], line[1]) for line in found],
                         [("flag/a", "t"), ("flag/b", "f"), ("nothing/b", "f"), ("flag/../b", "f"), ("flag/c", "f"), ("flag/d", "t"), ("flag/e", "t")])
        self.assertEqual([line[2] for line in found][1:5], ["UNKNOWN_COMMAND", "NOT_FOUND", "INVALID_INPUT", "INVALID_INPUT"])
        history = json.loads(self.logline("history", "acme/flag/a").stdout)
        self.assertEqual(history[0]["principal"], "inbox:logline_inbox")
        self.assertEqual(history[0]["gseq"], int(found[0][3]))

    @proves("PGM-10")
    def test_kills_do_a_command_once(self):
        """Between sending and answering a row the node is gone: its next life sends it again and finds the first answer."""
        for turn in range(3):
            for n in range(10):
                self.put("task_queue/inbox", "enqueue", {"kind": "noop", "payload": {"n": turn * 10 + n}})
            self.kill()
            self.start()
        self.results(30)
        self.stop()
        done = self.offline("cat", "--key", "inbox", "--event", "task_enqueued")
        self.assertEqual(done.count("task_enqueued"), 30)

    @proves("PGM-10", "PGM-06")
    def test_senders_may_do_nothing_else(self):
        self.put("flag/a", "set", {"value": True, "reason": "sql"}, id="'00000000-0000-7000-8000-000000000001'")
        self.results(1)
        for statement, why in (("SELECT * FROM ledger.inbox", "permission denied"), ("SELECT * FROM ledger.inbox_result", "permission denied"),
                               ("SELECT * FROM ledger.visible_timeline", "permission denied"), ("DELETE FROM ledger.inbox", "permission denied"),
                               ("INSERT INTO ledger.inbox (tenant, target, command, by_role) VALUES ('acme', 'flag/a', 'set', 'postgres')", "permission denied"),
                               ("INSERT INTO ledger.inbox_result (id, accepted) VALUES (gen_random_uuid(), true)", "permission denied")):
            code, _, said = self.server.sql(statement, user="logline_inbox", check=False)
            self.assertNotEqual(code, 0, statement)
            self.assertIn(why, said, statement)
        for statement in ("UPDATE ledger.inbox SET command = 'x'", "DELETE FROM ledger.inbox_result", "TRUNCATE ledger.inbox"):
            self.assertIn("immutable table", self.server.sql(statement, check=False)[2])


class proves_and_gives_back(mirrored_node):
    def offline_logline(self, *arguments, code=0):
        done = subprocess.run([PROGRAMS / "logline", "--output", "json", *map(str, arguments), "--data", self.data], capture_output=True,
                              text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return done.stdout + done.stderr

    def database(self, user="postgres"):
        return "--postgres", self.server.url(user), "--password-file", self.server.password_file

    def verified(self, code=0, user="postgres"):
        return json.loads(self.offline_logline("mirror", "verify", *self.database(user), code=code))

    @proves("MIR-A1", "MIR-05")
    def test_journal_files_and_database_are_compared_at_once(self):
        self.start()
        for _ in range(11):
            self.enqueue(1000)
        self.stop()
        self.server.let_log_in("logline_mirror")
        report = self.verified(user="logline_mirror")
        self.assertTrue(report["equal"], report)
        files, rows = report["mirrors"]
        for mirror in (files, rows):
            self.assertEqual((mirror["records"], mirror["first_gseq"], mirror["last_gseq"]), (report["journal"], 1, report["journal"]))
        self.server.sql("SET ledger.migrating = 'on'; ALTER TABLE %s DISABLE TRIGGER ALL; UPDATE ledger.journal_event SET record = record || '\\x00' "
                        "WHERE gseq = 10500" % self.server.sql("SELECT tableoid::regclass FROM ledger.journal_event LIMIT 1"))
        report = self.verified(code=4)
        self.assertEqual([mirror["equal"] for mirror in report["mirrors"]], [True, False])
        self.assertEqual([(found["first_gseq"], found["last_gseq"]) for found in report["mirrors"][1]["differs"]], [(10001, report["journal"])])
        self.assertEqual(report["mirrors"][1]["records"], report["journal"])    # counts alone say nothing

    @proves("MIR-05")
    def test_the_node_itself_compares_while_it_serves(self):
        self.start("--set", "mirror.verify_s=1")
        for _ in range(5):
            self.enqueue(100)
        head = self.head()
        for mirror in ("postgres", "ndjson"):
            self.await_figure(f'mirror_verified_gseq{{mirror="{mirror}"}}', lambda value: value >= head)
        self.await_figure('alert_active{alert="INTEGRITY_MISMATCH"}', lambda value: value == 0)
        self.server.sql("SET ledger.migrating = 'on'; ALTER TABLE %s DISABLE TRIGGER ALL; UPDATE ledger.journal_event SET actor = 'nobody' "
                        "WHERE gseq = 77" % self.server.sql("SELECT tableoid::regclass FROM ledger.journal_event LIMIT 1"))
        self.await_figure('alert_active{alert="INTEGRITY_MISMATCH"}', lambda value: value == 1)
        self.assertIn("ALERT INTEGRITY_MISMATCH: postgres gseq 77 to 77", self.said())
        self.stop()

    def await_figure(self, name, wanted):
        end = time.monotonic() + 60
        while True:
            found = re.search("^" + re.escape(name) + r" (\S+)", self.request("/metrics")[2].decode(), re.M)
            if found and wanted(float(found[1])):
                return
            self.assertLess(time.monotonic(), end, f"{name} is {found and found[1]}\n{self.said()}")
            time.sleep(0.05)

    @proves("REP-05", "REP-A1")
    def test_a_node_is_made_anew_from_the_database_alone(self):
        self.start()
        for _ in range(3):
            self.enqueue(800)
        self.logline("do", "acme/flag/f", "set", "value=true", "reason=because")
        self.stop()
        before = self.offline("hash")
        shutil.rmtree(self.data / "journal")
        shutil.rmtree(self.data / "ndjson")
        self.offline_logline("journal", "import", *self.database())
        self.assertEqual(self.offline("hash"), before)
        self.assertTrue(json.loads(self.offline_logline("journal", "verify"))["ok"])
        self.start()    # and goes on from there, the mirrors too
        self.enqueue(10)
        self.stop()
        self.assertTrue(self.verified()["equal"])
        self.assertIn("REFUSED_NOT_EMPTY", self.offline_logline("journal", "import", *self.database(), code=1))

    @proves("MIR-06")
    def test_a_damaged_mirror_is_made_anew_beside_the_old_one(self):
        self.start()
        self.enqueue(700)
        self.stop()
        self.server.sql("SET ledger.migrating = 'on'; ALTER TABLE %s DISABLE TRIGGER ALL; DELETE FROM ledger.journal_event WHERE gseq = 77"
                        % self.server.sql("SELECT tableoid::regclass FROM ledger.journal_event LIMIT 1"))
        part = next(path for path in (self.data / "ndjson").iterdir() if path.suffix == ".part")
        part.write_bytes(part.read_bytes().replace(b'"noop"', b'"pong"', 1))
        self.offline_logline("mirror", "verify", *self.database(), code=4)
        kept = json.loads(self.offline_logline("mirror", "rebuild", "postgres", *self.database()))["kept"]
        files = json.loads(self.offline_logline("mirror", "rebuild", "ndjson"))
        self.assertEqual(files["last_gseq"], self.chain()["gseq"])
        self.assertTrue((self.data / files["kept"]).is_dir())
        self.assertTrue(self.verified()["equal"])
        self.assertEqual(self.server.sql(f"SELECT count(*) FROM {kept}.journal_event"), str(files["last_gseq"] - 1))
        self.assertEqual(self.server.sql("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'ledger%' ORDER BY 1").split(),
                         ["ledger", kept, "ledger_guard"])
        self.start()    # both go on behind the last record, roles and views as before
        self.enqueue(10)
        self.stop()
        self.assertTrue(self.verified()["equal"])
        self.server.let_log_in("logline_readonly")
        self.assertEqual(self.server.sql("SET app.tenant_id = 'acme'; SELECT count(run_at) FROM ledger.task_queue__task_enqueued",
                                         user="logline_readonly"), "710")
        self.assertIn("immutable table", self.server.sql("DELETE FROM ledger.journal_event", check=False)[2])

    @proves("PGM-11", "PGM-06")
    def test_an_administrator_brings_the_schema_up_for_a_node_that_may_not(self):
        self.server.sql(f"CREATE ROLE logline_mirror LOGIN PASSWORD '{PASSWORD}'")
        self.start(user="logline_mirror")
        self.enqueue(5)
        self.await_said("run logline mirror migrate")
        done = json.loads(self.offline_logline("mirror", "migrate", *self.database()))["done"]
        self.assertEqual(done[:2], ["migration 001_ledger", "migration 002_inbox"])
        self.stop()    # the mirror tries again, later each time, and once more at the end
        self.assert_equal_to_journal()
        self.assertEqual(json.loads(self.offline_logline("mirror", "migrate", *self.database()))["done"], [])

    def test_a_password_in_the_url_is_refused_and_not_repeated(self):
        url = self.server.url().replace("postgres@", "postgres:hunter2@")
        for said in (self.offline_logline("mirror", "migrate", "--postgres", url, code=1), self.refused_start("--set", "pg.url=" + url)[1]):
            self.assertIn("must hold no password", said)
            self.assertNotIn("hunter2", said)


class nobody_changes_what_is_there(mirrored_node):
    def setUp(self):
        super().setUp()
        self.start()
        self.enqueue(20)
        self.stop()
        self.server.let_log_in(*RUN_TIME_ROLES)

    def refused(self, statement, role, why):
        code, _, message = self.server.sql(statement, user=role, check=False)
        self.assertNotEqual(code, 0, f"{role}: {statement}")
        self.assertRegex(message, why, f"{role}: {statement}")

    @staticmethod
    def changes_of(table):
        column = "checksum" if "history" in table else "site"
        return f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}", f"TRUNCATE {table}"

    @proves("MIR-A2", "PGM-04")
    def test_as_every_role(self):
        month = self.server.sql("SELECT tableoid::regclass FROM ledger.journal_event LIMIT 1")
        tables = ("ledger.journal_event", month, "ledger.mirror_commit", "ledger.migration_history")
        before = self.server.sql("SELECT gseq, record FROM ledger.journal_event ORDER BY gseq")
        for role in RUN_TIME_ROLES:
            for table in tables:
                for statement in self.changes_of(table):
                    self.refused(statement, role, "permission denied")
        for owner in ("SET ROLE logline_owner;", "", "SET session_replication_role = replica;"):
            for table in tables:
                for statement in self.changes_of(table):
                    # The owner is under row level security himself, and finds no row to change in the parent.
                    if owner.startswith("SET ROLE") and table == "ledger.journal_event" and not statement.startswith("TRUNCATE"):
                        self.server.sql(owner + statement)
                    else:
                        self.refused(owner + statement, "postgres", "immutable table")
        self.assertEqual(self.server.sql("SELECT gseq, record FROM ledger.journal_event ORDER BY gseq"), before)

    @proves("PGM-04")
    def test_triggers_and_tables_are_not_taken_away_by_mistake(self):
        month = self.server.sql("SELECT tableoid::regclass FROM ledger.journal_event LIMIT 1")
        for statement in (f"DROP TABLE {month}", "DROP SCHEMA ledger CASCADE", f"DROP TRIGGER immutable_rows ON {month}",
                          f"ALTER TABLE {month} DISABLE TRIGGER ALL", "ALTER TABLE ledger.mirror_commit ENABLE TRIGGER immutable_rows",
                          "ALTER TABLE ledger.journal_event NO FORCE ROW LEVEL SECURITY", "DROP POLICY visible ON ledger.journal_event"):
            self.refused(statement, "postgres", "immutable")

    @proves("PGM-10", "PGM-05")
    def test_nobody_inserts_events_but_the_mirror(self):
        columns = self.server.sql("SELECT string_agg(column_name, ', ' ORDER BY ordinal_position) FROM information_schema.columns "
                                  "WHERE table_schema = 'ledger' AND table_name = 'journal_event'")
        copy = f"INSERT INTO ledger.journal_event ({columns}) SELECT {columns} FROM ledger.journal_event LIMIT 1"
        for role in RUN_TIME_ROLES:
            if role != "logline_mirror":
                self.refused(copy, role, "permission denied")
        # With the privilege, row level security still lets nobody write for others.
        self.server.sql("CREATE ROLE clerk LOGIN; GRANT USAGE ON SCHEMA ledger TO clerk; GRANT SELECT, INSERT ON ledger.journal_event TO clerk; "
                        f"GRANT logline_auditor TO clerk; ALTER ROLE clerk PASSWORD '{PASSWORD}'")
        self.refused(copy, "clerk", "row-level security")
        self.refused("SET app.user_id = 'me'; SET app.tenant_id = 'acme'; " + copy, "clerk", "row-level security")

    @proves("MIR-A2", "PGM-05")
    def test_readers_see_what_is_theirs(self):
        # Rows of several owners and visibilities, made by a hand that the database does not stop: the superuser's.
        self.server.sql("""INSERT INTO ledger.journal_event SELECT (jsonb_populate_record(e, jsonb_build_object('gseq', n, 'owner', o, 'visibility', v, 'tenant', t))).*
            FROM (SELECT j FROM ledger.journal_event j LIMIT 1) one (e), (VALUES (1001, 'ann', 0, 'acme'), (1002, 'bob', 0, 'acme'), (1003, 'bob', 1, 'acme'),
            (1004, 'bob', 1, 'umbrella'), (1005, 'bob', 2, 'umbrella')) AS v (n, o, v, t)""")

        def seen(settings, role="logline_readonly"):
            return self.server.sql(f"BEGIN; {settings} SELECT string_agg(gseq::text, ' ' ORDER BY gseq) FROM ledger.visible_timeline WHERE gseq > 1000; COMMIT", user=role)
        self.assertEqual(seen(""), "")
        self.assertEqual(self.server.sql("SELECT count(*) FROM ledger.visible_timeline", user="logline_readonly"), "0")
        self.assertEqual(seen("SET LOCAL app.user_id = 'ann';"), "1001 1005")
        self.assertEqual(seen("SET LOCAL app.user_id = 'bob';"), "1002 1003 1004 1005")
        self.assertEqual(seen("SET LOCAL app.tenant_id = 'acme';"), "1003 1005")
        self.assertEqual(seen("SET LOCAL app.tenant_id = 'acme'; SET LOCAL app.user_id = 'ann';"), "1001 1003 1005")
        self.assertEqual(seen("SET LOCAL app.tenant_id = '';"), "")
        self.assertEqual(seen("", "logline_auditor"), "1001 1002 1003 1004 1005")
        self.refused("SELECT * FROM ledger.journal_event", "logline_readonly", "permission denied")
        self.refused("SELECT * FROM ledger.visible_timeline", "logline_inbox", "permission denied")
        self.assertEqual(self.server.sql("SET ROLE logline_owner; SELECT count(*) FROM ledger.journal_event"), "0")


if __name__ == "__main__":
    main()
