"""Durability mirrored: what is acknowledged is in PostgreSQL."""
import threading
import time

from postgres_case import DEADLINE_S, postgres_case
from tagged import main, proves


class mirrored_durability(postgres_case):
    def start_mirrored(self):
        return self.start("--set", "journal.durability=mirrored")

    def raise_flag(self, name):
        return self.request(f"/v2/entities/acme/flag/{name}/set", {"reason": "test", "value": True})

    def mirrored(self):
        return int(self.server.sql("SELECT coalesce(max(gseq), 0) FROM ledger.journal_event"))

    @proves("CLU-11")
    def test_an_answer_waits_for_postgres(self):
        self.start_mirrored()
        self.assertEqual(self.raise_flag("first")[0], 200)
        self.assertEqual(self.mirrored(), self.head(), "acknowledged, and not in PostgreSQL")

        self.server.stop()
        answers = []
        asking = threading.Thread(target=lambda: answers.append(self.raise_flag("second")))
        asking.start()
        self.await_head(2)                                    # on the local disk
        self.assertEqual(self.request("/v2/entities/acme/flag/first")[0], 200, "reads go on")
        self.assertEqual(answers, [], "acknowledged while PostgreSQL was away")
        self.server.start()
        asking.join(timeout=60)
        self.assertEqual(answers[0][0], 200)
        self.assertEqual(self.mirrored(), self.head())

    @proves("CLU-11")
    def test_what_was_not_mirrored_is_before_the_next_life_serves(self):
        self.start_mirrored()
        self.assertEqual(self.raise_flag("first")[0], 200)
        self.server.stop()
        asking = threading.Thread(target=self.ignore_cut_connection, args=(lambda: self.raise_flag("second"),))
        asking.start()
        self.await_head(2)
        self.kill()
        asking.join(timeout=60)
        self.server.start()
        self.start_mirrored()
        self.assertEqual(self.head(), 2)
        self.assertEqual(self.mirrored(), 2)

    def test_it_needs_a_server(self):
        code, said = self.refused_start("--set", "journal.durability=mirrored")
        self.assertEqual(code, 78)
        self.assertIn("pg.url", said)

    def await_head(self, position):
        end = time.monotonic() + DEADLINE_S
        while self.head() < position:
            self.assertLess(time.monotonic(), end, f"the journal does not reach gseq {position}")
            time.sleep(0.01)

    @staticmethod
    def ignore_cut_connection(ask):
        try:
            ask()
        except OSError:
            pass    # the node was killed while it was asked


if __name__ == "__main__":
    main()
