#include "tests/unit/domain_entities/timeline_sample.hpp"

using namespace logline;
using namespace logline::timeline_sample;
using fixtures::context_at;
using fixtures::start_of_time;
using timeline::query;

namespace {

/// A page as a reader sees it: the events' positions, and where to go on.
struct seen_page {
  std::vector<std::uint64_t> events;
  timeline::cursor next;
  bool more = false;
};

template <class Question>
seen_page ask(const lone_timeline& lone, const Question& question) {
  const auto decided = lone.decide(question, context_at(start_of_time));
  if (decided.rejection()) FAIL(decided.rejection()->message);
  const auto page = core::from_msgpack<std::map<std::string, core::document>>(
      core::document_from_json(lone.reply_json(decided))->msgpack);
  REQUIRE(page);
  seen_page out;
  const auto events = core::from_msgpack<std::vector<core::document>>(page->at("events").msgpack);
  for (const auto& event : *events) {
    const auto fields = core::from_msgpack<std::map<std::string, core::document>>(event.msgpack);
    out.events.push_back(*core::from_msgpack<std::uint64_t>(fields->at("pos").msgpack));
  }
  out.next = *core::from_msgpack<timeline::cursor>(page->at("next").msgpack);
  out.more = *core::from_msgpack<bool>(page->at("more").msgpack);
  return out;
}

query from_lamport(std::uint64_t lamport, std::int64_t limit = 100) {
  return {lamport, {}, {}, limit};
}
query from_pos(std::uint64_t pos, std::int64_t limit = 100) {
  return {{}, pos, {}, limit};
}
query from_vc(version_vector vc, std::int64_t limit = 100, std::optional<std::uint64_t> pos = {}) {
  return {{}, pos, timeline::claimed<version_vector>{std::move(vc)}, limit};
}

/// pos:    1        2        3        4        5
/// event:  s1.1/1   b.1/1    b.1/2    s1.1/2   c.1/1
/// lamport 1        1        2        3        1
lone_timeline mixed() {
  lone_timeline lone;
  const auto fold = [&](const auto& event) { lone.fold(core::event_box::of(event), start_of_time); };
  fold(appended(1, 1));
  fold(imported(foreign("b.1", 1, 1), 2));
  fold(imported(foreign("b.1", 2, 2), 3));
  fold(appended(2, 3, {{"b.1", 2}}, 4));
  fold(imported(foreign("c.1", 1, 1), 5));
  return lone;
}

}  // namespace

TEST_CASE("query by Lamport number is strictly greater and in reading order [TLN-05]", "[TLN-06]") {
  const auto lone = mixed();
  CHECK(ask(lone, query{}).events == std::vector<std::uint64_t>{2, 5, 1, 3, 4});
  CHECK(ask(lone, from_lamport(1)).events == std::vector<std::uint64_t>{3, 4});
  CHECK(ask(lone, from_lamport(2)).events == std::vector<std::uint64_t>{4});
  const auto none = ask(lone, from_lamport(3));
  CHECK(none.events.empty());
  CHECK(none.next.lamport == 3);
  CHECK_FALSE(none.more);
}

TEST_CASE("a query without a cursor begins at the very start, even where a system counted from 0", "[TLN-06]") {
  lone_timeline lone;
  lone.fold(core::event_box::of(imported(foreign("n3", 1, 0), 1)), start_of_time);
  CHECK(ask(lone, query{}).events == std::vector<std::uint64_t>{1});
  CHECK(ask(lone, from_lamport(0)).events.empty());
}

TEST_CASE("a page by Lamport number ends between numbers, so that its cursor skips nothing", "[TLN-06]") {
  const auto lone = mixed();
  const auto first = ask(lone, from_lamport(0, 4));
  CHECK(first.events == std::vector<std::uint64_t>{2, 5, 1, 3});
  CHECK(first.more);
  CHECK(first.next.lamport == 2);
  // The three events of Lamport 1 do not fit two, and come together all the same.
  const auto together = ask(lone, from_lamport(0, 2));
  CHECK(together.events == std::vector<std::uint64_t>{2, 5, 1});
  CHECK(together.next.lamport == 1);
  // A fourth and fifth place would cut nothing; one more of a group is left to the next page.
  const auto cut = ask(lone, from_lamport(1, 1));
  CHECK(cut.events == std::vector<std::uint64_t>{3});
  CHECK(cut.more);
}

TEST_CASE("query by position is in order of arrival and continues where it ended", "[TLN-06]") {
  const auto lone = mixed();
  const auto first = ask(lone, from_pos(0, 3));
  CHECK(first.events == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(first.next.pos == 3);
  CHECK(first.next.vc == version_vector{{"b.1", 2}, {"s1.1", 1}});
  CHECK(first.more);
  const auto second = ask(lone, from_pos(first.next.pos, 3));
  CHECK(second.events == std::vector<std::uint64_t>{4, 5});
  CHECK(second.next.pos == 5);
  CHECK(second.next.vc == version_vector{{"b.1", 2}, {"c.1", 1}, {"s1.1", 2}});
  CHECK(second.next.lamport == 3);
  CHECK_FALSE(second.more);
  CHECK(ask(lone, from_pos(99)).next.pos == 5);
}

TEST_CASE("query by vector answers what the vector lacks", "[TLN-06]") {
  const auto lone = mixed();
  CHECK(ask(lone, from_vc({})).events == std::vector<std::uint64_t>{1, 2, 3, 4, 5});
  CHECK(ask(lone, from_vc({{"b.1", 1}, {"s1.1", 2}})).events == std::vector<std::uint64_t>{3, 5});
  CHECK(ask(lone, from_vc({{"b.1", 9}, {"x.1", 9}})).events == std::vector<std::uint64_t>{1, 4, 5});
  const auto first = ask(lone, from_vc({}, 2));
  CHECK(first.next.vc == version_vector{{"b.1", 1}, {"s1.1", 1}});
  CHECK(first.more);
  const auto second = ask(lone, from_vc(first.next.vc, 2));
  CHECK(second.events == std::vector<std::uint64_t>{3, 4});
  const auto last = ask(lone, from_vc(second.next.vc, 2));
  CHECK(last.events == std::vector<std::uint64_t>{5});
  CHECK(last.next.vc == version_vector{{"b.1", 2}, {"c.1", 1}, {"s1.1", 2}});
  CHECK_FALSE(last.more);
}

TEST_CASE("an event with a low Lamport number that comes late is found by position and by vector", "[TLN-06]") {
  auto lone = mixed();
  const auto before = ask(lone, query{});
  CHECK(before.next.lamport == 3);
  lone.fold(core::event_box::of(imported(foreign("d.1", 1, 1), 6)), start_of_time);
  CHECK(ask(lone, from_lamport(before.next.lamport)).events.empty());
  CHECK(ask(lone, from_pos(before.next.pos)).events == std::vector<std::uint64_t>{6});
  CHECK(ask(lone, from_vc(before.next.vc)).events == std::vector<std::uint64_t>{6});
}

TEST_CASE(
    "older systems' events beyond a gap stay in the answer by vector until the gap is filled; position pages through") {
  lone_timeline lone;
  std::uint64_t pos = 0;
  for (const std::uint64_t n : {7u, 5u, 9u, 1u}) {
    auto item = foreign("n3", n, n);
    lone.fold(core::event_box::of(imported(item, ++pos)), start_of_time);
  }
  const auto all = ask(lone, from_vc({}));
  CHECK(all.events == std::vector<std::uint64_t>{1, 2, 3, 4});
  CHECK(all.next.vc == version_vector{{"n3", 1}});
  CHECK(ask(lone, from_vc(all.next.vc)).events == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(ask(lone, from_vc({{"n3", 7}})).events == std::vector<std::uint64_t>{3});
  // One at a time, with both cursors: every event once, in order, to the end.
  std::vector<std::uint64_t> walked;
  auto at = timeline::cursor{};
  for (bool more = true; more;) {
    const auto page = ask(lone, from_vc(at.vc, 1, at.pos));
    walked.insert(walked.end(), page.events.begin(), page.events.end());
    at = page.next;
    more = page.more;
  }
  CHECK(walked == std::vector<std::uint64_t>{1, 2, 3, 4});
}

TEST_CASE("tail is the end of the reading order, oldest first", "[TLN-07]") {
  const auto lone = mixed();
  const auto last = ask(lone, timeline::tail{2});
  CHECK(last.events == std::vector<std::uint64_t>{3, 4});
  CHECK(last.next.pos == 5);
  CHECK(last.more);
  CHECK(ask(lone, timeline::tail{}).events == std::vector<std::uint64_t>{2, 5, 1, 3, 4});
}

TEST_CASE("limits of a page: 100 by default, 20 for tail, 1 to 1000 [TLN-06]", "[TLN-07]") {
  CHECK(query{}.limit == 100);
  CHECK(timeline::tail{}.limit == 20);
  const auto decodes = [](const char* name, const char* body) {
    bool ok = false;
    REQUIRE(core::read_json(body, [&](const core::source& from) {
      ok = lone_timeline::type().decode_command(name, from, nullptr).has_value();
    }));
    return ok;
  };
  CHECK(decodes("query", R"({"limit":1000})"));
  CHECK_FALSE(decodes("query", R"({"limit":1001})"));
  CHECK_FALSE(decodes("query", R"({"limit":0})"));
  CHECK_FALSE(decodes("tail", R"({"limit":1001})"));
  lone_timeline lone;
  for (std::uint64_t n = 1; n <= 150; ++n)
    lone.fold(core::event_box::of(appended(n, n)), start_of_time);
  CHECK(ask(lone, query{}).events.size() == 100);
  CHECK(ask(lone, timeline::tail{}).events.size() == 20);
}

TEST_CASE("a page ends at 4 MiB of payloads, but holds at least one event") {
  lone_timeline lone;
  for (std::uint64_t n = 1; n <= 6; ++n) {
    auto event = appended(n, n);
    event.payload = core::to_document(std::string(900'000, 'x'));
    lone.fold(core::event_box::of(event), start_of_time);
  }
  const auto page = ask(lone, from_pos(0));
  CHECK(page.events.size() == 4);
  CHECK(page.more);
  CHECK(ask(lone, from_pos(page.next.pos)).events.size() == 2);
}

TEST_CASE("compare says BEFORE, AFTER, EQUAL or CONCURRENT", "[TLN-03]") {
  const auto lone = mixed();
  const auto relation = [&](std::uint32_t a, std::uint32_t b) {
    return lone.reply_json(
        lone.decide(timeline::compare{lone.state().at(a).id, lone.state().at(b).id}, context_at(start_of_time)));
  };
  CHECK(relation(0, 3) == R"({"order":"BEFORE"})");
  CHECK(relation(3, 1) == R"({"order":"AFTER"})");
  CHECK(relation(2, 2) == R"({"order":"EQUAL"})");
  CHECK(relation(0, 2) == R"({"order":"CONCURRENT"})");
  CHECK(relation(3, 4) == R"({"order":"CONCURRENT"})");
  timeline_spec().given(appended(1, 1)).when(timeline::compare{id(1), id(2)}).then_rejected("NOT_FOUND");
}

TEST_CASE("clock says where the stream stands; equal sets have equal hashes whatever the order", "[TLN-04]") {
  const auto one = foreign("b.1", 1, 1);
  const auto two = foreign("c.1", 1, 1);
  const auto clock_of = [](const auto&... events) {
    lone_timeline lone;
    (lone.fold(core::event_box::of(events), start_of_time), ...);
    return reply_of<timeline::clock_reply>(lone.decide(timeline::read_clock{}, context_at(start_of_time)));
  };
  const auto a = clock_of(imported(one, 1), imported(two, 2));
  const auto b = clock_of(imported(two, 1), imported(one, 2), held(foreign("c.1", 3, 3)));
  CHECK(a.hash == b.hash);
  CHECK(a.pending == 0);
  CHECK(b.pending == 1);
  CHECK(a.next.pos == 2);
  CHECK(a.seen == version_vector{{"b.1", 1}, {"c.1", 1}});
  auto altered = two;
  altered.payload = json("0");
  CHECK(clock_of(imported(one, 1), imported(altered, 2)).hash != a.hash);
  CHECK(clock_of(imported(one, 1)).hash != a.hash);
}

TEST_CASE("a stream without events is NOT_FOUND; cursors that do not go together are INVALID_INPUT") {
  timeline_spec().when(query{}).then_rejected("NOT_FOUND");
  timeline_spec().when(timeline::tail{}).then_rejected("NOT_FOUND");
  timeline_spec().when(timeline::read_clock{}).then_rejected("NOT_FOUND");
  timeline_spec().when(timeline::compare{id(1), id(1)}).then_rejected("NOT_FOUND");
  timeline_spec().given(appended(1, 1)).when(query{1, 1, {}, 10}).then_rejected("INVALID_INPUT", "/since_lamport");
  timeline_spec()
      .given(appended(1, 1))
      .when(from_vc({{"b.1", timeline::clock_max + 1}}))
      .then_rejected("INVALID_CLOCK");
  auto malformed = from_vc({});
  malformed.since_vc->problem = "clock: must be an object";
  timeline_spec().given(appended(1, 1)).when(malformed).then_rejected("INVALID_CLOCK");
}
