#include <catch2/catch.hpp>

#include "tests/unit/domain_work/queue_spec.hpp"

namespace logline::work {

namespace {

lease held(unsigned n, const std::string& worker, std::int64_t until_s) {
  lease out;
  out.id = lease_id(n);
  out.task_id = task_id(n);
  out.worker_id = worker;
  out.token = n;
  out.until = at_s(until_s);
  return out;
}

std::vector<core::uuid> ids(const std::vector<const lease*>& leases) {
  std::vector<core::uuid> out;
  for (const auto* l : leases)
    out.push_back(l->id);
  return out;
}

}  // namespace

TEST_CASE("leases run out in the order of their times, and not before") {
  lease_table table;
  CHECK_FALSE(table.earliest_expiry());
  table.grant(held(1, "a", 30));
  table.grant(held(2, "a", 10));
  table.grant(held(3, "b", 20));
  CHECK(table.earliest_expiry() == at_s(10));
  CHECK(table.expired(at_s(9), 9).empty());
  CHECK(ids(table.expired(at_s(30), 9)) == std::vector{lease_id(2), lease_id(3), lease_id(1)});
  CHECK(ids(table.expired(at_s(30), 2)) == std::vector{lease_id(2), lease_id(3)});
  table.extend(lease_id(2), at_s(40));
  CHECK(table.earliest_expiry() == at_s(20));
  CHECK(table.find(lease_id(2))->until == at_s(40));
  table.end(lease_id(3));
  CHECK(table.earliest_expiry() == at_s(30));
  CHECK(table.find(lease_id(3)) == nullptr);
  CHECK(table.size() == 2);
}

TEST_CASE("leases are found by worker") {
  lease_table table;
  table.grant(held(1, "a", 30));
  table.grant(held(2, "a", 10));
  table.grant(held(3, "b", 20));
  CHECK(ids(table.of_worker("a", 9)) == std::vector{lease_id(1), lease_id(2)});
  CHECK(ids(table.of_worker("a", 1)) == std::vector{lease_id(1)});
  CHECK(table.count_of("a") == 2);
  CHECK(table.of_worker("c", 9).empty());
  table.end(lease_id(1));
  table.end(lease_id(2));
  CHECK(table.count_of("a") == 0);
  CHECK(table.count_of("b") == 1);
}

TEST_CASE("a lease table is its leases: stored and read back it answers the same") {
  lease_table table;
  table.grant(held(3, "b", 20));
  table.grant(held(1, "a", 30));
  table.ask_to_cancel(lease_id(1), "stop");
  const auto read = core::from_msgpack<lease_table>(core::to_msgpack(table));
  REQUIRE(read);
  CHECK(read->all() == table.all());
  CHECK(read->earliest_expiry() == at_s(20));
  CHECK(read->count_of("a") == 1);
  CHECK(read->find(lease_id(1))->cancel_reason == "stop");
  CHECK(core::to_msgpack(*read) == core::to_msgpack(table));
}

}  // namespace logline::work
