#include "adapters/http/target.hpp"

#include <algorithm>
#include <charconv>

#include "domain/core/bytes.hpp"

namespace logline::http {

namespace {

constexpr std::size_t parameters_max = 64;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decode(std::string_view raw, bool plus_is_space) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '%') {
      out += plus_is_space && raw[i] == '+' ? ' ' : raw[i];
      continue;
    }
    const int high = i + 2 < raw.size() ? hex_value(raw[i + 1]) : -1;
    const int low = i + 2 < raw.size() ? hex_value(raw[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

bool holds_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; });
}

core::failure bad_path(std::string_view problem) {
  return core::invalid_input("bad path: " + std::string{problem}, {{"/path", std::string{problem}}});
}

core::outcome parse_path(std::string_view path, target& out) {
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::size_t end = std::min(path.find('/'), path.size());
    auto segment = decode(path.substr(0, end), false);
    if (!segment) return bad_path("an escape is not % and two hex digits");
    if (segment->find_first_of("/\\") != std::string::npos) return bad_path("an encoded slash or a backslash");
    if (holds_control(*segment)) return bad_path("a control character");
    if (*segment == "." || *segment == "..") return bad_path("a \".\" or \"..\" segment");
    out.segments.push_back(*std::move(segment));
    path.remove_prefix(end);
  }
  return core::done{};
}

core::failure bad_query(std::string problem) {
  return core::invalid_input("bad query: " + problem, {{"/query", std::move(problem)}});
}

core::outcome parse_query(std::string_view query, target& out) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = decode(pair.substr(0, equals), true);
    auto value = decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value) return bad_query("an escape is not % and two hex digits");
    if (name->empty() || holds_control(*name)) return bad_query("a parameter without a proper name");
    if (value->find('\0') != std::string::npos) return bad_query("a value holds NUL");
    if (out.find(*name) != nullptr) return bad_query("a parameter comes twice");
    if (out.query.size() == parameters_max) return bad_query("more than 64 parameters");
    out.query.push_back({*std::move(name), *std::move(value)});
  }
  return core::done{};
}

}  // namespace

const std::string* target::find(std::string_view name) const {
  const auto found = std::find_if(query.begin(), query.end(), [&](const parameter& p) { return p.name == name; });
  return found == query.end() ? nullptr : &found->value;
}

core::outcome target::only(std::initializer_list<std::string_view> known) const {
  for (const auto& p : query)
    if (std::find(known.begin(), known.end(), p.name) == known.end())
      return core::invalid_input("unknown query parameter", {{"/query/" + core::excerpt(p.name), "unknown parameter"}});
  return core::done{};
}

core::result<target> parse_target(std::string_view raw) {
  if (raw.empty() || raw.front() != '/') return bad_path("it begins with no slash");
  if (raw.find('#') != std::string_view::npos) return bad_path("a fragment");
  const std::size_t question = std::min(raw.find('?'), raw.size());
  target out;
  if (auto read = parse_path(raw.substr(0, question), out); !read) return read.error();
  if (auto read = parse_query(raw.substr(std::min(question + 1, raw.size())), out); !read) return read.error();
  return out;
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return value;
}

core::result<std::uint64_t> count_parameter(const target& from, std::string_view name, std::uint64_t least,
                                            std::uint64_t most, std::uint64_t otherwise) {
  const std::string* text = from.find(name);
  if (text == nullptr) return otherwise;
  const auto value = parse_count(*text);
  if (value && *value >= least && *value <= most) return *value;
  std::string problem = most == std::numeric_limits<std::uint64_t>::max()
                            ? fmt::format("must be a number of at least {}", least)
                            : fmt::format("must be a number from {} to {}", least, most);
  return core::invalid_input(fmt::format("{} {}", name, problem),
                             {{fmt::format("/query/{}", name), std::move(problem)}});
}

}  // namespace logline::http
