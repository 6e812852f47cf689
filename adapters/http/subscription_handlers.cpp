#include <memory>

#include "adapters/http/routes.hpp"
#include "domain/core/json.hpp"
#include "domain/core/show_record.hpp"
#include "domain/messaging/commands.hpp"

/// Durable subscriptions over HTTP: pull (long poll), ack, nack, and how far each is behind (journal SUB, §16).
namespace logline::http {

namespace {

struct pull_body {
  std::string member;
  std::int64_t limit = messaging::pull_max;
  std::int64_t wait_ms = 0;
};
constexpr auto describe(core::type_tag<pull_body>) {
  using core::field;
  return core::description<pull_body>(
      "pull", "", field("member", &pull_body::member, messaging::detail::member_attributes),
      field("limit", &pull_body::limit, {.optional = true, .min = 1, .max = messaging::pull_max}),
      field("wait_ms", &pull_body::wait_ms, {.optional = true, .unit = "ms", .min = 0, .max = 5'000}));
}

core::result<pull_body> read_pull(std::string_view json) {
  pull_body body;
  core::decode_scope scope{true};
  auto parsed = core::read_json(json.empty() ? "{}" : json, [&](const core::source& from) {
    core::codec<pull_body>::decode(from, body, scope, {});
  });
  if (!parsed) return parsed.error();
  if (scope.failed()) return scope.take_failure("pull");
  return body;
}

/// Of tenant "system" unless the query says another.
core::result<core::address> find_subscription(const call& c) {
  const auto* tenant = c.where.find("tenant");
  return core::make_address(tenant == nullptr ? "system" : *tenant, messaging::own_type, c.captures[0]);
}

std::string pulled_json(const entity_catalogue& types, const actors::pulled& brought) {
  std::string out;
  core::json_sink json{out};
  json.begin_object(2);
  json.key("events");
  json.begin_array(brought.events.size());
  for (const auto& one : brought.events) {
    json.begin_object(2);
    json.key("delivery");
    json.integer(one.delivery);
    json.key("record");
    core::show_record(one.record, types.find(one.record.entity.type), json);
    json.end_object();
  }
  json.end_array();
  json.key("until");
  if (brought.events.empty())
    json.null();
  else
    json.text(core::to_rfc3339(brought.until));
  json.end_object();
  return out;
}

/// What a subscription command answers, without the positions that the entity routes add.
void settle(const services& s, call c, std::string_view command) {
  auto where = find_subscription(c);
  if (!where) return c.answer.fail(where.error());
  const auto* type = s.types.find(messaging::own_type);
  LL_INVARIANT(type != nullptr, "the program has no type {}", messaging::own_type);
  core::result<core::command_box> box = core::invalid_input("not decoded");
  auto parsed = core::read_json(c.body.empty() ? "{}" : c.body, [&](const core::source& from) {
    box = type->decode_command(command, from, s.door.secrets());
  });
  if (!parsed) return c.answer.fail(parsed.error());
  if (!box) return c.answer.fail(box.error());
  actors::command_request order;
  order.to = *std::move(where);
  order.command = *std::move(box);
  order.principal = std::move(c.principal);
  order.correlation_id = c.correlation;
  order.trace_id = std::move(c.trace);
  s.door.submit(std::move(order),
                actors::reply<actors::command_reply>{[to = c.answer](const core::result<actors::command_reply>& said) {
                  if (!said) return to.fail(said.error());
                  response out;
                  core::json_sink{out.body}.raw(said->reply);
                  to.send(std::move(out));
                }});
}

void count_member(core::json_sink& json, std::string_view name, std::uint64_t value) {
  json.key(name);
  json.unsigned_integer(value);
}

void position_member(core::json_sink& json, std::string_view name, const std::optional<core::gseq>& position) {
  json.key(name);
  if (position)
    json.unsigned_integer(position->value);
  else
    json.null();
}

void write_lag(const actors::subscription_lag& one, core::json_sink& json) {
  json.begin_object(11);
  json.key("tenant");
  json.text(one.subscription.tenant);
  json.key("name");
  json.text(one.subscription.key);
  position_member(json, "cursor", one.status.cursor);
  position_member(json, "oldest", one.status.oldest);
  count_member(json, "lag_events", one.events);
  json.key("lag_seconds");
  json.real(static_cast<double>(one.age.us) / 1e6);
  count_member(json, "given", static_cast<std::uint64_t>(one.status.given));
  count_member(json, "waiting", static_cast<std::uint64_t>(one.status.waiting));
  count_member(json, "parked", static_cast<std::uint64_t>(one.status.parked));
  count_member(json, "window", static_cast<std::uint64_t>(one.status.window));
  json.key("members");
  json.begin_array(one.status.members.size());
  for (const auto& m : one.status.members) {
    json.begin_object(2);
    json.key("member");
    json.text(m.member);
    count_member(json, "given", static_cast<std::uint64_t>(m.given));
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

}  // namespace

void pull_events(const services& s, call c) {
  auto where = find_subscription(c);
  if (!where) return c.answer.fail(where.error());
  auto body = read_pull(c.body);
  if (!body) return c.answer.fail(body.error());
  actors::pull_request ask{*std::move(where), std::move(body->member), body->limit, core::milliseconds(body->wait_ms),
                           std::move(c.principal)};
  s.door.pull(std::move(ask),
              actors::reply<actors::pulled>{[to = c.answer, types = s.types](core::result<actors::pulled> brought) {
                if (!brought) return to.fail(brought.error());
                response out;
                out.body = pulled_json(types, *brought);
                to.send(std::move(out));
              }});
}

void ack_events(const services& s, call c) {
  settle(s, std::move(c), "ack");
}
void nack_events(const services& s, call c) {
  settle(s, std::move(c), "nack");
}

void list_subscriptions(const services& s, call c) {
  const auto* tenant = c.where.find("tenant");
  if (tenant != nullptr && !core::is_name(*tenant))
    return c.answer.fail(core::invalid_input("tenant must be a name", {{"/query/tenant", "must be a name"}}));
  auto deliver = [to = c.answer](core::result<std::vector<actors::subscription_lag>> all) {
    if (!all) return to.fail(all.error());
    response out;
    core::json_sink json{out.body};
    json.begin_object(1);
    json.key("subscriptions");
    json.begin_array(all->size());
    for (const auto& one : *all)
      write_lag(one, json);
    json.end_array();
    json.end_object();
    to.send(std::move(out));
  };
  s.door.subscriptions(tenant == nullptr ? std::string{} : *tenant,
                       actors::reply<std::vector<actors::subscription_lag>>{std::move(deliver)});
}

}  // namespace logline::http
