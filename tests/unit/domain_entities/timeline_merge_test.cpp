#include "tests/unit/domain_entities/timeline_sample.hpp"

using namespace logline;
using namespace logline::timeline_sample;
using fixtures::context_at;
using fixtures::start_of_time;
using timeline::item_status;
using timeline::merge_external;
using timeline::merge_item;
using timeline::merge_reply;

namespace {

merge_item legacy(version_vector vc, std::uint64_t lamport, std::string_view payload = "7") {
  merge_item item;
  item.vc = std::move(vc);
  item.lamport = lamport;
  item.payload = json(payload);
  return item;
}

/// Why the only item of a batch was refused.
std::string refusal(const merge_item& item, const lone_timeline& lone = lone_timeline{}) {
  const auto reply = reply_of<merge_reply>(lone.decide(merge_external{{item}}, context_at(start_of_time)));
  if (reply.refused.size() != 1 || reply.items != std::vector{item_status::refused}) return "not refused";
  return reply.refused[0].code;
}

}  // namespace

TEST_CASE("a foreign event keeps id, dot, vector, Lamport number and signature", "[TLN-04]") {
  auto item = foreign("b.1", 1, 5);
  item.created_at = start_of_time - core::seconds(60);
  item.sig = core::bytes{"signed"};
  timeline_spec()
      .given(appended(1, 1))
      .when(merge_external{{item}})
      .then(imported(item, 2))
      .then_reply(merge_reply{1, 0, 0, 0, {item_status::imported}, {}, {5, 2, {{"b.1", 1}, {"s1.1", 1}}}});
}

TEST_CASE("local clocks take the maximum: the next append comes after everything merged", "[TLN-04]") {
  timeline_spec()
      .given(appended(1, 1), imported(foreign("b.1", 1, 5), 2))
      .when(append())
      .then_look([](const auto&, const core::decision& decided) {
        const auto reply = reply_of<timeline::append_reply>(decided);
        CHECK(reply.lamport == 6);
        CHECK(reply.vc == version_vector{{"b.1", 1}, {"s1.1", 2}});
      });
}

TEST_CASE("applying a batch twice changes nothing and writes nothing", "[TLN-04]") {
  const merge_external batch{{foreign("b.1", 1, 1), foreign("b.1", 2, 2), foreign("b.1", 2, 2)}};
  lone_timeline lone;
  auto reply = reply_of<merge_reply>(lone.send(batch, context_at(start_of_time)));
  CHECK(reply.imported == 2);
  CHECK(reply.duplicates == 1);
  CHECK(reply.items == std::vector{item_status::imported, item_status::imported, item_status::duplicate});
  const auto hash = lone.hash();
  const auto again = lone.send(batch, context_at(start_of_time));
  CHECK(again.events().empty());
  reply = reply_of<merge_reply>(again);
  CHECK(reply.imported == 0);
  CHECK(reply.duplicates == 3);
  CHECK(lone.hash() == hash);
}

TEST_CASE("an event of ours that comes back is a duplicate", "[TLN-04]") {
  lone_timeline lone;
  const auto ours = reply_of<timeline::append_reply>(lone.send(append(), context_at(start_of_time)));
  merge_item back;
  back.id = ours.id;
  back.dot = ours.dot;
  back.vc = ours.vc;
  back.lamport = ours.lamport;
  back.payload = json(R"({"a":1})");
  const auto decided = lone.send(merge_external{{back}}, context_at(start_of_time));
  CHECK(decided.events().empty());
  CHECK(reply_of<merge_reply>(decided).duplicates == 1);
  back.payload = json(R"({"a":2})");
  CHECK(refusal(back, lone) == "EQUIVOCATION");
}

TEST_CASE("an event waits until all that it has seen is here, and is then released", "[TLN-04]") {
  const auto b1 = foreign("b.1", 1, 1);
  const auto b2 = foreign("b.1", 2, 2, {{"c.1", 1}});
  const auto c1 = foreign("c.1", 1, 1);
  timeline_spec()
      .when(merge_external{{b2}})
      .then(held(b2))
      .then_reply(merge_reply{0, 0, 1, 0, {item_status::pending}, {}, {0, 0, {}}});
  timeline_spec()
      .given(held(b2))
      .when(merge_external{{b1}})
      .then(imported(b1, 1))
      .then_reply(merge_reply{1, 0, 0, 0, {item_status::imported}, {}, {1, 1, {{"b.1", 1}}}});
  timeline_spec()
      .given(held(b2), imported(b1, 1))
      .when(merge_external{{c1}})
      .then(imported(c1, 2), timeline::timeline_event_released{*b2.id, {"b.1", 2}, 3})
      .then_reply(merge_reply{1, 0, 0, 1, {item_status::imported}, {}, {2, 3, {{"b.1", 2}, {"c.1", 1}}}});
  timeline_spec()
      .given(held(b2))
      .when(merge_external{{b2}})
      .then_nothing()
      .then_reply(merge_reply{0, 1, 0, 0, {item_status::duplicate}, {}, {0, 0, {}}});
}

TEST_CASE("a chain of waiting events is released in one go, in reading order") {
  lone_timeline lone;
  for (const std::uint64_t n : {5u, 3u, 4u, 2u})
    static_cast<void>(lone.send(merge_external{{foreign("b.1", n, n)}}, context_at(start_of_time)));
  CHECK(lone.state().image().waiting.size() == 4);
  const auto decided = lone.send(merge_external{{foreign("b.1", 1, 1)}}, context_at(start_of_time));
  CHECK(reply_of<merge_reply>(decided).released == 4);
  CHECK(lone.state().image().waiting.empty());
  CHECK(lone.state().blocked().empty());
  for (std::uint32_t e = 0; e < 5; ++e)
    CHECK(lone.state().at(e).n == e + 1);
  lone.check_replay();
}

TEST_CASE("within a batch the order does not matter: nothing waits for what comes with it", "[TLN-04]") {
  const merge_external backwards{{foreign("b.1", 3, 3), foreign("b.1", 2, 2), foreign("b.1", 1, 1)}};
  lone_timeline lone;
  const auto decided = lone.send(backwards, context_at(start_of_time));
  CHECK(reply_of<merge_reply>(decided).items == std::vector(3, item_status::imported));
  CHECK(decided.events().size() == 3);
  // Even where Lamport numbers contradict the vectors.
  const merge_external odd{{foreign("c.1", 1, 9), foreign("c.1", 2, 4)}};
  const auto reply = reply_of<merge_reply>(lone.send(odd, context_at(start_of_time)));
  CHECK(reply.items == std::vector(2, item_status::imported));
  CHECK(reply.pending == 0);
  CHECK(reply.released == 0);
  CHECK(reply.next.pos == 5);
  lone.check_replay();
}

TEST_CASE("events without a dot, of older systems", "[TLN-04]") {
  SECTION("one component gives the dot, and nobody waits for gaps") {
    lone_timeline lone;
    static_cast<void>(lone.send(append(), context_at(start_of_time, 1)));
    auto n2 = context_at(start_of_time, 2);
    n2.origin = "s2.1";
    static_cast<void>(lone.send(append(), n2));
    const auto reply =
        reply_of<merge_reply>(lone.send(merge_external{{legacy({{"n3", 7}}, 7)}}, context_at(start_of_time)));
    CHECK(reply.imported == 1);
    CHECK(reply.next.lamport == 7);
    CHECK(reply.next.pos == 3);
    CHECK(reply.next.vc == version_vector{{"s1.1", 1}, {"s2.1", 1}});
    CHECK(lone.state().find(core::dot{"n3", 7}));
    const auto again = lone.send(merge_external{{legacy({{"n3", 7}}, 7)}}, context_at(start_of_time));
    CHECK(reply_of<merge_reply>(again).duplicates == 1);
    // The gap may fill later, and then counts as held.
    for (std::uint64_t n = 1; n <= 6; ++n)
      static_cast<void>(lone.send(merge_external{{legacy({{"n3", n}}, n)}}, context_at(start_of_time)));
    CHECK(lone.state().held().at("n3") == 7);
    lone.check_replay();
  }
  SECTION("several components: the digest of payload, vector and Lamport number is the identity") {
    lone_timeline lone;
    const auto item = legacy({{"n1", 2}, {"n2", 3}}, 4);
    CHECK(reply_of<merge_reply>(lone.send(merge_external{{item}}, context_at(start_of_time))).imported == 1);
    CHECK(reply_of<merge_reply>(lone.send(merge_external{{item}}, context_at(start_of_time))).duplicates == 1);
    auto other = item;
    other.payload = json("8");
    CHECK(reply_of<merge_reply>(lone.send(merge_external{{other}}, context_at(start_of_time))).imported == 1);
    lone_timeline elsewhere;
    static_cast<void>(elsewhere.send(merge_external{{item}}, context_at(start_of_time + core::hours(1), 99)));
    CHECK(elsewhere.state().at(0).id == lone.state().at(0).id);
    lone.check_replay();
    auto named = item;
    named.id = id(1);
    CHECK(refusal(named) == "INVALID_CLOCK");
  }
}

TEST_CASE("clocks that cannot be are refused item by item; the others are applied [TLN-04]", "[TLN-12]") {
  version_vector many;
  for (int i = 0; i < 256; ++i)
    many["x" + std::to_string(i) + ".1"] = 1;
  CHECK(refusal(foreign("y.1", 1, 1, many)) == "INVALID_CLOCK");
  CHECK(refusal(foreign("b.1", 1, timeline::lamport_claim_max + 1)) == "INVALID_CLOCK");
  CHECK(refusal(foreign("b.1", timeline::clock_max + 1, 1)) == "INVALID_CLOCK");
  CHECK(refusal(foreign("b.1", 1, 1, {{"s1.1", 1}})) == "INVALID_CLOCK");
  CHECK(refusal(legacy({}, 1)) == "INVALID_CLOCK");
  CHECK(refusal(legacy({{std::string(65, 'x'), 1}}, 1)) == "INVALID_CLOCK");
  auto disagrees = foreign("b.1", 2, 1);
  disagrees.dot = core::dot{"b.1", 1};
  CHECK(refusal(disagrees) == "INVALID_CLOCK");

  auto bad = foreign("b.1", 1, 1);
  bad.vc.problem = "clock: /b.1 must be an integer ≥ 0";
  const auto good = foreign("c.1", 1, 1);
  timeline_spec()
      .when(merge_external{{bad, good, bad}})
      .then(imported(good, 1))
      .then_reply(merge_reply{1,
                              0,
                              0,
                              0,
                              {item_status::refused, item_status::imported, item_status::refused},
                              {{"INVALID_CLOCK", "vc is malformed", {0, 2}}},
                              {1, 1, {{"c.1", 1}}}});
}

TEST_CASE("a batch as it comes from a door: bad clocks are refused item by item", "[TLN-04]") {
  const char* body =
      R"({"batch":[{"payload":1,"vc":{"n3":-1},"lamport":1},{"payload":1,"vc":{"n3":9223372036854775808},"lamport":1},)"
      R"({"payload":1,"vc":{"n3":1},"lamport":-1},{"payload":1,"vc":"n3","lamport":1},)"
      R"({"payload":1,"vc":{"n3":1},"lamport":1,"dot":{"site":"n3","n":0}},)"
      R"({"stream":"tx","payload":1,"vc":{"n3":1},"lamport":1}]})";
  lone_timeline lone;
  std::optional<core::decision> decided;
  REQUIRE(core::read_json(body, [&](const core::source& from) {
    const auto command = lone_timeline::type().decode_command("merge_external", from, nullptr);
    REQUIRE(command);
    decided = lone_timeline::type().decide(lone_timeline::type().vacant().get(), *command, context_at(start_of_time));
  }));
  const auto reply = reply_of<merge_reply>(*decided);
  CHECK(reply.items == std::vector{item_status::refused, item_status::refused, item_status::refused,
                                   item_status::refused, item_status::refused, item_status::imported});
  for (const auto& r : reply.refused)
    CHECK(r.code == "INVALID_CLOCK");
}

TEST_CASE("an event that claims to be ours and is not is FORGED_ORIGIN", "[TLN-04]") {
  lone_timeline lone;
  static_cast<void>(lone.send(append(), context_at(start_of_time)));
  CHECK(refusal(foreign("s1.1", 2, 2), lone) == "FORGED_ORIGIN");
  CHECK(refusal(legacy({{"s1.1", 2}}, 2), lone) == "FORGED_ORIGIN");
  CHECK(refusal(foreign("s1.1", 1, 2), lone) == "EQUIVOCATION");
  // Another generation of this site is another origin: a lost tail may come home.
  CHECK(refusal(foreign("s1.0", 1, 2), lone) == "not refused");
}

TEST_CASE("two events with one dot or one id are told apart", "[TLN-04]") {
  lone_timeline lone;
  static_cast<void>(lone.send(merge_external{{foreign("b.1", 1, 1), foreign("b.1", 3, 3)}}, context_at(start_of_time)));
  auto other_payload = foreign("b.1", 1, 1);
  other_payload.payload = json("0");
  CHECK(refusal(other_payload, lone) == "EQUIVOCATION");
  auto other_waiting = foreign("b.1", 3, 4);
  CHECK(refusal(other_waiting, lone) == "EQUIVOCATION");
  auto same_id = foreign("c.1", 1, 1);
  same_id.id = foreign("b.1", 1, 1).id;
  CHECK(refusal(same_id, lone) == "EQUIVOCATION");
  same_id.id = foreign("b.1", 3, 3).id;
  CHECK(refusal(same_id, lone) == "EQUIVOCATION");
  auto twin = foreign("d.1", 1, 1);
  twin.payload = json("0");
  const auto reply =
      reply_of<merge_reply>(lone.send(merge_external{{foreign("d.1", 1, 1), twin}}, context_at(start_of_time)));
  CHECK(reply.items == std::vector{item_status::imported, item_status::refused});
}

TEST_CASE("payload limits of a merge", "[TLN-12]") {
  auto large = foreign("b.1", 1, 1);
  large.payload = core::to_document(std::string(timeline::payload_room(large.vc.value) - 4, 'x'));
  CHECK(refusal(large) == "PAYLOAD_TOO_LARGE");
  merge_external heavy;
  for (std::uint64_t n = 1; n <= 5; ++n) {
    heavy.batch.push_back(foreign("b.1", n, n));
    heavy.batch.back().payload = core::to_document(std::string(900'000, 'x'));
  }
  timeline_spec().when(heavy).then_rejected("PAYLOAD_TOO_LARGE");
  heavy.batch.pop_back();
  timeline_spec().when(heavy).then_look([](const auto&, const auto& decided) { CHECK(decided.events().size() == 4); });
}

TEST_CASE("the room for waiting events is bounded, and frees itself") {
  lone_timeline lone;
  std::uint64_t n = 2;
  while (lone.state().image().waiting.size() < timeline::waiting_max) {
    merge_external batch;
    for (int i = 0; i < 1'000; ++i, ++n)
      batch.batch.push_back(foreign("b.1", n, n));
    static_cast<void>(lone.send(batch, context_at(start_of_time)));
  }
  CHECK(lone.state().image().waiting.size() == timeline::waiting_max);
  CHECK(refusal(foreign("b.1", n, n), lone) == "PENDING_FULL");
  const auto decided = lone.send(merge_external{{foreign("b.1", 1, 1)}}, context_at(start_of_time));
  CHECK(decided.events().size() == timeline::waiting_max + 1);
  CHECK(lone.state().held().at("b.1") == timeline::waiting_max + 1);
}

TEST_CASE("only names with a generation count from one") {
  for (const char* site : {"s.1", "eu-west-1.12", "a.b.3"})
    CHECK(timeline::counts_from_one(site));
  for (const char* site : {"n3", "web-1", ".1", "s.", "s.x", "s.1x", "", "."})
    CHECK_FALSE(timeline::counts_from_one(site));
}
