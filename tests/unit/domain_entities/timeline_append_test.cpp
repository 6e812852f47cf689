#include "tests/unit/domain_entities/timeline_sample.hpp"

using namespace logline;
using namespace logline::timeline_sample;
using fixtures::context_at;
using fixtures::start_of_time;
using timeline::timeline_event_appended;

namespace {

timeline_event_appended first_event(core::uuid event_id, core::document payload) {
  return {event_id, {"s1.1", 1}, 1, {{"s1.1", 1}}, 1, std::move(payload)};
}

timeline::append with_clocks(version_vector vc, std::uint64_t lamport) {
  auto command = append();
  command.vc_external = std::move(vc);
  command.lamport_external = lamport;
  return command;
}

}  // namespace

TEST_CASE("the first append makes the stream: dot 1, Lamport 1, position 1", "[TLN-01]") {
  auto ctx = context_at(start_of_time);
  const auto expected_id = context_at(start_of_time).new_id();
  timeline_spec()
      .when(append(), ctx)
      .then(first_event(expected_id, json(R"({"a":1})")))
      .then_reply(timeline::append_reply{expected_id, {"s1.1", 1}, 1, {{"s1.1", 1}}, 1});
}

TEST_CASE("each append counts on: dot, own component, Lamport and position", "[TLN-01]") {
  lone_timeline lone;
  for (std::uint64_t n = 1; n <= 3; ++n) {
    const auto reply = reply_of<timeline::append_reply>(lone.send(append(), context_at(start_of_time, n)));
    CHECK(reply.dot == core::dot{"s1.1", n});
    CHECK(reply.lamport == n);
    CHECK(reply.vc == version_vector{{"s1.1", n}});
    CHECK(reply.pos == n);
  }
}

TEST_CASE("clocks from outside are merged into the event and into the stream", "[TLN-01]") {
  timeline_spec()
      .given(appended(1, 1))
      .when(with_clocks({{"b.1", 4}, {"s1.1", 1}, {"c.1", 0}}, 9))
      .then_look([](const lone_timeline& lone, const core::decision& decided) {
        const auto reply = reply_of<timeline::append_reply>(decided);
        CHECK(reply.lamport == 10);
        CHECK(reply.vc == version_vector{{"b.1", 4}, {"s1.1", 2}});
        // What the caller has seen elsewhere is in the causal past from now on, but it is not here.
        CHECK(lone.state().image().vc == version_vector{{"b.1", 4}, {"s1.1", 2}});
        CHECK(lone.state().held() == version_vector{{"s1.1", 2}});
      });
}

TEST_CASE("a Lamport number from outside that is behind changes nothing", "[TLN-01]") {
  timeline_spec()
      .given(appended(1, 7))
      .when(with_clocks({}, 3))
      .then_look([](const auto&, const core::decision& decided) {
        CHECK(reply_of<timeline::append_reply>(decided).lamport == 8);
      });
}

TEST_CASE("a resurrected site counts in a component of its own", "[TLN-02]") {
  lone_timeline lone;
  static_cast<void>(lone.send(append(), context_at(start_of_time)));
  auto revived = context_at(start_of_time, 2);
  revived.origin = "s1.2";
  const auto reply = reply_of<timeline::append_reply>(lone.send(append(), revived));
  CHECK(reply.dot == core::dot{"s1.2", 1});
  CHECK(reply.vc == version_vector{{"s1.1", 1}, {"s1.2", 1}});
  CHECK(reply.lamport == 2);
}

TEST_CASE("clocks that cannot be are refused [TLN-01]", "[TLN-12]") {
  const auto refused = [](const timeline::append& command) {
    timeline_spec().given(appended(1, 1)).when(command).then_rejected("INVALID_CLOCK");
  };
  refused(with_clocks({{"s1.1", 2}}, 0));
  refused(with_clocks({{"b.1", timeline::clock_max + 1}}, 0));
  refused(with_clocks({}, timeline::lamport_claim_max + 1));
  refused(with_clocks({{std::string(65, 'x'), 1}}, 0));
  auto malformed = append();
  malformed.vc_external.emplace().problem = "clock: /b must be an integer ≥ 0";
  refused(malformed);
  version_vector many;
  for (int i = 0; i < 256; ++i)
    many["x" + std::to_string(i) + ".1"] = 1;
  refused(with_clocks(many, 0));
  many.erase(many.begin());
  timeline_spec().given(appended(1, 1)).when(with_clocks(many, 0)).then_look([](const auto&, const auto& decided) {
    CHECK(decided.events().size() == 1);
  });
}

TEST_CASE("malformed clocks of an append arrive as such from a door") {
  for (const char* body : {R"({"payload":1,"vc_external":{"b.1":-1}})", R"({"payload":1,"vc_external":7})",
                           R"({"payload":1,"vc_external":{"b.1":"x"}})", R"({"payload":1,"lamport_external":-1})"}) {
    CAPTURE(body);
    std::optional<core::failure> refusal;
    REQUIRE(core::read_json(body, [&](const core::source& from) {
      const auto command = lone_timeline::type().decode_command("append", from, nullptr);
      REQUIRE(command);
      refusal = lone_timeline::type()
                    .decide(lone_timeline::type().vacant().get(), *command, context_at(start_of_time))
                    .rejection();
    }));
    REQUIRE(refusal);
    CHECK(refusal->code == "INVALID_CLOCK");
  }
}

TEST_CASE("expected_pos: nothing is written unless the stream ends there") {
  auto command = append();
  command.expected_pos = 1;
  timeline_spec().given(appended(1, 1)).when(command).then_look([](const auto&, const auto& decided) {
    CHECK(decided.events().size() == 1);
  });
  timeline_spec().when(command).then_rejected("CONFLICT");
  timeline_spec().given(appended(1, 1), appended(2, 2)).when(command).then_rejected("CONFLICT");
  command.expected_pos = 0;
  timeline_spec().when(command).then_look(
      [](const auto&, const auto& decided) { CHECK(decided.events().size() == 1); });
}

TEST_CASE("a payload over the limit is refused as too large, and what is accepted fits a record", "[TLN-12]") {
  auto command = append();
  const std::size_t room = timeline::payload_room({{"s1.1", 1}});
  CHECK(room >= 1'000'000);
  command.payload = core::to_document(std::string(room - 5, 'x'));
  REQUIRE(command.payload.msgpack.size() == room);
  timeline_spec().when(command).then_look([](const auto&, const core::decision& decided) {
    REQUIRE(decided.events().size() == 1);
    const auto& event = decided.events()[0];
    CHECK(event.encode(event.body.get()).size() + decided.reply().size() + 4'096 < timeline::record_bytes_max);
  });
  command.payload = core::to_document(std::string(room - 4, 'x'));
  timeline_spec().when(command).then_rejected("PAYLOAD_TOO_LARGE");
}

TEST_CASE("the envelope gets the event's clocks", "[TLN-01]") {
  const auto box = core::event_box::of(appended(2, 9, {{"b.1", 4}}));
  const auto stamp = box.stamp(box.body.get());
  REQUIRE(stamp);
  CHECK(*stamp == core::timeline_stamp{"", {"s1.1", 2}, 9, {{"b.1", 4}, {"s1.1", 2}}});
  const auto release = core::event_box::of(timeline::timeline_event_released{id(1), {"b.1", 1}, 1});
  CHECK_FALSE(release.stamp(release.body.get()));
}

TEST_CASE("a tombstone marks an event once; its payload is no longer answered", "[TLN-10]") {
  const timeline::tombstone command{id(1), "asked to"};
  timeline_spec()
      .given(appended(1, 1))
      .when(command)
      .then(timeline::timeline_event_tombstoned{id(1), "asked to"})
      .then_reply(timeline::tombstone_reply{true});
  timeline_spec()
      .given(appended(1, 1), timeline::timeline_event_tombstoned{id(1), "asked to"})
      .when(command)
      .then_nothing()
      .then_reply(timeline::tombstone_reply{false});
  timeline_spec().given(appended(1, 1)).when(timeline::tombstone{id(2), "no such"}).then_rejected("NOT_FOUND");

  timeline_spec()
      .given(appended(1, 1), appended(2, 2), timeline::timeline_event_tombstoned{id(1), "asked to"})
      .when(timeline::tail{})
      .then_reply(
          R"({"events":[{"id":"00000000-0001-7000-8000-000000000001","dot":{"site":"s1.1","n":1},)"
          R"("lamport":1,"vc":{"s1.1":1},)"
          R"("pos":1,"at":"2026-01-01T00:00:00.000000Z","payload":null,"tombstoned":true},)"
          R"({"id":"00000000-0001-7000-8000-000000000002","dot":{"site":"s1.1","n":2},"lamport":2,"vc":{"s1.1":2},)"
          R"("pos":2,"at":"2026-01-01T00:00:00.000000Z","payload":{"own":2}}],)"
          R"("next":{"lamport":2,"pos":2,"vc":{"s1.1":2}},"more":false})");
}

TEST_CASE("the state shows clocks and counts, and no event") {
  lone_timeline lone;
  static_cast<void>(lone.send(append(), context_at(start_of_time)));
  std::string shown;
  core::json_sink to{shown};
  core::encode_value(to, lone.state());
  CHECK(shown.starts_with(R"({"lamport":1,"pos":1,"vc":{"s1.1":1},"held":{"s1.1":1},"pending":0,"hash":")"));
  CHECK(shown.find("payload") == std::string::npos);
}

TEST_CASE("a snapshot that contradicts itself is refused, not folded on") {
  lone_timeline lone;
  static_cast<void>(lone.send(append(), context_at(start_of_time)));
  const auto decode = [](const timeline::stream_image& image) { return timeline::stream::from(image).has_value(); };
  const auto image = lone.state().image();
  CHECK(decode(image));
  auto bad_site = image;
  bad_site.entries[0].site = 7;
  CHECK_FALSE(decode(bad_site));
  auto bad_base = image;
  bad_base.entries[0].base = 7;
  CHECK_FALSE(decode(bad_base));
  auto twice = image;
  twice.sites.push_back(image.sites[0]);
  CHECK_FALSE(decode(twice));
  auto bad_component = image;
  bad_component.bases[0].push_back({9, 1});
  CHECK_FALSE(decode(bad_component));
  for (const std::string& bytes : {std::string{"\x80"}, std::string{"\xc1"}, std::string{"\x81\xa5sites\x01"}})
    CHECK_FALSE(lone_timeline::type().decode_state(bytes));
}
