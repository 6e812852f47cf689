#include "domain/core/personal.hpp"

#include <algorithm>

#include "domain/core/bytes.hpp"
#include "domain/core/codec.hpp"
#include "domain/core/msgpack.hpp"

namespace logline::core {

namespace {
constexpr std::string_view prefix = "sub_";
}

bool is_sealed(const source& value) {
  if (value.type() != source::kind::object || value.size() != 1) return false;
  struct visitor final : source::member_visitor {
    bool member(std::string_view name, const source& child) override {
      sealed = name == sealed_member && child.type() == source::kind::binary;
      return false;
    }
    bool sealed = false;
  } each;
  value.each_member(each);
  return each.sealed;
}

std::string pseudonym_text(const uuid& pseudonym) {
  return std::string{prefix} + to_hex(pseudonym.view());
}

std::optional<uuid> parse_pseudonym(std::string_view text) {
  if (text.size() != prefix.size() + 32 || !text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (!std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  return uuid::from(*from_hex(text));
}

std::string redacted_value(std::string_view request) {
  std::string out;
  msgpack_sink to{out};
  to.begin_object(3);
  to.key("redacted");
  to.boolean(true);
  to.key("reason");
  to.text("erased");
  to.key("request");
  to.text(request);
  to.end_object();
  return out;
}

}  // namespace logline::core
