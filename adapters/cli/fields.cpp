#include "adapters/cli/fields.hpp"

#include <set>

#include <fmt/format.h>

#include "adapters/cli/json_peek.hpp"
#include "adapters/cli/settings.hpp"
#include "domain/core/bytes.hpp"
#include "domain/core/json.hpp"

namespace logline::cli {

namespace {

field_kind kind_of(std::string_view schema) {
  if (text_of(schema, "contentEncoding") == "base64") return field_kind::base64;
  const std::string type = member_of(schema, "type");
  const bool is_text = type == "\"string\"" || type == "[\"string\",\"null\"]";
  return is_text ? field_kind::text : field_kind::json;
}

struct argument_value {
  std::string text;
  bool is_file = false;
};

core::result<argument_value, trouble> value_of(std::string_view written) {
  if (written.starts_with("@@")) return argument_value{std::string{written.substr(1)}};
  if (!written.starts_with('@')) return argument_value{std::string{written}};
  auto content = read_file(std::string{written.substr(1)});
  if (!content) return content.error();
  return argument_value{*std::move(content), true};
}

core::result<std::string, trouble> json_of(const std::string& name, const argument_value& value,
                                           const field_kind* kind) {
  const bool is_json = core::document_from_json(value.text).has_value();
  if (kind == nullptr ? is_json : *kind == field_kind::json) {
    if (!is_json) return trouble{exit_usage, fmt::format("{}: must be JSON, such as 7, true, [1,2] or \"text\"", name)};
    return value.text;
  }
  const bool encode = kind != nullptr && *kind == field_kind::base64 && value.is_file;
  std::string out;
  core::append_json_text(out, encode ? core::to_base64(value.text) : value.text);
  if (!core::document_from_json(out)) return trouble{exit_usage, fmt::format("{}: must be UTF-8", name)};
  return out;
}

}  // namespace

field_kinds kinds_of(std::string_view json_schema) {
  field_kinds out;
  for (const auto& [name, schema] : members_of(member_of(json_schema, "properties")))
    out.emplace(name, kind_of(schema));
  return out;
}

core::result<std::string, trouble> object_of(const std::vector<std::string>& arguments, const field_kinds& kinds) {
  std::string out = "{";
  std::set<std::string> seen;
  for (const auto& argument : arguments) {
    const std::size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    if (equals == std::string::npos || name.empty())
      return trouble{exit_usage, fmt::format("{}: expected field=value", core::excerpt(argument))};
    if (!seen.insert(name).second) return trouble{exit_usage, fmt::format("{} comes twice", core::excerpt(name))};
    auto value = value_of(std::string_view{argument}.substr(equals + 1));
    if (!value) return value.error();
    const auto kind = kinds.find(name);
    auto json = json_of(core::excerpt(name), *value, kind == kinds.end() ? nullptr : &kind->second);
    if (!json) return json.error();
    if (out.size() > 1) out += ',';
    core::append_json_text(out, name);
    out += ':' + *json;
  }
  return out + '}';
}

}  // namespace logline::cli
