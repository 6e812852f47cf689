"""Durable subscriptions on the real program: nothing is lost between effect and acknowledgement, and order is kept."""
import json
import threading
import time

from node_case import node_case
from tagged import main, proves


class subscription_case(node_case):
    def open(self, name="billing", **fields):
        status, _, body = self.request(f"/v2/entities/system/subscription/{name}/open",
                                       {"filter": {"types": ["flag"]}, "start": "begin", **fields})
        self.assertEqual(status, 200, body)

    def set_flag(self, key, value):
        status, _, body = self.request(f"/v2/entities/acme/flag/{key}/set", {"value": value, "reason": "test"})
        self.assertEqual(status, 200, body)
        return json.loads(body)["position"]["gseq"]

    def pull(self, member="m1", limit=100, wait_ms=0, name="billing"):
        status, _, body = self.request(f"/v2/subscriptions/{name}/pull", {"member": member, "limit": limit, "wait_ms": wait_ms})
        self.assertEqual(status, 200, body)
        return json.loads(body)["events"]

    def settle(self, verb, events, member="m1", name="billing", **fields):
        status, _, body = self.request(f"/v2/subscriptions/{name}/{verb}", {"member": member, "events": events, **fields})
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def lag(self, name="billing"):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:  # a new one is listed as soon as the directory has it
            status, _, body = self.request("/v2/subscriptions")
            self.assertEqual(status, 200, body)
            for one in json.loads(body)["subscriptions"]:
                if one["name"] == name:
                    return one
        return self.fail(f"{name} is not listed")

    @proves("SUB-A1", "SUB-01", "SUB-02")
    def test_a_crash_between_effect_and_acknowledgement_gives_the_event_out_again(self):
        self.start()
        self.open(lease_s=1)
        position = self.set_flag("a", 1)
        first = self.pull()
        self.assertEqual([(e["record"]["gseq"], e["delivery"]) for e in first], [(position, 1)])
        self.assertEqual(first[0]["record"]["payload"]["value"], 1)
        self.assertEqual(self.pull("m2"), [])
        # The consumer did its work and died before it said so; so did the node.
        self.kill()
        self.start()
        again = self.pull("m2", wait_ms=5000)
        self.assertEqual([(e["record"]["gseq"], e["delivery"]) for e in again], [(position, 2)])
        self.assertEqual(self.settle("ack", [position], "m1"), {"settled": 0, "not_held": [position]})
        self.assertEqual(self.settle("ack", [position], "m2"), {"settled": 1, "not_held": []})
        # The cursor and what is settled outlive the next crash.
        self.kill()
        self.start()
        self.assertEqual(self.pull("m2"), [])
        self.assertEqual(self.lag()["lag_events"], 0)
        later = self.set_flag("b", 1)
        self.assertEqual([e["record"]["gseq"] for e in self.pull("m2")], [later])

    @proves("SUB-A1", "SUB-02")
    def test_a_group_of_three_shares_the_load_in_the_order_of_each_entity(self):
        self.start()
        self.open()
        expected = {}
        for n in range(60):
            key = f"k{n % 7}"
            expected.setdefault(key, []).append(self.set_flag(key, n))
        got = {key: [] for key in expected}
        by_member = {}
        open_keys = set()
        guard = threading.Lock()
        problems = []
        left = [60]

        def consume(member):
            while left[0] > 0 and not problems:
                events = self.pull(member, limit=3, wait_ms=200)
                with guard:
                    for e in events:
                        key = e["record"]["key"]
                        if key in open_keys:
                            problems.append(f"two events of {key} are out")
                        open_keys.add(key)
                        got[key].append(e["record"]["gseq"])
                        by_member[member] = by_member.get(member, 0) + 1
                if not events:
                    continue
                with guard:
                    open_keys.difference_update(e["record"]["key"] for e in events)
                    left[0] -= len(events)
                self.settle("ack", [e["record"]["gseq"] for e in events], member)

        threads = [threading.Thread(target=consume, args=(f"m{n}",)) for n in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual(problems, [])
        self.assertEqual(got, expected)
        self.assertEqual(len(by_member), 3, by_member)

    @proves("SUB-A1", "SUB-01")
    def test_events_are_replayed_from_a_position(self):
        self.start()
        self.open()
        positions = [self.set_flag(f"k{n}", n) for n in range(5)]
        self.assertEqual([e["record"]["gseq"] for e in self.pull()], positions)
        self.settle("ack", positions)
        self.logline("sub", "replay", "billing", "--from-gseq", positions[2])
        self.assertEqual([e["record"]["gseq"] for e in self.pull()], positions[2:])

    @proves("SUB-02")
    def test_a_pull_waits_for_an_event_at_most_five_seconds(self):
        self.start()
        self.open(start="head")
        got = []
        waiting = threading.Thread(target=lambda: got.extend(self.pull(wait_ms=5000)))
        waiting.start()
        position = self.set_flag("a", 1)
        waiting.join(10)
        self.assertEqual([e["record"]["gseq"] for e in got], [position])
        began = time.monotonic()
        self.assertEqual(self.pull("m2", wait_ms=300), [])
        self.assertGreaterEqual(time.monotonic() - began, 0.25)
        status, _, body = self.request("/v2/subscriptions/billing/pull", {"member": "m1", "wait_ms": 5001})
        self.assertEqual((status, json.loads(body)["code"]), (400, "INVALID_INPUT"))
        status, _, body = self.request("/v2/subscriptions/nobody/pull", {"member": "m1"})
        self.assertEqual((status, json.loads(body)["code"]), (404, "NOT_FOUND"))

    @proves("SUB-02", "SUB-04")
    def test_what_fails_too_often_is_parked_and_replayed_from_the_command_line(self):
        self.start()
        self.logline("sub", "open", "billing", "--type", "flag", "--start", "begin", "--max-deliveries", 2)
        position = self.set_flag("a", 1)
        for _ in range(2):
            self.assertEqual([e["record"]["gseq"] for e in self.pull()], [position])
            self.settle("nack", [position], reason="no")
        self.assertEqual(self.pull(), [])
        self.assertEqual((self.lag()["parked"], self.lag()["lag_events"]), (1, 0))
        self.logline("sub", "replay", "billing")
        pulled = json.loads(self.logline("sub", "pull", "billing", "--member", "m1").stdout)
        self.assertEqual([(e["gseq"], e["delivery"]) for e in pulled], [(position, 1)])
        self.logline("sub", "ack", "billing", "--member", "m1", position)
        listed = json.loads(self.logline("sub", "list").stdout)
        self.assertEqual([(one["name"], one["parked"], one["lag_events"]) for one in listed], [("billing", 0, 0)])

    @proves("SUB-04")
    def test_lag_is_told_in_events_and_seconds(self):
        self.start()
        self.open()
        for n in range(4):
            self.set_flag(f"k{n}", n)
        status, _, body = self.request("/v2/entities/acme/task_queue/q/enqueue", {"kind": "mail"})
        self.assertEqual(status, 200, body)
        lag = self.lag()
        self.assertEqual(lag["lag_events"], 4)
        self.assertGreater(lag["lag_seconds"], 0)
        positions = [e["record"]["gseq"] for e in self.pull(limit=3)]
        self.assertEqual((self.lag()["lag_events"], self.lag()["given"]), (4, 3))
        self.settle("ack", positions)
        self.assertEqual(self.lag()["lag_events"], 1)


if __name__ == "__main__":
    main()
