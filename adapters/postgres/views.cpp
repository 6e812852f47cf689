#include "adapters/postgres/views.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "domain/core/digest.hpp"

namespace logline::postgres {

namespace {

constexpr std::size_t identifier_bytes_max = 63;  // NAMEDATALEN - 1

constexpr std::string_view envelope = "gseq, at, tenant, ekey, eseq, actor, owner, visibility, event_id, command_id";
constexpr std::array<std::string_view, 10> envelope_columns{"gseq",  "at",         "tenant",   "ekey",       "eseq",
                                                            "actor", "visibility", "event_id", "command_id", "owner"};

/// What PostgreSQL would cut off is told apart by a digest.
std::string identifier(std::string text) {
  for (char& c : text)
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) c = '_';
  if (text.size() <= identifier_bytes_max) return text;
  const auto digest = core::sha256(text).hex().substr(0, 8);
  return text.substr(0, identifier_bytes_max - digest.size() - 1) + '_' + digest;
}

std::string literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text)
    out.append(c == '\'' ? 2 : 1, c);
  return out + '\'';
}

std::string_view reader_of(const core::type_shape& shape) {
  using kind = core::source::kind;
  if (shape.format == "any" || shape.is_map || !shape.alternatives.empty()) return "";
  if (shape.format == "date-time") return "as_time";
  if (shape.format == "uuid") return "as_uuid";
  if (shape.format == "base64" || shape.format == "sha256") return "as_bytes";
  switch (shape.kind) {
    case kind::boolean:
      return "as_boolean";
    case kind::integer:
    case kind::unsigned_integer:
    case kind::real:
      return "as_number";
    case kind::text:
      return "as_text";
    case kind::binary:
      return "as_bytes";
    case kind::null:
    case kind::array:
    case kind::object:
      return "";
  }
  return "";
}

std::string column_of(const core::type_shape::member& member) {
  // A field of the same name as a column of the envelope is the payload's.
  std::string name{member.name};
  if (std::find(envelope_columns.begin(), envelope_columns.end(), name) != envelope_columns.end())
    name = "payload_" + name;
  const std::string value = fmt::format("payload -> {}", literal(member.name));
  const auto reader = member.attr.personal ? std::string_view{} : reader_of(*member.type);
  return reader.empty() ? fmt::format(", {} AS \"{}\"", value, identifier(name))
                        : fmt::format(", @schema@.{}({}) AS \"{}\"", reader, value, identifier(name));
}

view_definition view_of_event(const core::entity_type& type, const core::message_info& event) {
  std::string columns;
  for (const auto& member : event.shape->members)
    if (member.type->format != "secret") columns += column_of(member);
  return {identifier(fmt::format("{}__{}", type.name(), event.name)),
          fmt::format("SELECT {}{} FROM @schema@.journal_event WHERE etype = {} AND name = {}", envelope, columns,
                      literal(type.name()), literal(event.name)),
          std::string{event.doc}};
}

}  // namespace

std::vector<view_definition> views_of(std::span<const core::entity_type* const> types) {
  std::vector<view_definition> out;
  for (const auto* type : types) {
    out.push_back({identifier(fmt::format("{}__events", type->name())),
                   fmt::format("SELECT {}, name, payload FROM @schema@.journal_event WHERE etype = {}", envelope,
                               literal(type->name())),
                   std::string{type->doc()}});
    for (const auto& event : type->events())
      out.push_back(view_of_event(*type, event));
  }
  return out;
}

}  // namespace logline::postgres
