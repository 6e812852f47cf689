// What every partition log promises about the rows beside the log.
#include "tests/contract/journal/journal_fixture.hpp"

using namespace logline;
using namespace logline::journal;
using namespace logline::journal::fixtures;

namespace {

std::map<core::address, core::timestamp> wakes_of(const partition_log& log) {
  std::map<core::address, core::timestamp> out;
  REQUIRE(
      log.each_wake([&](const core::address& entity, core::timestamp at) { CHECK(out.emplace(entity, at).second); }));
  return out;
}

append_request waking(std::string_view key, std::uint64_t expected, core::timestamp at) {
  append_request r = request(key, expected, 2);
  r.wake_at = at;
  return r;
}

using rows = std::vector<std::pair<std::string, std::string>>;

rows scan(const partition_log& log, std::string_view view, std::string_view prefix, std::string_view after,
          std::size_t max = 99) {
  rows out;
  REQUIRE(log.view_scan(view, prefix, after, [&](std::string_view key, std::string_view value) {
    out.emplace_back(key, value);
    return out.size() < max;
  }));
  return out;
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("wake-ups are armed, moved and disarmed by records", "[contract]", implementations) {
  TestType f;
  const core::timestamp later = start_of_time + core::hours(1);
  append_all(*f.log, {waking("a", 0, later), waking("b", 0, later), request("c", 0)});
  CHECK(wakes_of(*f.log) == std::map<core::address, core::timestamp>{{entity("a"), later}, {entity("b"), later}});
  append_all(*f.log, {waking("a", 2, later + core::hours(1)), waking("b", 2, core::timestamp{0}), request("a", 4)});
  CHECK(wakes_of(*f.log) == std::map<core::address, core::timestamp>{{entity("a"), later + core::hours(1)}});
}

TEMPLATE_LIST_TEST_CASE("a snapshot replaces the one before", "[contract][JRN-10]", implementations) {
  TestType f;
  append_one(*f.log, request("a", 0, 5));
  CHECK(!*f.log->find_snapshot(entity("a")));
  snapshot s{core::eseq{3}, core::gseq{3}, 7, core::sha256("state"), "\x80"};
  REQUIRE(f.log->put_snapshot(entity("a"), s));
  s.sequence = core::eseq{5};
  s.position = core::gseq{5};
  s.state = std::string{"state \0 with zero", 17};
  REQUIRE(f.log->put_snapshot(entity("a"), s));
  const auto back = *f.log->find_snapshot(entity("a"));
  REQUIRE(back);
  CHECK(back->sequence == s.sequence);
  CHECK(back->position == s.position);
  CHECK(back->fold_version == 7);
  CHECK(back->state_hash == s.state_hash);
  CHECK(back->state == s.state);
  CHECK(!*f.log->find_snapshot(entity("b")));
}

TEMPLATE_LIST_TEST_CASE("views keep rows and a cursor", "[contract]", implementations) {
  TestType f;
  append_one(*f.log, request("a", 0, 5));
  using row = partition_log::view_row;
  const std::vector<row> some{{"x/1", "one"}, {"x/2", "two"}, {"y/1", "three"}, {"x/3", ""}};
  CHECK(f.log->view_cursor("directory")->value == 0);
  REQUIRE(f.log->put_view("directory", core::gseq{3}, some));
  REQUIRE(f.log->put_view("other", core::gseq{5}, std::vector<row>{{"x/1", "other"}}));

  CHECK(f.log->view_cursor("directory")->value == 3);
  CHECK(*f.log->view_get("directory", "x/2") == "two");
  CHECK(*f.log->view_get("directory", "x/3") == "");
  CHECK(!*f.log->view_get("directory", "z"));
  CHECK(scan(*f.log, "directory", "x/", "") == rows{{"x/1", "one"}, {"x/2", "two"}, {"x/3", ""}});
  CHECK(scan(*f.log, "directory", "x/", "x/1") == rows{{"x/2", "two"}, {"x/3", ""}});
  CHECK(scan(*f.log, "directory", "x/", "x/15") == rows{{"x/2", "two"}, {"x/3", ""}});
  CHECK(scan(*f.log, "directory", "", "", 2) == rows{{"x/1", "one"}, {"x/2", "two"}});
  CHECK(scan(*f.log, "directory", "y", "x") == rows{{"y/1", "three"}});
  CHECK(scan(*f.log, "directory", "x", "y").empty());

  REQUIRE(f.log->put_view("directory", core::gseq{4}, std::vector<row>{{"x/1", std::nullopt}, {"x/2", "TWO"}}));
  CHECK(scan(*f.log, "directory", "", "") == rows{{"x/2", "TWO"}, {"x/3", ""}, {"y/1", "three"}});

  REQUIRE(f.log->drop_view("directory"));
  CHECK(scan(*f.log, "directory", "", "").empty());
  CHECK(f.log->view_cursor("directory")->value == 0);
  CHECK(scan(*f.log, "other", "", "").size() == 1);
  CHECK(f.log->view_cursor("other")->value == 5);
}

TEMPLATE_LIST_TEST_CASE("reactors keep their positions", "[contract]", implementations) {
  TestType f;
  CHECK(f.log->cursor("intake")->value == 0);
  REQUIRE(f.log->put_cursor("intake", core::gseq{17}));
  REQUIRE(f.log->put_cursor("other", core::gseq{2}));
  REQUIRE(f.log->put_cursor("intake", core::gseq{18}));
  CHECK(f.log->cursor("intake")->value == 18);
}
