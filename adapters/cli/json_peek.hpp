#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace logline::cli {

struct json_member {
  std::string name;
  std::string json;
};

/// The members of a JSON object, each value as JSON; none where it is no object.
std::vector<json_member> members_of(std::string_view json);
/// The value of one member as JSON; empty where there is none.
std::string member_of(std::string_view json, std::string_view name);
/// The elements of a JSON array; none where it is no array.
std::vector<std::string> elements_of(std::string_view json);
/// A JSON text without its quotes and escapes; any other value as it stands.
std::string plain_text(std::string_view json);
/// plain_text of a member.
std::string text_of(std::string_view json, std::string_view name);

}  // namespace logline::cli
