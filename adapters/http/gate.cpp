#include "adapters/http/gate.hpp"

#include <algorithm>

#include "domain/core/bytes.hpp"

namespace logline::http {

namespace {

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return out;
}

core::failure unauthorized(std::string message) {
  return {core::failure_kind::unauthorized, "UNAUTHORIZED", std::move(message)};
}

core::result<core::principal_id> authenticate(const request_head& head, const server_options& options) {
  const std::string* value = head.find("authorization");
  if (value == nullptr) return unauthorized("send \"Authorization: Bearer TOKEN\"");
  if (head.count("authorization") > 1) return unauthorized("two Authorization fields");
  const std::size_t space = value->find(' ');
  if (lower(std::string_view{*value}.substr(0, space)) != "bearer")
    return core::invalid_input("the only authorization scheme is Bearer",
                               {{"/headers/authorization", "unknown scheme"}});
  std::string_view token = space == std::string::npos ? std::string_view{} : std::string_view{*value}.substr(space);
  token.remove_prefix(std::min(token.find_first_not_of(' '), token.size()));
  if (token.empty() || token.find_first_of(" \t") != std::string_view::npos)
    return unauthorized("malformed bearer token");
  auto who = options.authenticate ? options.authenticate(token) : std::nullopt;
  if (!who) return unauthorized("unknown token");
  return *std::move(who);
}

core::outcome check_parameters(const route& row, const target& where) {
  if (!row.parameters.empty() && row.parameters.front() == "*") return core::done{};
  for (const auto& p : where.query)
    if (std::find(row.parameters.begin(), row.parameters.end(), p.name) == row.parameters.end())
      return core::invalid_input("unknown query parameter", {{"/query/" + core::excerpt(p.name), "unknown parameter"}});
  return core::done{};
}

bool is_json(std::string_view content_type) {
  const std::string type = lower(content_type.substr(0, content_type.find(';')));
  const std::string_view trimmed = std::string_view{type}.substr(0, type.find_last_not_of(" \t") + 1);
  return trimmed == "application/json" || (trimmed.starts_with("application/") && trimmed.ends_with("+json"));
}

core::outcome check_body(const route& row, const request_head& head, const server_limits& limits) {
  if (!head.has_body()) return core::done{};
  if (row.body == body_kind::none) return core::invalid_input("this route takes no body");
  if (head.content_length > limits.*row.body_bytes)
    return core::too_large(fmt::format("the body is larger than {} bytes", limits.*row.body_bytes));
  if (row.body == body_kind::raw) return core::done{};
  if (const auto* encoding = head.find("content-encoding"); encoding != nullptr && lower(*encoding) != "identity")
    return core::invalid_input("content-encoding is not taken here",
                               {{"/headers/content-encoding", "send the body as it is"}});
  const auto* type = head.find("content-type");
  if (type == nullptr || head.count("content-type") > 1 || !is_json(*type))
    return core::failure{core::failure_kind::unsupported_media, "UNSUPPORTED_MEDIA_TYPE",
                         "send the body as application/json"};
  return core::done{};
}

core::outcome check_expectation(const request_head& head) {
  if (head.find("expect") == nullptr || head.expects_continue) return core::done{};
  return core::failure{core::failure_kind::invalid_input, "EXPECTATION_FAILED",
                       "the only expectation known is 100-continue"};
}

core::outcome read_correlation(const request_head& head, core::uuid& out) {
  const auto* text = head.find("x-correlation-id");
  if (text == nullptr) return core::done{};
  auto id = core::parse_uuid(*text);
  if (!id || head.count("x-correlation-id") > 1)
    return core::invalid_input("X-Correlation-Id is no UUID", {{"/headers/x-correlation-id", "must be one UUID"}});
  out = *id;
  return core::done{};
}

}  // namespace

core::result<admitted, refused> admit(const request_head& head, const server_options& options) {
  auto where = parse_target(head.target);
  if (!where) return refused{where.error()};
  auto found = find_route(head.method, where->segments);
  if (found.row == nullptr) {
    if (found.allowed.empty()) return refused{core::not_found("no such path")};
    return refused{
        {core::failure_kind::method_not_allowed, "METHOD_NOT_ALLOWED", "this path does not know that method"},
        {{"Allow", found.allowed}}};
  }
  admitted out{found.row, *std::move(where), std::move(found.captures), {}, {}, trace_of(head)};
  if (out.row->who == access::token) {
    auto who = authenticate(head, options);
    if (!who) return refused{who.error()};
    out.principal = *std::move(who);
  }
  if (auto good = check_parameters(*out.row, out.where); !good) return refused{good.error()};
  if (auto good = check_body(*out.row, head, options.limits); !good) return refused{good.error()};
  if (auto good = check_expectation(head); !good) return refused{good.error()};
  if (auto good = read_correlation(head, out.correlation); !good) return refused{good.error()};
  return out;
}

const std::string* given_request_id(const request_head& head) {
  const std::string* id = head.find("x-request-id");
  if (id == nullptr || id->empty() || id->size() > 128) return nullptr;
  const bool printable = std::all_of(id->begin(), id->end(), [](char c) { return c >= ' ' && c <= '~'; });
  return printable ? id : nullptr;
}

std::string trace_of(const request_head& head) {
  const std::string* parent = head.find("traceparent");
  // version "-" trace id "-" parent id "-" flags; later versions may append, and version ff does not exist
  if (parent == nullptr || head.count("traceparent") > 1 || parent->size() < 55) return {};
  const std::string_view p = *parent;
  const auto is_hex = [](std::string_view text) {
    return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  };
  const bool formed = p[2] == '-' && p[35] == '-' && p[52] == '-' && is_hex(p.substr(0, 2)) &&
                      is_hex(p.substr(3, 32)) && is_hex(p.substr(36, 16)) && is_hex(p.substr(53, 2)) &&
                      !p.starts_with("ff");
  if (!formed || (p.size() > 55 && (p.starts_with("00") || p[55] != '-'))) return {};
  const std::string_view trace = p.substr(3, 32);
  const bool zero = trace.find_first_not_of('0') == std::string_view::npos ||
                    p.substr(36, 16).find_first_not_of('0') == std::string_view::npos;
  return zero ? std::string{} : std::string{trace};
}

bool wants_problem_json(const request_head& head) {
  const std::string* accept = head.find("accept");
  return accept != nullptr && lower(*accept).find("application/problem+json") != std::string::npos;
}

}  // namespace logline::http
