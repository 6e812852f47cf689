#include "domain/process/webhook_process.hpp"
#include "domain/core/json.hpp"
#include "domain/integration/connector.hpp"
#include "domain/process/webhook_intake.hpp"
#include "domain/timeline/timeline.hpp"
#include "domain/work/commands.hpp"
#include "tests/unit/domain_entities/connector_sample.hpp"

using namespace logline;
using process::webhook_intake_reactor;
using process::webhook_process_handler;

namespace {

core::record delivered_at(core::address connector) {
  integration::delivery_received event;
  event.delivery_id = "d1";
  event.body.data = "Hello, World!";
  event.digest = core::sha256(event.body.data);
  event.size = event.body.data.size();
  event.event = "push";
  event.content_type = "application/json";
  core::record out;
  out.entity = std::move(connector);
  out.event = "delivery_received";
  out.payload = core::to_msgpack(event);
  return out;
}

constexpr std::string_view hello_digest = "dffd6021bb2bd5b0af676290809ec3a53191dd81c7f70a4b28688a362182986f";

/// The command's body must be one that the entity accepts from a door.
template <class Command>
Command accepted(const core::outgoing_command& outgoing) {
  Command command;
  core::decode_scope scope{true};
  REQUIRE(core::read_msgpack(outgoing.body.msgpack, [&](const core::source& from) {
    core::codec<Command>::decode(from, command, scope, {});
  }));
  if (scope.failed()) FAIL(scope.take_failure(outgoing.command).message);
  return command;
}

core::result<core::task_outcome> handle(std::string_view payload_json) {
  return webhook_process_handler().handle({"acme", "task_queue", "webhooks"}, core::make_uuid7(1, 2, 3),
                                          core::document_from_json(payload_json).value());
}

}  // namespace

TEST_CASE("intake listens to deliveries of connectors") {
  CHECK(webhook_intake_reactor().name == "webhook_intake");
  CHECK(webhook_intake_reactor().entity_type == "connector");
  CHECK(webhook_intake_reactor().event == "delivery_received");
}

TEST_CASE("a delivery becomes one timeline event and one task, without its body") {
  const auto reaction = webhook_intake_reactor().react(delivered_at({"acme", "connector", "github"}));
  REQUIRE(reaction);
  REQUIRE(reaction->size() == 2);
  const auto& entry = reaction->at(0);
  CHECK(entry.to.text() == "acme/timeline/webhooks.github");
  CHECK(entry.command == "append");
  CHECK(core::json_text(accepted<timeline::append>(entry).payload) ==
        R"({"delivery_id":"d1","digest":")" + std::string{hello_digest} +
            R"(","event":"push","size":13,"content_type":"application/json","connector":"github"})");
  const auto& task = reaction->at(1);
  CHECK(task.to.text() == "acme/task_queue/webhooks");
  CHECK(task.command == "enqueue");
  const auto enqueue = accepted<work::enqueue>(task);
  CHECK(enqueue.kind == "webhook.process");
  CHECK(core::json_text(enqueue.payload) == R"({"connector":"github","delivery_id":"d1","digest":")" +
                                                std::string{hello_digest} + R"(","event":"push","size":13})");
  for (const auto& command : *reaction)
    CHECK(command.body.msgpack.find("Hello") == std::string::npos);
}

TEST_CASE("the reaction to a record is the same every time") {
  const auto record = delivered_at({"acme", "connector", "github"});
  const auto once = webhook_intake_reactor().react(record);
  const auto again = webhook_intake_reactor().react(record);
  REQUIRE(once->size() == again->size());
  for (std::size_t i = 0; i < once->size(); ++i) {
    CHECK(once->at(i).to == again->at(i).to);
    CHECK(once->at(i).body == again->at(i).body);
  }
}

TEST_CASE("a connector's name of any length gives an address") {
  for (const std::size_t length : {119u, 120u, 128u}) {
    const auto record = delivered_at({"acme", "connector", std::string(length, 'k')});
    const auto reaction = webhook_intake_reactor().react(record);
    REQUIRE(reaction);
    for (const auto& command : *reaction) {
      CAPTURE(command.to.text());
      CHECK(core::make_address(command.to.tenant, command.to.type, command.to.key));
    }
  }
  CHECK(webhook_intake_reactor().react(delivered_at({"a", "connector", std::string(119, 'k')}))->at(0).to.key ==
        "webhooks." + std::string(119, 'k'));
}

TEST_CASE("an event that intake cannot read is an error") {
  auto damaged = delivered_at({"acme", "connector", "github"});
  damaged.payload = "\xc1";
  CHECK(webhook_intake_reactor().react(damaged).error().code == "INVALID_INPUT");
  auto newer = delivered_at({"acme", "connector", "github"});
  newer.schema = 2;
  CHECK(webhook_intake_reactor().react(newer).error().code == "UNKNOWN_SCHEMA");
}

TEST_CASE("the handler notes that the delivery was handled") {
  const auto outcome = handle(R"({"connector":"github","delivery_id":"d1","digest":")" + std::string{hello_digest} +
                              R"(","event":"push","size":13})");
  REQUIRE(outcome);
  CHECK(core::json_text(outcome->result) ==
        R"({"delivery_id":"d1","digest":")" + std::string{hello_digest} + R"(","handled":true})");
  REQUIRE(outcome->commands.size() == 1);
  CHECK(outcome->commands[0].to.text() == "acme/timeline/processed.github");
  CHECK(outcome->commands[0].command == "append");
  CHECK(core::json_text(accepted<timeline::append>(outcome->commands[0]).payload) ==
        R"({"delivery_id":"d1","digest":")" + std::string{hello_digest} +
            R"(","event":"push","connector":"github","task_id":"00000000-0001-7002-8000-000000000003"})");
}

TEST_CASE("the task that intake makes is one that the handler takes") {
  auto record = delivered_at({"acme", "connector", "github"});
  const auto task = accepted<work::enqueue>(webhook_intake_reactor().react(record)->at(1));
  CHECK(task.kind == webhook_process_handler().kind);
  CHECK(webhook_process_handler().handle({"acme", "task_queue", "webhooks"}, core::make_uuid7(1, 2, 3), task.payload));
}

TEST_CASE("a payload that is no delivery fails for good") {
  for (
      const char* payload :
      {"{}", "7", R"({"connector":"github","delivery_id":"d1","digest":"00","size":13})",
       R"({"connector":"","delivery_id":"d1","digest":)"
       R"("dffd6021bb2bd5b0af676290809ec3a53191dd81c7f70a4b28688a362182986f","size":1})",
       R"({"connector":"g","delivery_id":"d1","digest":)"
       R"("dffd6021bb2bd5b0af676290809ec3a53191dd81c7f70a4b28688a362182986f","size":1,"x":1})"}) {
    CAPTURE(payload);
    const auto outcome = handle(payload);
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().kind == core::failure_kind::invalid_input);
  }
}
