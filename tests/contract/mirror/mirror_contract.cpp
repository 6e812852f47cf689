// What every mirror promises (journal/mirror_target.hpp), run by each.
#include "tests/contract/mirror/mirror_fixture.hpp"

using namespace logline;
using namespace logline::mirrors;
using journal::errc;

namespace {

std::string text_of(const journal::outcome& done) {
  return done ? std::string{} : done.error().text();
}

void opens_at(journal::mirror_target& to, const journal::mirror_position& where) {
  const auto opened = to.open();
  INFO((opened ? std::string{} : opened.error().text()));
  REQUIRE(opened);
  REQUIRE(*opened == where);
}

void append(journal::mirror_target& to, const sample::log& log, std::uint64_t first, std::uint64_t last) {
  const auto done = to.append(log.views(first, last), log.at(last));
  INFO(text_of(done));
  REQUIRE(done);
}

template <class Fixture>
void holds(const Fixture& copy, const sample::log& log, std::uint64_t last) {
  const auto found = copy.content();
  REQUIRE(found.records.size() == last);
  for (std::uint64_t n = 1; n <= last; ++n)
    REQUIRE(found.records[n - 1] == log.bytes(n));
  REQUIRE(found.chain == log.at(last).chain);
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("a mirror stands where its last record stands, whoever opens it", "[contract][MIR-01]",
                        implementations) {
  TestType copy;
  const sample::log log{60};
  opens_at(*copy.writer(), log.at(0));
  std::uint64_t at = 0;
  for (const std::uint64_t size : {1u, 2u, 3u, 4u, 5u, 17u, 28u}) {
    const auto to = copy.writer();
    opens_at(*to, log.at(at));
    append(*to, log, at + 1, at + size);
    at += size;
    REQUIRE(to->rest());
    opens_at(*to, log.at(at));
  }
  holds(copy, log, at);
}

TEMPLATE_LIST_TEST_CASE("records over days, months and a year come back byte for byte", "[contract][MIR-01]",
                        implementations) {
  TestType copy;
  const sample::log log{40, core::hours(24 * 9)};
  const auto to = copy.writer();
  opens_at(*to, log.at(0));
  append(*to, log, 1, 33);
  append(*to, log, 34, 40);
  holds(copy, log, 40);
}

TEMPLATE_LIST_TEST_CASE("what does not follow is refused, and leaves nothing", "[contract][MIR-04]", implementations) {
  TestType copy;
  const sample::log log{12};
  const auto to = copy.writer();
  CHECK(to->append(log.views(1, 2), log.at(2)).error().code == errc::store_failed);  // not open
  opens_at(*to, log.at(0));
  append(*to, log, 1, 5);
  CHECK(to->append(log.views(7, 8), log.at(8)).error().code == errc::position_gap);
  opens_at(*to, log.at(5));
  CHECK(to->append(log.views(5, 6), log.at(6)).error().code == errc::position_gap);
  opens_at(*to, log.at(5));
  CHECK(to->append(log.views(6, 7), log.at(8)).error().code == errc::chain_broken);
  opens_at(*to, log.at(5));
  auto elsewhere = log.at(7);
  elsewhere.chain = core::sha256("another log");
  CHECK(to->append(log.views(6, 7), elsewhere).error().code == errc::chain_broken);
  opens_at(*to, log.at(5));
  append(*to, log, 6, 12);
  holds(copy, log, 12);
}

TEMPLATE_LIST_TEST_CASE("another site's mirror is refused, and left as it is", "[contract][MIR-04]", implementations) {
  TestType copy;
  const sample::log log{4};
  {
    const auto to = copy.writer();
    opens_at(*to, log.at(0));
    append(*to, log, 1, 4);
  }
  const auto refused = copy.writer("lisbon")->open();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::chain_broken);
  opens_at(*copy.writer(), log.at(4));
  holds(copy, log, 4);
}

TEMPLATE_LIST_TEST_CASE("of two writers one gets its records in, and no record is there twice",
                        "[contract][MIR-A4][PGM-02]", implementations) {
  TestType copy;
  const sample::log log{20};
  const auto first = copy.writer();
  const auto second = copy.writer();
  opens_at(*first, log.at(0));
  append(*first, log, 1, 3);
  const auto also = second->open();
  append(*first, log, 4, 9);
  if (also) {
    const auto late = second->append(log.views(4, 9), log.at(9));
    REQUIRE_FALSE(late);
    CHECK(late.error().code == errc::position_gap);
  } else {
    CHECK(also.error().code == errc::store_locked);
  }
  append(*first, log, 10, 20);
  holds(copy, log, 20);
}
