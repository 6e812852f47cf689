#include "adapters/cli/json_peek.hpp"

#include "domain/core/json.hpp"
#include "domain/core/msgpack.hpp"

namespace logline::cli {

namespace {

std::string to_json(const core::source& value) {
  std::string out;
  core::json_sink sink{out};
  core::copy_value(value, sink);
  return out;
}

/// What is not JSON has nothing to show.
void read(std::string_view json, core::function_ref<void(const core::source&)> look) {
  static_cast<void>(core::read_json(json, look));
}

}  // namespace

std::vector<json_member> members_of(std::string_view json) {
  struct visitor final : core::source::member_visitor {
    bool member(std::string_view name, const core::source& child) override {
      out.push_back({std::string{name}, to_json(child)});
      return true;
    }
    std::vector<json_member> out;
  } each;
  read(json, [&](const core::source& root) {
    if (root.type() == core::source::kind::object) root.each_member(each);
  });
  return std::move(each.out);
}

std::string member_of(std::string_view json, std::string_view name) {
  for (auto& member : members_of(json))
    if (member.name == name) return std::move(member.json);
  return {};
}

std::vector<std::string> elements_of(std::string_view json) {
  struct visitor final : core::source::element_visitor {
    bool element(const core::source& child) override {
      out.push_back(to_json(child));
      return true;
    }
    std::vector<std::string> out;
  } each;
  read(json, [&](const core::source& root) {
    if (root.type() == core::source::kind::array) root.each_element(each);
  });
  return std::move(each.out);
}

std::string plain_text(std::string_view json) {
  std::string out{json};
  read(json, [&](const core::source& root) {
    if (root.type() == core::source::kind::text) out = root.text();
  });
  return out;
}

std::string text_of(std::string_view json, std::string_view name) {
  return plain_text(member_of(json, name));
}

}  // namespace logline::cli
