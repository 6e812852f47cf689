#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/cli/environment.hpp"
#include "domain/core/result.hpp"

namespace logline::cli {

/// How a field is written in JSON, as a JSON Schema says it.
enum class field_kind { text, base64, json };
using field_kinds = std::map<std::string, field_kind, std::less<>>;

/// The fields of an object's schema (domain/core/described.hpp writes them).
field_kinds kinds_of(std::string_view json_schema);

/// A JSON object out of "field=value" arguments. A text field takes the value as it stands, any other takes JSON (7,
/// true, [1,2],
/// {"a":1}); a field that is not known takes JSON where the value is JSON, and text otherwise. "@FILE" takes the value
/// from a file,
/// "@@" begins a value with "@"; a field of bytes takes a file as it is. Usage errors name the argument.
core::result<std::string, trouble> object_of(const std::vector<std::string>& arguments, const field_kinds& kinds);

}  // namespace logline::cli
