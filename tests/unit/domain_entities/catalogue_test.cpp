#include "domain/catalogue.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <set>
#include <string>

#include "domain/core/json.hpp"

using namespace logline;

namespace {

std::vector<core::message_info> messages(const core::entity_type& type) {
  std::vector<core::message_info> all{type.commands().begin(), type.commands().end()};
  all.insert(all.end(), type.queries().begin(), type.queries().end());
  all.insert(all.end(), type.events().begin(), type.events().end());
  return all;
}

/// "task_lease_expired", "flag_set": what happened, in the past tense.
bool is_past_tense(std::string_view name) {
  static const std::set<std::string_view> irregular{"set",   "unset", "held", "sent", "put",   "lost",  "kept", "made",
                                                    "begun", "read",  "won",  "left", "given", "taken", "reset"};
  const auto last = name.substr(name.rfind('_') + 1);
  return last.ends_with("ed") || irregular.contains(last);
}

bool is_field_name(std::string_view name) {
  return !name.empty() && name.front() >= 'a' && name.front() <= 'z' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

void for_each_shape(const core::type_shape& shape, const std::function<void(const core::type_shape&)>& visit) {
  visit(shape);
  if (shape.element != nullptr) for_each_shape(*shape.element, visit);
  for (const auto& member : shape.members)
    for_each_shape(*member.type, visit);
  for (const auto* alternative : shape.alternatives)
    for_each_shape(*alternative, visit);
}

}  // namespace

TEST_CASE("the catalogue finds every entity type under the name that addresses use") {
  std::set<std::string_view> names;
  for (const auto* type : domain::entity_types()) {
    CAPTURE(type->name());
    CHECK(core::is_name(type->name()));
    CHECK(names.insert(type->name()).second);
    CHECK(domain::find_entity_type(type->name()) == type);
    CHECK_FALSE(type->doc().empty());
    CHECK(type->fold_version() >= 1);
    CHECK_FALSE(type->commands().empty());
    CHECK_FALSE(type->events().empty());
  }
  for (const auto* expected : {"connector", "task_queue", "tenant", "timeline"})
    CHECK(names.contains(expected));
  CHECK(domain::find_entity_type("nonsense") == nullptr);
  CHECK(domain::find_entity_type("") == nullptr);
}

TEST_CASE("every message says what it is for, and is found by one name") {
  for (const auto* type : domain::entity_types()) {
    std::set<std::string_view> askable;
    for (const auto& message : messages(*type)) {
      CAPTURE(type->name(), message.name);
      CHECK(is_field_name(message.name));
      CHECK(message.doc.ends_with('.'));
      CHECK(message.version >= 1);
    }
    for (const auto* list : {"commands", "queries"})
      for (const auto& message : list == std::string_view{"commands"} ? type->commands() : type->queries()) {
        CAPTURE(type->name(), message.name);
        CHECK(askable.insert(message.name).second);
      }
  }
}

TEST_CASE("events are told in the past tense, and no two entities tell one of the same name") {
  std::set<std::string_view> told;
  for (const auto* type : domain::entity_types())
    for (const auto& event : type->events()) {
      CAPTURE(type->name(), event.name);
      CHECK(is_past_tense(event.name));
      CHECK(told.insert(event.name).second);
    }
}

TEST_CASE("no shape has two fields of one name") {
  for (const auto* type : domain::entity_types())
    for (const auto& message : messages(*type))
      for_each_shape(*message.shape, [&](const core::type_shape& shape) {
        std::set<std::string_view> fields;
        for (const auto& member : shape.members) {
          CAPTURE(type->name(), message.name, shape.name, member.name);
          CHECK(is_field_name(member.name));
          CHECK(fields.insert(member.name).second);
        }
      });
}

TEST_CASE("every message has a JSON Schema") {
  for (const auto* type : domain::entity_types()) {
    for (const auto& message : messages(*type)) {
      CAPTURE(type->name(), message.name);
      CHECK(core::document_from_json(core::json_schema(*message.shape)));
    }
    CHECK(core::document_from_json(core::json_schema(type->state_shape())));
  }
}

TEST_CASE("the state of an entity that does not exist yet is stored and read back") {
  for (const auto* type : domain::entity_types()) {
    CAPTURE(type->name());
    const auto vacant = type->vacant();
    std::string stored;
    core::msgpack_sink to{stored};
    type->encode_state(vacant.get(), to);
    const auto restored = type->decode_state(stored);
    if (!restored) FAIL(restored.error().message);
    CHECK(type->state_hash(restored->get()) == type->state_hash(vacant.get()));
    CHECK_FALSE(type->next_wake(vacant.get()));
    CHECK_FALSE(type->decode_state("\xc1"));
    std::string shown;
    core::json_sink json{shown};
    type->encode_state(vacant.get(), json);
    CHECK(core::document_from_json(shown));
  }
}

TEST_CASE("an event that no version of an entity told stops its fold", "[REP-08]") {
  for (const auto* type : domain::entity_types()) {
    CAPTURE(type->name());
    const auto state = type->vacant();
    const auto folded = type->apply(state.get(), "nonsense_happened", 1, "\x80", {core::eseq{1}, {}});
    REQUIRE_FALSE(folded);
    CHECK(folded.error().code == "UNKNOWN_SCHEMA");
    const auto& known = type->events().front();
    const auto future = type->apply(state.get(), known.name, static_cast<std::uint16_t>(known.version + 1), "\x80",
                                    {core::eseq{1}, {}});
    REQUIRE_FALSE(future);
    CHECK(future.error().code == "UNKNOWN_SCHEMA");
  }
}

TEST_CASE("reactors listen to events that exist, and have names of their own") {
  std::set<std::string_view> names;
  for (const auto* reactor : domain::reactors()) {
    CAPTURE(reactor->name);
    CHECK(core::is_name(reactor->name));
    CHECK(names.insert(reactor->name).second);
    CHECK_FALSE(reactor->doc.empty());
    const auto* type = domain::find_entity_type(reactor->entity_type);
    REQUIRE(type != nullptr);
    const auto events = type->events();
    CHECK(std::any_of(events.begin(), events.end(), [&](const auto& event) { return event.name == reactor->event; }));
  }
}

TEST_CASE("task kinds have one handler each") {
  std::set<std::string_view> kinds;
  for (const auto* handler : domain::task_handlers()) {
    CAPTURE(handler->kind);
    CHECK(core::is_name(handler->kind));
    CHECK(kinds.insert(handler->kind).second);
    CHECK_FALSE(handler->doc.empty());
  }
  CHECK(kinds.contains("webhook.process"));
}

TEST_CASE("what is about persons can be counted from the shapes") {
  std::set<std::string> personal;
  for (const auto* type : domain::entity_types())
    for (const auto& event : type->events())
      for (const auto& member : event.shape->members)
        if (member.attr.personal) personal.insert(std::string{event.name} + '.' + std::string{member.name});
  CHECK(personal.contains("delivery_received.body"));
}
