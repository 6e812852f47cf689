#include "tests/unit/domain_entities/connector_sample.hpp"

using namespace logline;
using namespace logline::connector_sample;
using namespace logline::integration;
using fixtures::start_of_time;

namespace {

delivery_received received(const receive& command) {
  delivery_received event;
  event.digest = core::sha256(command.body.data);
  event.delivery_id = command.headers.at("x-github-delivery");
  event.size = command.body.data.size();
  event.event = "ping";
  event.content_type = "application/json";
  event.headers = command.headers;
  event.headers.erase("x-hub-signature-256");
  event.body = command.body;
  return event;
}

connector_spec opened_at_start() {
  return connector_spec().given(opened());
}

std::string shown_state(const lone_connector& lone) {
  std::string out;
  core::json_sink to{out};
  core::encode_value(to, lone.state());
  return out;
}

}  // namespace

TEST_CASE("open: acts, refuses while it is open, opens again after close and remembers") {
  open_inbox command;
  command.secret = box.seal("s");
  connector_spec()
      .when(command, context_at(start_of_time))
      .then(
          connector_opened{verifier::hmac_sha256, box.seal("s"), "x-hub-signature-256", "sha256=", {}, {}, 1'000'000});
  opened_at_start().when(command, context_at(start_of_time)).then_rejected("ALREADY_EXISTS");
  const auto first = received(delivery());
  opened_at_start()
      .given(first, connector_closed{"moved"})
      .when(command, context_at(start_of_time))
      .then_look([](const lone_connector& lone, const core::decision& decided) {
        CHECK(decided.events().size() == 1);
        CHECK(lone.state().seen.size() == 1);
      });
}

TEST_CASE("a secret is sealed before it is decided on, and neither state nor events show it") {
  std::optional<core::result<core::command_box>> decoded;
  REQUIRE(core::read_json(R"({"secret":"hunter2","id_header":"x-github-delivery"})", [&](const core::source& from) {
    decoded = lone_connector::type().decode_command("open", from, &box);
  }));
  REQUIRE(*decoded);
  const auto decided =
      lone_connector::type().decide(lone_connector::type().vacant().get(), **decoded, context_at(start_of_time));
  REQUIRE(decided.events().size() == 1);
  const std::string stored = decided.events()[0].encode(decided.events()[0].body.get());
  CHECK(stored.find("hunter2") == std::string::npos);
  std::string shown;
  core::json_sink to{shown};
  core::show_stored(core::codec<connector_opened>::shape(), stored, to);
  CHECK(shown.find("\"secret\":\"(secret)\"") != std::string::npos);
  CHECK(shown.find("2retnuh") == std::string::npos);
  lone_connector lone;
  lone.fold(decided.events()[0], start_of_time);
  CHECK(shown_state(lone).find("retnuh") == std::string::npos);
}

TEST_CASE("receive: a delivery with GitHub's documented signature is accepted as it came", "[CON-06]") {
  const auto command = delivery();
  REQUIRE(command.headers.at("x-hub-signature-256") == github_signature);
  opened_at_start()
      .when(command, context_at(start_of_time))
      .then(received(command))
      .then_reply(receive_reply{true, false, "72d3162e-cc78-11e3-81ab-4c9367dc0958", core::sha256(github_body)});
}

TEST_CASE("receive: the signature covers the raw bytes, whatever they are", "[CON-06]") {
  const std::string raw{"\xff\x00 {\"a\":\r\n1}", 12};
  const auto command = delivery(raw);
  opened_at_start().when(command, context_at(start_of_time)).then(received(command));
  auto respaced = delivery(R"({"a":1})");
  respaced.body.data = R"({"a": 1})";
  opened_at_start().when(respaced, context_at(start_of_time)).then_rejected("SIGNATURE_INVALID");
}

TEST_CASE("receive: a missing or wrong signature is refused and nothing is written", "[CON-04]") {
  const auto with_signature = [](std::string value) {
    auto command = delivery();
    command.headers["x-hub-signature-256"] = std::move(value);
    return command;
  };
  const std::string good{github_signature};
  for (const std::string& value :
       {std::string{}, std::string{"sha256="}, good.substr(7), "sha1=" + good.substr(7),
        good.substr(0, good.size() - 1), good.substr(0, good.size() - 2), good + "00", "sha256=" + std::string(64, '0'),
        " " + good, signature("another secret", github_body)}) {
    CAPTURE(value);
    opened_at_start().when(with_signature(value), context_at(start_of_time)).then_rejected("SIGNATURE_INVALID");
  }
  auto without = delivery();
  without.headers.erase("x-hub-signature-256");
  opened_at_start().when(without, context_at(start_of_time)).then_rejected("SIGNATURE_INVALID");
  lone_connector lone;
  lone.fold(core::event_box::of(opened()), start_of_time);
  CHECK(lone.decide(without, context_at(start_of_time)).rejection()->kind == core::failure_kind::unauthorized);
  auto upper = delivery();
  upper.headers["x-hub-signature-256"] = "sha256=757107EA0EB2509FC211221CCE984B8A37570B6D7586C22C46F4379C8B043E17";
  opened_at_start().when(upper, context_at(start_of_time)).then_look([](const auto&, const auto& d) {
    CHECK(d.events().size() == 1);
  });
}

TEST_CASE("receive: header names match whatever their case") {
  auto command = delivery();
  command.headers = {{"X-Hub-Signature-256", std::string{github_signature}},
                     {"X-GitHub-Delivery", "d1"},
                     {"X-GitHub-Event", "push"},
                     {"Content-Type", "application/json"},
                     {"Authorization", "Bearer x"},
                     {"Cookie", "c"}};
  opened_at_start().when(command, context_at(start_of_time)).then_look([](const lone_connector& lone, const auto&) {
    REQUIRE(lone.state().recent.size() == 1);
    CHECK(lone.state().recent[0].delivery_id == "d1");
    CHECK(lone.state().recent[0].event == "push");
  });
}

TEST_CASE("receive: only headers that matter are kept, and none that carries credentials") {
  auto command = delivery();
  command.headers.insert({{"authorization", "Bearer x"},
                          {"cookie", "c"},
                          {"user-agent", "GitHub-Hookshot/1"},
                          {"traceparent", "00-1-2-01"},
                          {"x-correlation-id", std::string(2'000, 'c')}});
  auto event = received(delivery());
  event.headers["user-agent"] = "GitHub-Hookshot/1";
  event.headers["traceparent"] = "00-1-2-01";
  opened_at_start().when(command, context_at(start_of_time)).then(event);
}

TEST_CASE("receive: the same delivery again is recognised and writes nothing", "[CON-14]") {
  const auto first = delivery();
  opened_at_start()
      .given(received(first))
      .when(first, context_at(start_of_time + core::days(8)))
      .then_nothing()
      .then_reply(receive_reply{true, true, "72d3162e-cc78-11e3-81ab-4c9367dc0958", std::nullopt});
  // The same body under another id is another delivery; another body under the same id is not.
  opened_at_start()
      .given(received(first))
      .when(delivery(github_body, github_secret, "other"), context_at(start_of_time))
      .then_look([](const auto&, const auto& decided) { CHECK(decided.events().size() == 1); });
  opened_at_start().given(received(first)).when(delivery("another body"), context_at(start_of_time)).then_nothing();
}

TEST_CASE("receive: without an id header the body's digest is the identity", "[CON-14]") {
  const auto command = delivery(github_body, github_secret, "");
  const std::string id = "sha256:" + core::sha256(github_body).hex();
  auto event = received(delivery());
  event.delivery_id = id;
  event.headers.erase("x-github-delivery");
  opened_at_start().when(command, context_at(start_of_time)).then(event);
  opened_at_start().given(event).when(command, context_at(start_of_time)).then_nothing();
  auto empty = command;
  empty.headers["x-github-delivery"] = "";
  opened_at_start().given(event).when(empty, context_at(start_of_time)).then_nothing();
}

TEST_CASE("receive: a very long delivery id is replaced by its digest", "[CON-11]") {
  const std::string id(600, 'i');
  opened_at_start()
      .when(delivery(github_body, github_secret, id), context_at(start_of_time))
      .then_look([&](const lone_connector& lone, const auto&) {
        CHECK(lone.state().recent.at(0).delivery_id == "sha256:" + core::sha256(id).hex());
      });
}

TEST_CASE("receive: a body over the limit is too large, before any signature is computed", "[CON-04]") {
  auto small = opened();
  small.max_body_bytes = 12;
  auto command = delivery();
  connector_spec().given(small).when(command, context_at(start_of_time)).then_rejected("PAYLOAD_TOO_LARGE");
  command.headers.clear();
  connector_spec().given(small).when(command, context_at(start_of_time)).then_rejected("PAYLOAD_TOO_LARGE");
  small.max_body_bytes = 13;
  connector_spec().given(small).when(delivery(), context_at(start_of_time)).then_look([](const auto&, const auto& d) {
    CHECK(d.events().size() == 1);
  });
}

TEST_CASE("receive: the largest body that is accepted fits a record") {
  auto command = delivery(std::string(static_cast<std::size_t>(body_bytes_max), 'x'));
  for (const char* name : {"user-agent", "traceparent", "x-correlation-id", "content-encoding"})
    command.headers[name] = std::string(header_bytes_max, 'h');
  opened_at_start().when(command, context_at(start_of_time)).then_look([](const auto&, const core::decision& decided) {
    REQUIRE(decided.events().size() == 1);
    const auto& event = decided.events()[0];
    CHECK(event.encode(event.body.get()).size() + decided.reply().size() + 4'096 < std::size_t{1} << 20);
  });
}

TEST_CASE("receive: nobody is there, or it is closed") {
  connector_spec().when(delivery(), context_at(start_of_time)).then_rejected("NOT_FOUND");
  opened_at_start()
      .given(connector_closed{"moved"})
      .when(delivery(), context_at(start_of_time))
      .then_rejected("ENDPOINT_CLOSED");
}

TEST_CASE("receive: a node without the key says so instead of refusing the provider") {
  opened_at_start().when(delivery(), fixtures::context_at(start_of_time)).then_rejected("UNAVAILABLE");
  const reversing_box other{"other:"};
  auto ctx = fixtures::context_at(start_of_time);
  ctx.secrets = &other;
  opened_at_start().when(delivery(), ctx).then_rejected("INTERNAL");
}

TEST_CASE("rotate_secret: current, then previous, until the grace is over", "[CON-06]") {
  const auto rotate_at = start_of_time + core::hours(1);
  const rotate_secret command{box.seal("new"), 3'600};
  const connector_secret_rotated rotated{box.seal("new"), rotate_at + core::hours(1)};
  opened_at_start().when(command, context_at(rotate_at)).then(rotated);

  const auto after = [&](const receive& d, core::timestamp now) {
    return opened_at_start().at(rotate_at).given(rotated).when(d, context_at(now));
  };
  after(delivery(github_body, "new"), rotate_at).then(received(delivery()));
  auto with_previous = received(delivery());
  with_previous.previous_secret = true;
  after(delivery(), rotate_at + core::hours(1) - core::duration_us{1}).then(with_previous);
  after(delivery(), rotate_at + core::hours(1)).then_rejected("SIGNATURE_INVALID");
  after(delivery(github_body, "neither"), rotate_at).then_rejected("SIGNATURE_INVALID");
}

TEST_CASE("rotate_secret: without grace the old secret is refused at once; refuses where nothing is open") {
  opened_at_start()
      .given(connector_secret_rotated{box.seal("new"), start_of_time})
      .when(delivery(), context_at(start_of_time))
      .then_rejected("SIGNATURE_INVALID");
  CHECK(rotate_secret{}.grace_s == 86'400);
  connector_spec().when(rotate_secret{box.seal("x"), 0}, context_at(start_of_time)).then_rejected("NOT_FOUND");
  opened_at_start()
      .given(connector_closed{""})
      .when(rotate_secret{box.seal("x"), 0}, context_at(start_of_time))
      .then_rejected("ENDPOINT_CLOSED");
}

TEST_CASE("the old secret is forgotten when its time is up") {
  const auto until = start_of_time + core::hours(1);
  const connector_secret_rotated rotated{box.seal("new"), until};
  opened_at_start()
      .given(rotated)
      .when_woken(context_at(until))
      .then(connector_previous_secret_retired{})
      .then_look([](const lone_connector& lone, const auto&) {
        CHECK_FALSE(lone.next_wake());
        CHECK_FALSE(std::get<listening>(lone.state().now).previous);
      });
  opened_at_start()
      .given(rotated)
      .when_woken(context_at(until - core::seconds(1)))
      .then_nothing()
      .then_look([&](const lone_connector& lone, const auto&) { CHECK(lone.next_wake() == until); });
  opened_at_start().when_woken(context_at(until)).then_nothing();
}

TEST_CASE("close: acts, refuses where there is no connector, stays quiet when it is closed") {
  opened_at_start().when(close_inbox{"moved"}, context_at(start_of_time)).then(connector_closed{"moved"});
  connector_spec().when(close_inbox{}, context_at(start_of_time)).then_rejected("NOT_FOUND");
  opened_at_start().given(connector_closed{"moved"}).when(close_inbox{}, context_at(start_of_time)).then_nothing();
}

TEST_CASE("deliveries: the newest first, as many as asked for") {
  lone_connector lone;
  lone.fold(core::event_box::of(opened()), start_of_time);
  for (int i = 1; i <= 120; ++i) {
    auto event = received(delivery());
    event.delivery_id = "d" + std::to_string(i);
    lone.fold(core::event_box::of(event), start_of_time + core::seconds(i));
  }
  const auto two =
      core::from_msgpack<deliveries_reply>(lone.decide(list_deliveries{2}, context_at(start_of_time)).reply());
  REQUIRE(two);
  REQUIRE(two->deliveries.size() == 2);
  CHECK(two->deliveries[0].delivery_id == "d120");
  CHECK(two->deliveries[1].delivery_id == "d119");
  CHECK(two->remembered == 120);
  const auto all =
      core::from_msgpack<deliveries_reply>(lone.decide(list_deliveries{100}, context_at(start_of_time)).reply());
  CHECK(all->deliveries.size() == 100);
  CHECK(all->deliveries.back().delivery_id == "d21");
  connector_spec().when(list_deliveries{}, context_at(start_of_time)).then_rejected("NOT_FOUND");
  lone.check_replay();
}

TEST_CASE("delivery: answers the body as it came, from the journal") {
  opened_at_start()
      .given(received(delivery()))
      .when(read_delivery{"72d3162e-cc78-11e3-81ab-4c9367dc0958"}, context_at(start_of_time))
      .then_reply(R"({"delivery_id":"72d3162e-cc78-11e3-81ab-4c9367dc0958","at":"2026-01-01T00:00:00.000000Z",)"
                  R"("eseq":2,"size":13,)"
                  R"("event":"ping","content_type":"application/json","headers":{"content-type":"application/json",)"
                  R"("x-github-delivery":"72d3162e-cc78-11e3-81ab-4c9367dc0958","x-github-event":"ping"},)"
                  R"("body":{"$b64":"SGVsbG8sIFdvcmxkIQ=="}})");
  opened_at_start().when(read_delivery{"unknown"}, context_at(start_of_time)).then_rejected("NOT_FOUND");
  opened_at_start()
      .given(received(delivery()))
      .when(read_delivery{"72d3162e-cc78-11e3-81ab-4c9367dc0958"}, context_at(start_of_time + core::days(9)))
      .then_rejected("NOT_FOUND");
}

TEST_CASE("the state keeps no body") {
  lone_connector lone;
  lone.fold(core::event_box::of(opened()), start_of_time);
  auto command = delivery("a body that would be found again");
  lone.fold(core::event_box::of(received(command)), start_of_time);
  std::string stored;
  core::msgpack_sink to{stored};
  lone_connector::type().encode_state(&lone.state(), to);
  CHECK(stored.find("a body that") == std::string::npos);
  CHECK(core::event_box::of(received(command)).personal_fields == 1);
}

TEST_CASE("a connector's commands are bounded by their descriptions") {
  const auto refused_at = [](const char* name, const char* body) -> std::string {
    std::optional<core::failure> refusal;
    REQUIRE(core::read_json(body, [&](const core::source& from) {
      const auto decoded = lone_connector::type().decode_command(name, from, &box);
      if (!decoded) refusal = decoded.error();
    }));
    return refusal ? refusal->details.at(0).path : "accepted";
  };
  CHECK(refused_at("open", R"({})") == "/secret");
  CHECK(refused_at("open", R"({"secret":""})") == "/secret");
  CHECK(refused_at("open", R"({"secret":"s","verifier":"none"})") == "/verifier");
  CHECK(refused_at("open", R"({"secret":"s","signature_header":"X-Sig"})") == "/signature_header");
  CHECK(refused_at("open", R"({"secret":"s","max_body_bytes":1000001})") == "/max_body_bytes");
  CHECK(refused_at("open", R"({"secret":"s","max_body_bytes":0})") == "/max_body_bytes");
  CHECK(refused_at("open", R"({"secret":"s","signature_prefix":""})") == "accepted");
  CHECK(refused_at("rotate_secret", R"({"secret":"s","grace_s":259201})") == "/grace_s");
  CHECK(refused_at("rotate_secret", R"({"secret":"s"})") == "accepted");
  CHECK(refused_at("receive", R"({"headers":{},"body":"?"})") == "/body");
}
