#include <catch2/catch.hpp>

#include "journal/layout.hpp"

using namespace logline;
using namespace logline::journal;

TEST_CASE("log keys sort by partition and position") {
  CHECK(log_key(core::partition_id{1}, core::gseq{255}) < log_key(core::partition_id{1}, core::gseq{256}));
  CHECK(log_key(core::partition_id{1}, core::gseq{UINT64_MAX}) < log_key(core::partition_id{2}, core::gseq{1}));
  const std::string key = log_key(core::partition_id{7}, core::gseq{1'234'567});
  CHECK(parse_log_key(core::partition_id{7}, key)->value == 1'234'567);
  CHECK(!parse_log_key(core::partition_id{8}, key));
  CHECK(!parse_log_key(core::partition_id{7}, key + "x"));
}

TEST_CASE("entity keys sort by position within an entity, and entities never mix") {
  const core::address a{"acme", "task_queue", "a"};
  const core::address ab{"acme", "task_queue", "ab"};
  CHECK(entity_key(entity_prefix(a), core::gseq{UINT64_MAX}) < entity_prefix(ab));
  CHECK(!entity_prefix(ab).starts_with(entity_prefix(a)));
  CHECK(parse_entity_prefix(entity_key(entity_prefix(ab), core::gseq{5})) == ab);
  CHECK(!parse_entity_prefix("acme"));
}

TEST_CASE("an entity row survives its bytes, and malformed ones are refused") {
  for (const auto& row : {entity_row{core::eseq{1}, {0}}, entity_row{core::eseq{300}, {5, 6, 200, 70'000}}}) {
    const std::string bytes = encode_entity_row(row);
    const auto back = parse_entity_row(bytes);
    REQUIRE(back);
    CHECK(back->first == row.first);
    CHECK(back->positions == row.positions);
    for (std::size_t size = 0; size < bytes.size(); ++size)
      CHECK(!parse_entity_row(std::string_view{bytes}.substr(0, size)));
    CHECK(!parse_entity_row(bytes + '\0'));
  }
  CHECK(encode_entity_row({core::eseq{7}, {0}}).size() == 3);
  CHECK(!parse_entity_row(std::string_view{"\x00\x01\x00", 3}));  // eseq 0
  CHECK(!parse_entity_row(std::string_view{"\x01\x00", 2}));      // no position
  CHECK(!parse_entity_row("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
}

TEST_CASE("the days of dedupe rows") {
  CHECK(day_of(core::timestamp{0}) == 0);
  CHECK(day_of(core::timestamp{-1}) == 0);
  CHECK(day_of(core::timestamp{core::days(20'000).us - 1}) == 19'999);
  CHECK(day_of(core::timestamp{core::days(20'000).us}) == 20'000);
  const core::address a{"acme", "task_queue", "a"};
  CHECK(dedupe_key(5, a, "k").starts_with(dedupe_day_key(5)));
  CHECK(dedupe_key(5, a, "k") != dedupe_key(5, a, "l"));
  CHECK(dedupe_key(5, a, "k").size() == 20);
}

TEST_CASE("a position survives its bytes") {
  CHECK(parse_position(encode_position(0x0102030405060708)) == 0x0102030405060708);
  CHECK(!parse_position("1234567"));
}
