#include <catch2/catch.hpp>

#include <limits>

#include "domain/core/hlc.hpp"
#include "domain/core/time.hpp"

using namespace logline;
using core::parse_rfc3339;
using core::timestamp;
using core::to_rfc3339;

TEST_CASE("RFC 3339 texts that are times", "[ENG-02]") {
  struct row {
    const char* text;
    std::int64_t us;
    const char* shown;
  };
  const auto r = GENERATE(row{"1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00.000000Z"},
                          row{"1970-01-01T00:00:00.000001Z", 1, "1970-01-01T00:00:00.000001Z"},
                          row{"1969-12-31T23:59:59.999999Z", -1, "1969-12-31T23:59:59.999999Z"},
                          row{"2026-03-29T01:00:00Z", 1'774'746'000'000'000, "2026-03-29T01:00:00.000000Z"},
                          row{"2026-03-29t01:00:00z", 1'774'746'000'000'000, "2026-03-29T01:00:00.000000Z"},
                          row{"2026-03-29T03:00:00+02:00", 1'774'746'000'000'000, "2026-03-29T01:00:00.000000Z"},
                          row{"2026-03-28T19:30:00-05:30", 1'774'746'000'000'000, "2026-03-29T01:00:00.000000Z"},
                          row{"2026-03-29T01:00:00-00:00", 1'774'746'000'000'000, "2026-03-29T01:00:00.000000Z"},
                          row{"2026-03-29T01:00:00.5Z", 1'774'746'000'500'000, "2026-03-29T01:00:00.500000Z"},
                          row{"2026-03-29T01:00:00.123456789Z", 1'774'746'000'123'456, "2026-03-29T01:00:00.123456Z"},
                          row{"2000-02-29T12:00:00Z", 951'825'600'000'000, "2000-02-29T12:00:00.000000Z"},
                          row{"0001-01-01T00:00:00Z", core::earliest.us, "0001-01-01T00:00:00.000000Z"},
                          row{"9999-12-31T23:59:59.999999Z", core::latest.us, "9999-12-31T23:59:59.999999Z"});
  CAPTURE(r.text);
  const auto parsed = parse_rfc3339(r.text);
  REQUIRE(parsed);
  CHECK(parsed->us == r.us);
  CHECK(to_rfc3339(*parsed) == r.shown);
}

TEST_CASE("texts that are no times", "[ENG-02]") {
  const auto text = GENERATE(
      "", "2026", "2026-03-29", "2026-03-29T01:00Z", "2026-03-29 01:00:00Z", "2026-03-29T01:00:00",
      "2026-3-29T01:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z",
      "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z", "1900-02-29T00:00:00Z", "2026-03-29T24:00:00Z",
      "2026-03-29T23:60:00Z", "2016-12-31T23:59:60Z", "2026-03-29T01:00:00.Z", "2026-03-29T01:00:00.1234567890Z",
      "2026-03-29T01:00:00+0200", "2026-03-29T01:00:00+24:00", "2026-03-29T01:00:00+02:60", "2026-03-29T01:00:00ZZ",
      " 2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z ", "+2026-03-29T01:00:00Z", "0000-01-01T00:00:00Z",
      "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "-001-01-01T00:00:00Z", "2026-03-29T01:00:0xZ");
  CAPTURE(text);
  const auto parsed = parse_rfc3339(text);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == "INVALID_INPUT");
}

TEST_CASE("texts of times sort as the times do") {
  const timestamp earlier{1'774'746'000'000'009};
  const timestamp later{1'774'746'000'000'010};
  CHECK(to_rfc3339(earlier) < to_rfc3339(later));
  CHECK(to_rfc3339({-1}) < to_rfc3339({0}));
}

TEST_CASE("spans of time") {
  CHECK(core::days(1) == core::hours(24));
  CHECK(core::hours(1) == core::minutes(60));
  CHECK(core::minutes(1) == core::seconds(60));
  CHECK(core::seconds(1) == core::milliseconds(1'000));
  CHECK(timestamp{5} + core::seconds(1) == timestamp{1'000'005});
  CHECK((timestamp{5} - core::seconds(1)).us == -999'995);
  CHECK((timestamp{7} - timestamp{5}).us == 2);
}

TEST_CASE("the hybrid clock goes on when the wall clock stands still or goes back", "[ENG-06]") {
  core::hybrid_clock clock;
  const auto first = clock.tick({1'000});
  CHECK(first == core::hybrid_time{{1'000}, 0});
  CHECK(clock.tick({1'000}) == core::hybrid_time{{1'000}, 1});
  CHECK(clock.tick({400}) == core::hybrid_time{{1'000}, 2});
  CHECK(clock.ahead_us({400}) == 600);
  CHECK(clock.tick({1'001}) == core::hybrid_time{{1'001}, 0});
  CHECK(clock.ahead_us({2'000}) == 0);
}

TEST_CASE("the hybrid clock is never behind what it heard") {
  core::hybrid_clock clock{{{1'000}, 3}};
  CHECK(clock.hear({{5'000}, 7}, {900}) == core::hybrid_time{{5'000}, 8});
  CHECK(clock.hear({{5'000}, 2}, {900}) == core::hybrid_time{{5'000}, 9});
  CHECK(clock.hear({{1}, 99}, {6'000}) == core::hybrid_time{{6'000}, 0});
  CHECK(clock.hear({{6'000}, 4}, {6'000}) == core::hybrid_time{{6'000}, 5});
  CHECK(clock.last() == core::hybrid_time{{6'000}, 5});
}
