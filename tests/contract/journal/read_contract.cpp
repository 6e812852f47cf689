// What every partition log promises about reading.
#include "tests/contract/journal/journal_fixture.hpp"

#include "journal/record.hpp"

using namespace logline;
using namespace logline::journal;
using namespace logline::journal::fixtures;

namespace {

/// `commits` commits of records of entities e0 … e6, several per commit, in frames of several sizes.
template <class Fixture>
void fill(Fixture& f, std::size_t commits, std::map<std::string, std::uint64_t>& last) {
  for (std::size_t c = 0; c < commits; ++c) {
    std::vector<append_request> requests;
    for (std::size_t i = 0; i < 1 + c % 9; ++i) {
      const std::string key = "e" + std::to_string((c * 5 + i * 3) % 7);
      requests.push_back(request(key, last[key], 1 + i % 3, 100 + 9'000 * (c % 4)));
      last[key] += 1 + i % 3;
    }
    append_all(*f.log, requests);
    f.clock.advance(core::milliseconds(10));
  }
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("records are read in order from any position", "[contract]", implementations) {
  TestType f;
  std::map<std::string, std::uint64_t> last;
  fill(f, 40, last);
  const std::uint64_t head = f.log->head().position.value;
  for (const std::uint64_t from : {std::uint64_t{1}, std::uint64_t{2}, head / 2, head - 1, head}) {
    const auto records = records_of(*f.log, from);
    REQUIRE(records.size() == head - from + 1);
    for (std::size_t i = 0; i < records.size(); ++i)
      CHECK(records[i].position.value == from + i);
  }
  CHECK(records_of(*f.log, head + 1).empty());
  CHECK(records_of(*f.log, head + 100).empty());
}

TEMPLATE_LIST_TEST_CASE("a reader stops when its visitor says so and is told where to go on", "[contract]",
                        implementations) {
  TestType f;
  append_one(*f.log, request("a", 0, 10));
  std::uint64_t seen = 0;
  const auto next = f.log->read(core::gseq{3}, [&](const core::record& r) {
    seen = r.position.value;
    return seen < 5;
  });
  REQUIRE(next);
  CHECK(seen == 5);
  CHECK(next->value == 6);
}

TEMPLATE_LIST_TEST_CASE("views show what records hold", "[contract]", implementations) {
  TestType f;
  std::map<std::string, std::uint64_t> last;
  fill(f, 10, last);
  const auto records = records_of(*f.log);
  std::size_t i = 0;
  const auto next = f.log->scan(core::gseq{1}, [&](const record_view& view) {
    const core::record& r = records.at(i++);
    CHECK(view.belongs_to(r.entity));
    CHECK(view.position == r.position);
    CHECK(view.sequence == r.sequence);
    CHECK(view.payload == r.payload);
    CHECK(view.bytes == encode_record(r));
    return true;
  });
  REQUIRE(next);
  CHECK(i == records.size());
}

TEMPLATE_LIST_TEST_CASE("an entity's records are read from any eseq", "[contract]", implementations) {
  TestType f;
  std::map<std::string, std::uint64_t> last;
  fill(f, 60, last);
  for (const auto& [key, count] : last) {
    CHECK(f.log->last_sequence(entity(key))->value == count);
    for (std::uint64_t from = 1; from <= count + 1; from += 1 + count / 7) {
      const auto records = records_of(*f.log, entity(key), from);
      REQUIRE(records.size() == count + 1 - from);
      for (std::size_t i = 0; i < records.size(); ++i) {
        CHECK(records[i].entity == entity(key));
        CHECK(records[i].sequence.value == from + i);
      }
    }
  }
  CHECK(records_of(*f.log, entity("nobody")).empty());
  CHECK(f.log->last_sequence(entity("nobody"))->value == 0);
}

TEMPLATE_LIST_TEST_CASE("an entity whose address begins like another's is not mistaken for it", "[contract]",
                        implementations) {
  TestType f;
  for (const auto* key : {"a", "a/b", "ab", "a.b"})
    append_one(*f.log, request(key, 0, 2));
  append_one(*f.log, request("a", 2));
  CHECK(records_of(*f.log, entity("a")).size() == 3);
  CHECK(records_of(*f.log, entity("a/b")).size() == 2);
  CHECK(f.log->last_sequence(entity("ab"))->value == 2);
}

TEMPLATE_LIST_TEST_CASE("reading an entity stops when the visitor says so", "[contract]", implementations) {
  TestType f;
  for (std::uint64_t i = 0; i < 5; ++i)
    append_one(*f.log, request("a", i));
  std::uint64_t visits = 0;
  REQUIRE(f.log->read_entity(entity("a"), core::eseq{2}, [&](const core::record&) { return ++visits < 2; }));
  CHECK(visits == 2);
}

TEMPLATE_LIST_TEST_CASE("the position at a time", "[contract]", implementations) {
  TestType f;
  CHECK(f.log->position_at(start_of_time)->value == 0);
  std::vector<std::pair<core::timestamp, std::uint64_t>> ends;
  std::map<std::string, std::uint64_t> last;
  for (int i = 0; i < 50; ++i) {
    const core::timestamp at = f.clock.now();
    fill(f, 1, last);  // moves the clock by 10 ms
    if (i % 3 == 0) f.clock.set(at);
    ends.emplace_back(at, f.log->head().position.value);
  }
  CHECK(f.log->position_at(start_of_time - core::milliseconds(1))->value == 0);
  for (std::size_t i = 0; i < ends.size(); ++i) {
    std::uint64_t expected = ends[i].second;
    for (const auto& [at, position] : ends)
      if (at == ends[i].first) expected = position;
    CHECK(f.log->position_at(ends[i].first)->value == expected);
    CHECK(f.log->position_at(ends[i].first + core::milliseconds(1))->value == expected);
  }
  CHECK(f.log->position_at(core::never)->value == f.log->head().position.value);
}

TEMPLATE_LIST_TEST_CASE("commands are found by idempotency key for a day at least", "[contract][ENG-03]",
                        implementations) {
  TestType f;
  const auto keyed = [](std::string_view key, std::uint64_t expected, std::string_view idempotency) {
    append_request r = request(key, expected, 2);
    r.idempotency = core::idempotency{std::string{idempotency}, core::sha256("body"), "reply"};
    return r;
  };
  append_one(*f.log, request("a", 0));
  append_one(*f.log, keyed("a", 1, "k1"));
  append_one(*f.log, keyed("b", 0, "k1"));

  CHECK((*f.log->find_command(entity("a"), "k1"))->value == 2);
  CHECK((*f.log->find_command(entity("b"), "k1"))->value == 4);
  CHECK(!*f.log->find_command(entity("a"), "k2"));
  CHECK(!*f.log->find_command(entity("c"), "k1"));

  SECTION("a day later it is still there") {
    f.clock.advance(core::hours(24));
    append_one(*f.log, request("c", 0));
    CHECK((*f.log->find_command(entity("a"), "k1"))->value == 2);
  }
  SECTION("in the end it is forgotten") {
    for (std::uint64_t day = 0; day < 3; ++day) {
      CHECK((*f.log->find_command(entity("a"), "k1"))->value == 2);
      f.clock.advance(core::days(1));
      append_one(*f.log, keyed("c", day * 2, "other"));
    }
    CHECK(!*f.log->find_command(entity("a"), "k1"));
  }
  SECTION("after a long stop it is still there, for those who go on where they were") {
    f.clock.advance(core::days(40));
    append_one(*f.log, keyed("c", 0, "other"));
    CHECK((*f.log->find_command(entity("a"), "k1"))->value == 2);
  }
  SECTION("of a key that came again later, the later command") {
    f.clock.advance(core::hours(30));
    append_one(*f.log, keyed("a", 3, "k1"));
    CHECK((*f.log->find_command(entity("a"), "k1"))->value == 6);
  }
}
