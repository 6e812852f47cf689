#include "adapters/http/routes.hpp"
#include "domain/core/bytes.hpp"
#include "domain/core/json.hpp"
#include "domain/core/msgpack.hpp"

namespace logline::http {

namespace {

core::failure bad_filter(std::string_view name) {
  return core::invalid_input(fmt::format("{} must be a name", name),
                             {{fmt::format("/query/{}", name), "must be 1 to 64 characters of a-z 0-9 _ . -"}});
}

/// Cursors are the address of the last entry, in hex so that nobody takes them apart.
core::result<std::string> read_cursor(const target& where) {
  const std::string* cursor = where.find("cursor");
  if (cursor == nullptr) return std::string{};
  auto text = core::from_hex(*cursor);
  if (!text || !core::parse_address(*text))
    return core::invalid_input("no cursor of ours", {{"/query/cursor", "must be a next_cursor of an earlier answer"}});
  return *std::move(text);
}

std::string page_json(const std::vector<actors::directory_entry>& entries, std::size_t limit) {
  std::string out;
  core::json_sink json{out};
  json.begin_object(2);
  json.key("entities");
  json.begin_array(entries.size());
  for (const auto& entry : entries) {
    json.begin_object(5);
    json.key("tenant");
    json.text(entry.entity.tenant);
    json.key("type");
    json.text(entry.entity.type);
    json.key("key");
    json.text(entry.entity.key);
    json.key("eseq");
    json.unsigned_integer(entry.sequence.value);
    json.key("gseq");
    json.unsigned_integer(entry.last.value);
    json.end_object();
  }
  json.end_array();
  json.key("next_cursor");
  if (entries.size() == limit)
    json.text(core::to_hex(entries.back().entity.text()));
  else
    json.null();
  json.end_object();
  return out;
}

void write_schema(core::json_sink& json, std::string_view key, const core::type_shape& shape) {
  json.key(key);
  const auto copied =
      core::read_json(core::json_schema(shape), [&](const core::source& s) { core::copy_value(s, json); });
  LL_INVARIANT(copied.has_value(), "the schema of {} is no JSON", shape.name);
}

void write_messages(core::json_sink& json, std::string_view key, std::span<const core::message_info> messages) {
  json.key(key);
  json.begin_array(messages.size());
  for (const auto& message : messages) {
    json.begin_object(4);
    json.key("name");
    json.text(message.name);
    json.key("doc");
    json.text(message.doc);
    json.key("version");
    json.unsigned_integer(message.version);
    write_schema(json, "schema", *message.shape);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

void list_entities(const services& s, call c) {
  for (const std::string_view name : {"tenant", "type"})
    if (const auto* value = c.where.find(name); value != nullptr && !core::is_name(*value))
      return c.answer.fail(bad_filter(name));
  auto limit = count_parameter(c.where, "limit", 1, s.limits.page_max, s.limits.page);
  if (!limit) return c.answer.fail(limit.error());
  auto after = read_cursor(c.where);
  if (!after) return c.answer.fail(after.error());
  const auto text = [&](std::string_view name) {
    const auto* value = c.where.find(name);
    return value == nullptr ? std::string{} : *value;
  };
  auto deliver = [to = c.answer, limit = *limit](core::result<std::vector<actors::directory_entry>> entries) {
    if (!entries) return to.fail(entries.error());
    response out;
    out.body = page_json(*entries, limit);
    to.send(std::move(out));
  };
  s.door.directory(text("tenant"), text("type"), *std::move(after), *limit,
                   actors::reply<std::vector<actors::directory_entry>>{std::move(deliver)});
}

void list_types(const services& s, call c) {
  response out;
  core::json_sink json{out.body};
  json.begin_object(1);
  json.key("types");
  json.begin_array(0);
  for (const auto* type : s.types.all()) {
    json.begin_object(7);
    json.key("name");
    json.text(type->name());
    json.key("doc");
    json.text(type->doc());
    json.key("fold_version");
    json.unsigned_integer(type->fold_version());
    write_messages(json, "commands", type->commands());
    write_messages(json, "queries", type->queries());
    write_messages(json, "events", type->events());
    write_schema(json, "state", type->state_shape());
    json.end_object();
  }
  json.end_array();
  json.end_object();
  c.answer.send(std::move(out));
}

}  // namespace logline::http
