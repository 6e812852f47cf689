#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "adapters/cli/commands.hpp"
#include "adapters/cli/fields.hpp"
#include "adapters/cli/json_diff.hpp"
#include "adapters/cli/json_peek.hpp"
#include "adapters/cli/node_client.hpp"
#include "adapters/cli/render.hpp"
#include "domain/core/entity.hpp"
#include "domain/core/json.hpp"

namespace logline::cli {

core::result<node_client*, trouble> connect(std::unique_ptr<node_client>& place, const invocation& run) {
  auto token = find_token(run.given, run.env);
  if (!token) return token.error();
  place = std::make_unique<node_client>(run.given, *std::move(token), run.env);
  return place.get();
}

namespace {

constexpr std::uint64_t page_max = 1'000;

struct do_options {
  std::string address;
  std::string command;
  std::vector<std::string> fields;
  std::string json;
  std::string idempotency_key;
  std::optional<std::uint64_t> expected;
};
struct show_options {
  std::string address;
  std::string as_of;
};
struct diff_options {
  std::string address;
  std::string before;
  std::string after = "now";
};
struct history_options {
  std::string address;
  std::uint64_t from = 1;
  std::uint64_t limit = 50;
};

core::result<core::address, trouble> read_address(const std::string& text) {
  auto entity = core::parse_address(text);
  if (!entity) return trouble{exit_usage, entity.error().message};
  return *std::move(entity);
}

std::string schema_in(std::string_view type_json, std::string_view command) {
  for (const auto* group : {"commands", "queries"})
    for (const auto& message : elements_of(member_of(type_json, group)))
      if (text_of(message, "name") == command) return member_of(message, "schema");
  return {};
}

/// The schema of a command or query: of the types this program knows, else as the node tells; empty where neither knows
/// it.
core::result<std::string, trouble> find_schema(const core::address& entity, const std::string& command,
                                               node_client& node, const environment& env) {
  if (const auto* type = env.find_type(entity.type))
    for (const auto& messages : {type->commands(), type->queries()})
      for (const auto& message : messages)
        if (message.name == command) return core::json_schema(*message.shape);
  auto types = accepted(node.get("/v2/types"));
  if (!types) return types.error();
  for (const auto& type : elements_of(member_of(*types, "types")))
    if (text_of(type, "name") == entity.type) return schema_in(type, command);
  return std::string{};
}

core::result<std::string, trouble> read_body(const do_options& o, const core::address& entity, node_client& node,
                                             const environment& env) {
  if (o.json.empty()) {
    if (o.fields.empty()) return std::string{"{}"};
    auto schema = find_schema(entity, o.command, node, env);
    if (!schema) return schema.error();
    return object_of(o.fields, kinds_of(*schema));
  }
  std::string body = o.json;
  if (o.json == "-") {
    body.assign(std::istreambuf_iterator<char>{env.in}, {});
  } else if (o.json.starts_with('@')) {
    auto file = read_file(o.json.substr(1));
    if (!file) return file.error();
    body = *std::move(file);
  }
  if (auto parsed = core::document_from_json(body); !parsed)
    return trouble{exit_usage, "--json: " + parsed.error().message};
  return body;
}

core::result<std::string, trouble> send_command(const do_options& o, const invocation& run) {
  auto entity = read_address(o.address);
  if (!entity) return entity.error();
  if (!o.idempotency_key.empty() && !is_visible(o.idempotency_key))
    return trouble{exit_usage, "--idempotency-key must be visible ASCII"};
  std::unique_ptr<node_client> node;
  if (auto connected = connect(node, run); !connected) return connected.error();
  auto body = read_body(o, *entity, *node, run.env);
  if (!body) return body.error();
  std::vector<std::string> headers;
  if (!o.idempotency_key.empty()) headers.push_back("Idempotency-Key: " + o.idempotency_key);
  if (o.expected) headers.push_back(fmt::format("X-Expected-Eseq: {}", *o.expected));
  return accepted(node->post(entity_path(*entity) + '/' + percent_encoded(o.command), *body, headers));
}

core::result<std::string, trouble> fetch_state(const show_options& o, const invocation& run) {
  auto entity = read_address(o.address);
  if (!entity) return entity.error();
  std::unique_ptr<node_client> node;
  if (auto connected = connect(node, run); !connected) return connected.error();
  const std::string at = o.as_of.empty() ? std::string{} : "?at=" + percent_encoded(o.as_of);
  return accepted(node->get(entity_path(*entity) + "/show" + at));
}

/// Prints as many events as wanted, page after page.
core::result<core::done, trouble> print_history(const history_options& o, const invocation& run) {
  auto entity = read_address(o.address);
  if (!entity) return entity.error();
  std::unique_ptr<node_client> node;
  if (auto connected = connect(node, run); !connected) return connected.error();
  list_printer printer{run.env.out, run.given.format, {"eseq", "gseq", "at", "event", "principal", "payload"}};
  std::string from = std::to_string(o.from);
  for (std::uint64_t left = o.limit; left > 0 && from != "null";) {
    auto page = accepted(
        node->get(fmt::format("{}/history?from={}&limit={}", entity_path(*entity), from, std::min(left, page_max))));
    if (!page) return page.error();
    const auto events = elements_of(member_of(*page, "events"));
    for (const auto& event : events)
      printer.row(event);
    left -= std::min<std::uint64_t>(left, events.size());
    from = member_of(*page, "next_from");
  }
  printer.finish();
  return core::done{};
}

std::string names_of(std::string_view type_json, std::string_view group) {
  std::string out;
  for (const auto& message : elements_of(member_of(type_json, group)))
    out += (out.empty() ? "" : " ") + text_of(message, "name");
  return out;
}

/// "amount integer, payload any?": a question mark for what may be left out.
std::string fields_of(std::string_view schema) {
  const auto required = elements_of(member_of(schema, "required"));
  std::string out;
  for (const auto& [name, field] : members_of(member_of(schema, "properties"))) {
    std::string type = text_of(field, "format");
    if (type.empty()) type = text_of(field, "type");
    if (type.empty()) type = "any";
    const bool needed = std::find(required.begin(), required.end(), '"' + name + '"') != required.end();
    out += (out.empty() ? "" : ", ") + name + ' ' + type + (needed ? "" : "?");
  }
  return out;
}

void append_member(std::string& json, std::string_view name, std::string_view text) {
  json += json.empty() ? '{' : ',';
  core::append_json_text(json, name);
  json += ':';
  core::append_json_text(json, text);
}

void print_all_types(std::string_view types, const invocation& run) {
  list_printer printer{run.env.out, run.given.format, {"name", "commands", "queries", "events", "doc"}};
  for (const auto& type : elements_of(types)) {
    if (run.given.format == output_format::json || run.given.format == output_format::ndjson) {
      printer.row(type);
      continue;
    }
    std::string row;
    for (const auto* member : {"name", "doc"})
      append_member(row, member, text_of(type, member));
    for (const auto* group : {"commands", "queries", "events"})
      append_member(row, group, names_of(type, group));
    printer.row(row + '}');
  }
  printer.finish();
}

void print_one_type(std::string_view type, const invocation& run) {
  if (run.given.format == output_format::json || run.given.format == output_format::ndjson)
    return print_object(run.env.out, run.given.format, type);
  list_printer printer{run.env.out, run.given.format, {"kind", "name", "fields", "doc"}};
  for (const auto& [kind, group] :
       {std::pair{"command", "commands"}, std::pair{"query", "queries"}, std::pair{"event", "events"}})
    for (const auto& message : elements_of(member_of(type, group))) {
      std::string row;
      append_member(row, "kind", kind);
      append_member(row, "name", text_of(message, "name"));
      append_member(row, "fields", fields_of(member_of(message, "schema")));
      append_member(row, "doc", text_of(message, "doc"));
      printer.row(row + '}');
    }
  printer.finish();
}

core::result<core::done, trouble> print_types(const std::string& name, const invocation& run) {
  std::unique_ptr<node_client> node;
  if (auto connected = connect(node, run); !connected) return connected.error();
  auto answer = accepted(node->get("/v2/types"));
  if (!answer) return answer.error();
  const std::string types = member_of(*answer, "types");
  if (name.empty()) return print_all_types(types, run), core::done{};
  for (const auto& type : elements_of(types))
    if (text_of(type, "name") == name) return print_one_type(type, run), core::done{};
  return trouble{exit_refused, "UNKNOWN_TYPE: no entity type \"" + name + '"'};
}

void print(const core::result<std::string, trouble>& json, invocation& run) {
  if (!json) return run.fail(json.error());
  print_object(run.env.out, run.given.format, *json);
}

void finish(const core::result<core::done, trouble>& done, invocation& run) {
  if (!done) run.fail(done.error());
}

/// What of the state changed from one moment to another.
core::result<core::done, trouble> print_diff(const diff_options& o, const invocation& run) {
  auto entity = read_address(o.address);
  if (!entity) return entity.error();
  std::unique_ptr<node_client> node;
  if (auto connected = connect(node, run); !connected) return connected.error();
  std::string states[2];
  for (const auto& [at, state] : {std::pair{&o.before, &states[0]}, std::pair{&o.after, &states[1]}}) {
    auto seen =
        accepted(node->get(entity_path(*entity) + "/show" + (*at == "now" ? "" : "?at=" + percent_encoded(*at))));
    if (!seen) return seen.error();
    *state = member_of(*seen, "state");
  }
  list_printer printer{run.env.out, run.given.format, {"path", "before", "after"}};
  for (const auto& d : differences_of(states[0], states[1])) {
    std::string row = "{\"path\":";
    core::append_json_text(row, d.path);
    row += ",\"before\":" + (d.before.empty() ? "null" : d.before) +
           ",\"after\":" + (d.after.empty() ? "null" : d.after) + '}';
    printer.row(row);
  }
  printer.finish();
  return core::done{};
}

constexpr const char* address_help = "TENANT/TYPE/KEY, such as acme/task_queue/email";
constexpr const char* moment_help = "eseq:N, gseq:N or an RFC 3339 time";

void add_showing(CLI::App& app, const char* name, invocation& run) {
  auto* const showing = app.add_subcommand(name, "Prints an entity's state, as it is or as it was");
  const auto s = std::make_shared<show_options>();
  showing->add_option("ADDRESS", s->address, address_help)->required();
  showing->add_option("--as-of", s->as_of, moment_help);
  showing->footer("Example:\n  logline show acme/task_queue/email --as-of 2026-03-29T12:00:00Z");
  showing->callback([s, &run] { print(fetch_state(*s, run), run); });
}

void add_history(CLI::App& app, invocation& run) {
  auto* const history = app.add_subcommand("history", "Prints an entity's events");
  const auto h = std::make_shared<history_options>();
  history->add_option("ADDRESS", h->address, address_help)->required();
  history->add_option("--from", h->from, "First eseq")->check(CLI::PositiveNumber)->capture_default_str();
  history->add_option("--limit", h->limit, "At most so many")->check(CLI::PositiveNumber)->capture_default_str();
  history->footer("Example:\n  logline history acme/task_queue/email --limit 10");
  history->callback([h, &run] { finish(print_history(*h, run), run); });
}

void add_diff(CLI::App& app, invocation& run) {
  auto* const diff = app.add_subcommand("diff", "Prints what of an entity's state changed between two moments");
  const auto d = std::make_shared<diff_options>();
  diff->add_option("ADDRESS", d->address, address_help)->required();
  diff->add_option("BEFORE", d->before, moment_help)->required();
  diff->add_option("AFTER", d->after, "The same, or now")->capture_default_str();
  diff->footer("Example:\n  logline entity diff acme/flag/dark_mode eseq:1 eseq:2");
  diff->callback([d, &run] { finish(print_diff(*d, run), run); });
}

}  // namespace

void add_entity_commands(CLI::App& app, invocation& run) {
  auto* const doing = app.add_subcommand("do", "Sends a command or query to an entity");
  const auto d = std::make_shared<do_options>();
  doing->add_option("ADDRESS", d->address, address_help)->required();
  doing->add_option("COMMAND", d->command, "As `logline types TYPE` lists them")->required();
  auto* const fields = doing->add_option("FIELD=VALUE", d->fields, "Fields; @FILE reads a value from a file");
  doing->add_option("--json", d->json, "All fields as one JSON object; - reads stdin, @FILE a file")->excludes(fields);
  doing->add_option("--idempotency-key", d->idempotency_key, "The same key again gets the first answer again");
  doing->add_option("--expect", d->expected, "Refuse unless this is the entity's last eseq");
  doing->footer(
      "Example:\n  logline do acme/task_queue/email enqueue kind=mail.send payload='{\"to\":\"a@b.example\"}'");
  doing->callback([d, &run] { print(send_command(*d, run), run); });

  add_showing(app, "show", run);
  add_history(app, run);
  auto* const group = app.add_subcommand("entity", "One entity through time");
  group->require_subcommand(1);
  add_showing(*group, "state", run);
  add_history(*group, run);
  add_diff(*group, run);

  auto* const types = app.add_subcommand("types", "Prints entity types with their commands, queries and events");
  const auto name = std::make_shared<std::string>();
  types->add_option("TYPE", *name, "Only this one, with its fields");
  types->footer("Example:\n  logline types task_queue");
  types->callback([name, &run] { finish(print_types(*name, run), run); });
}

}  // namespace logline::cli
