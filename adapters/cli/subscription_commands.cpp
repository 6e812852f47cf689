#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "adapters/cli/commands.hpp"
#include "adapters/cli/json_peek.hpp"
#include "adapters/cli/node_client.hpp"
#include "adapters/cli/render.hpp"
#include "domain/core/json.hpp"

namespace logline::cli {

namespace {

struct subscription_options {
  std::string name;
  std::string member;
  std::vector<std::uint64_t> events;
  std::uint64_t limit = 100;
  double wait_s = 0;
  std::uint64_t delay_s = 0;
  std::string reason;
  std::string start;
  std::uint64_t from_gseq = 0;
  std::string from_time;
};
struct opening_options {
  std::string name;
  std::string start = "head";
  std::vector<std::string> tenants;
  std::vector<std::string> types;
  std::vector<std::string> streams;
  std::vector<std::string> events;
  std::vector<std::string> members;
  std::uint64_t lease_s = 30;
  std::uint64_t max_deliveries = 10;
  std::uint64_t window = 1'000;
};

/// "TENANT/NAME", or NAME of tenant "system".
core::result<core::address, trouble> read_name(const std::string& text) {
  const std::size_t slash = text.find('/');
  const auto tenant = slash == std::string::npos ? std::string{"system"} : text.substr(0, slash);
  auto made = core::make_address(tenant, "subscription", slash == std::string::npos ? text : text.substr(slash + 1));
  if (!made) return trouble{exit_usage, made.error().message};
  return *std::move(made);
}

std::string json_text_of(std::string_view text) {
  std::string out;
  core::append_json_text(out, text);
  return out;
}

std::string list_of(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts)
    out += (out.empty() ? "" : ",") + json_text_of(text);
  return '[' + out + ']';
}
std::string list_of(const std::vector<std::uint64_t>& numbers) {
  return fmt::format("[{}]", fmt::join(numbers, ","));
}

core::result<std::string, trouble> post(const invocation& run, const std::string& path, const std::string& body) {
  std::unique_ptr<node_client> node;
  if (auto connected = connect(node, run); !connected) return connected.error();
  return accepted(node->post(path, body, {}));
}

/// Sends a command to the subscription's entity; the answer is the command's reply.
void command(invocation& run, const std::string& name, const std::string& command, const std::string& body) {
  auto where = read_name(name);
  if (!where) return run.fail(where.error());
  auto answer = post(run, entity_path(*where) + '/' + command, body);
  if (!answer) return run.fail(answer.error());
  const auto reply = member_of(*answer, "reply");
  print_object(run.env.out, run.given.format, reply == "null" ? *answer : reply);
}

std::string verb_path(const core::address& subscription, std::string_view verb) {
  return fmt::format("/v2/subscriptions/{}/{}?tenant={}", percent_encoded(subscription.key), verb, subscription.tenant);
}

void open(const opening_options& o, invocation& run) {
  command(run, o.name, "open",
          fmt::format(R"({{"filter":{{"tenants":{},"types":{},"streams":{},"events":{}}},"start":{},"members":{},)"
                      R"("lease_s":{},"max_deliveries":{},"window":{}}})",
                      list_of(o.tenants), list_of(o.types), list_of(o.streams), list_of(o.events),
                      json_text_of(o.start), list_of(o.members), o.lease_s, o.max_deliveries, o.window));
}

void list(invocation& run) {
  std::unique_ptr<node_client> node;
  if (auto connected = connect(node, run); !connected) return run.fail(connected.error());
  auto answer = accepted(node->get("/v2/subscriptions"));
  if (!answer) return run.fail(answer.error());
  list_printer printer{
      run.env.out,
      run.given.format,
      {"tenant", "name", "cursor", "lag_events", "lag_seconds", "given", "waiting", "parked", "window"}};
  for (const auto& one : elements_of(member_of(*answer, "subscriptions")))
    printer.row(one);
  printer.finish();
}

void lag(const std::string& name, invocation& run) {
  auto where = read_name(name);
  if (!where) return run.fail(where.error());
  std::unique_ptr<node_client> node;
  if (auto connected = connect(node, run); !connected) return run.fail(connected.error());
  auto answer = accepted(node->get("/v2/subscriptions?tenant=" + where->tenant));
  if (!answer) return run.fail(answer.error());
  for (const auto& one : elements_of(member_of(*answer, "subscriptions")))
    if (text_of(one, "name") == where->key) return print_object(run.env.out, run.given.format, one);
  run.fail({exit_refused, "NOT_FOUND: no open subscription " + name});
}

void pull(const subscription_options& o, invocation& run) {
  auto where = read_name(o.name);
  if (!where) return run.fail(where.error());
  auto answer = post(run, verb_path(*where, "pull"),
                     fmt::format(R"({{"member":{},"limit":{},"wait_ms":{}}})", json_text_of(o.member), o.limit,
                                 static_cast<std::int64_t>(o.wait_s * 1'000)));
  if (!answer) return run.fail(answer.error());
  list_printer printer{
      run.env.out, run.given.format, {"delivery", "gseq", "at", "tenant", "type", "key", "eseq", "event", "payload"}};
  for (const auto& one : elements_of(member_of(*answer, "events")))
    printer.row(fmt::format(R"({{"delivery":{},{})", member_of(one, "delivery"), member_of(one, "record").substr(1)));
  printer.finish();
}

void settle(const subscription_options& o, std::string_view verb, const std::string& more, invocation& run) {
  auto where = read_name(o.name);
  if (!where) return run.fail(where.error());
  auto answer = post(run, verb_path(*where, verb),
                     fmt::format(R"({{"member":{},"events":{}{}}})", json_text_of(o.member), list_of(o.events), more));
  if (!answer) return run.fail(answer.error());
  print_object(run.env.out, run.given.format, *answer);
}

void replay(const subscription_options& o, invocation& run) {
  if (o.from_gseq > 0) return command(run, o.name, "reset", fmt::format(R"({{"start":"gseq:{}"}})", o.from_gseq));
  if (!o.from_time.empty())
    return command(run, o.name, "reset", fmt::format(R"({{"start":{}}})", json_text_of(o.from_time)));
  command(run, o.name, "replay", o.events.empty() ? "{}" : fmt::format(R"({{"events":{}}})", list_of(o.events)));
}

using options_ptr = std::shared_ptr<subscription_options>;

options_ptr add(CLI::App* group, const char* name, const char* help, CLI::App*& out) {
  out = group->add_subcommand(name, help);
  auto o = std::make_shared<subscription_options>();
  out->add_option("NAME", o->name, "Of tenant system, or TENANT/NAME")->required();
  return o;
}
options_ptr add_for_member(CLI::App* group, const char* name, const char* help, CLI::App*& out) {
  auto o = add(group, name, help, out);
  out->add_option("--member", o->member, "Who consumes")->required();
  return o;
}

void add_opening(CLI::App* group, invocation& run) {
  auto* const opening = group->add_subcommand("open", "Begins a subscription");
  const auto o = std::make_shared<opening_options>();
  opening->add_option("NAME", o->name, "Of tenant system, or TENANT/NAME")->required();
  opening->add_option("--start", o->start, "head, begin, gseq:N or a time")->capture_default_str();
  opening->add_option("--tenant", o->tenants, "Only events of these tenants; NAME* is all that begin so");
  opening->add_option("--type", o->types, "Only of these entity types");
  opening->add_option("--stream", o->streams, "Only of these timelines");
  opening->add_option("--event", o->events, "Only these events");
  opening->add_option("--member", o->members, "Who may pull; anybody unless said");
  opening->add_option("--lease", o->lease_s, "Seconds a member has for an event")->capture_default_str();
  opening->add_option("--max-deliveries", o->max_deliveries, "Then an event is parked")->capture_default_str();
  opening->add_option("--window", o->window, "Events given out or held back at a time")->capture_default_str();
  opening->footer("Example:\n  logline sub open billing --type task_queue --event 'task_*' --start begin");
  opening->callback([o, &run] { open(*o, run); });
}

void add_consuming(CLI::App* group, invocation& run) {
  CLI::App* c = nullptr;
  const auto p = add_for_member(group, "pull", "Gets events, each for one member of the group", c);
  c->add_option("--limit", p->limit, "At most so many")->check(CLI::Range(1, 100))->capture_default_str();
  c->add_option("--wait", p->wait_s, "Seconds to wait for the first")->check(CLI::Range(0.0, 5.0));
  c->callback([p, &run] { pull(*p, run); });

  const auto a = add_for_member(group, "ack", "Events are dealt with", c);
  c->add_option("GSEQ", a->events, "Which")->required();
  c->callback([a, &run] { settle(*a, "ack", {}, run); });

  const auto n = add_for_member(group, "nack", "Gives events back", c);
  c->add_option("GSEQ", n->events, "Which")->required();
  c->add_option("--delay", n->delay_s, "Seconds until they may go out again");
  c->add_option("--reason", n->reason, "Why; kept in the history");
  c->callback([n, &run] {
    settle(*n, "nack", fmt::format(R"(,"delay_s":{},"reason":{})", n->delay_s, json_text_of(n->reason)), run);
  });
}

void add_moving(CLI::App* group, invocation& run) {
  CLI::App* c = nullptr;
  const auto r = add(group, "replay", "Gives parked events out again, or everything from a position on", c);
  auto* const which = c->add_option("GSEQ", r->events, "Parked events; the first 1000 unless said");
  auto* const gseq = c->add_option("--from-gseq", r->from_gseq, "Begin anew at this record")->excludes(which);
  c->add_option("--from-time", r->from_time, "Begin anew at this time")->excludes(which)->excludes(gseq);
  c->callback([r, &run] { replay(*r, run); });

  const auto d = add(group, "discard", "Gives parked events up", c);
  c->add_option("GSEQ", d->events, "Which; the first 1000 unless said");
  c->callback([d, &run] {
    command(run, d->name, "discard", d->events.empty() ? "{}" : fmt::format(R"({{"events":{}}})", list_of(d->events)));
  });

  const auto s = add(group, "reset", "Begins anew from another place", c);
  c->add_option("--to", s->start, "head, begin, gseq:N or a time")->required();
  c->callback([s, &run] { command(run, s->name, "reset", fmt::format(R"({{"start":{}}})", json_text_of(s->start))); });

  const auto e = add(group, "close", "Ends a subscription", c);
  c->add_option("--reason", e->reason, "Why; kept in the history");
  c->callback(
      [e, &run] { command(run, e->name, "close", fmt::format(R"({{"reason":{}}})", json_text_of(e->reason))); });
}

}  // namespace

void add_subscription_commands(CLI::App& app, invocation& run) {
  auto* const group = app.add_subcommand("sub", "Durable subscriptions: events of the log for groups of consumers");
  group->require_subcommand(1);
  add_opening(group, run);
  group->add_subcommand("list", "Prints every open subscription and how far it is behind")->callback([&run] {
    list(run);
  });
  CLI::App* c = nullptr;
  const auto l = add(group, "lag", "Prints how far one is behind", c);
  c->callback([l, &run] { lag(l->name, run); });
  add_consuming(group, run);
  add_moving(group, run);
}

}  // namespace logline::cli
