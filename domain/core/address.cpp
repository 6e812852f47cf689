#include "domain/core/address.hpp"

#include <algorithm>

namespace logline::core {

namespace {

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_key_character(char c) {
  return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') ||
         std::string_view{"_.:@~+-/"}.find(c) != std::string_view::npos;
}

bool is_key(std::string_view key) {
  if (key.empty() || key.size() > 128 || !std::all_of(key.begin(), key.end(), is_key_character)) return false;
  for (std::size_t begin = 0; begin <= key.size();) {
    const std::size_t end = std::min(key.find('/', begin), key.size());
    if (key.substr(begin, end - begin).find_first_not_of('.') == std::string_view::npos) return false;
    begin = end + 1;
  }
  return true;
}

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && is_lower_or_digit(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_lower_or_digit(c) || c == '_' || c == '.' || c == '-'; });
}

result<address> make_address(std::string_view tenant, std::string_view type, std::string_view key) {
  if (!is_name(tenant))
    return invalid_input("bad tenant: 1 to 64 characters of a-z 0-9 _ . -", {{"/tenant", "bad name"}});
  if (!is_name(type))
    return invalid_input("bad entity type: 1 to 64 characters of a-z 0-9 _ . -", {{"/type", "bad name"}});
  if (!is_key(key))
    return invalid_input(
        "bad key: 1 to 128 characters of A-Z a-z 0-9 _ . : @ ~ + - and /, no empty or dot-only segment",
        {{"/key", "bad key"}});
  return address{std::string{tenant}, std::string{type}, std::string{key}};
}

result<address> parse_address(std::string_view text) {
  const std::size_t first = text.find('/');
  const std::size_t second = first == std::string_view::npos ? first : text.find('/', first + 1);
  if (second == std::string_view::npos) return invalid_input("bad address: expected tenant/type/key");
  return make_address(text.substr(0, first), text.substr(first + 1, second - first - 1), text.substr(second + 1));
}

}  // namespace logline::core
