#include "adapters/http/routes.hpp"

#include <array>
#include <optional>

namespace logline::http {

namespace {

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    parts.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return parts;
}

std::optional<std::vector<std::string>> match(std::string_view pattern, const std::vector<std::string>& segments) {
  std::vector<std::string> captures;
  std::size_t at = 0;
  for (const std::string_view part : split(pattern)) {
    if (at == segments.size()) return std::nullopt;
    if (part.ends_with("+}")) {
      captures.insert(captures.end(), segments.begin() + static_cast<std::ptrdiff_t>(at), segments.end());
      return captures;
    }
    if (part.starts_with('{'))
      captures.push_back(segments[at]);
    else if (part != segments[at])
      return std::nullopt;
    ++at;
  }
  if (at != segments.size()) return std::nullopt;
  return captures;
}

}  // namespace

std::span<const route> routes() {
  static const std::array table{
      route{"POST",
            "/v2/entities/{tenant}/{type}/{key and command+}",
            access::token,
            body_kind::json,
            {"expected_eseq"},
            submit_command},
      route{"GET", "/v2/entities/{tenant}/{type}/{key and query+}", access::token, body_kind::none, {"*"}, read_entity},
      route{
          "GET", "/v2/entities", access::token, body_kind::none, {"tenant", "type", "limit", "cursor"}, list_entities},
      route{"GET", "/v2/types", access::token, body_kind::none, {}, list_types},
      route{"GET", "/v2/log", access::token, body_kind::none, {"from", "limit"}, read_log},
      route{"GET", "/v2/log/head", access::token, body_kind::none, {}, read_log_head},
      route{"GET", "/v2/log/proof", access::token, body_kind::none, {"gseq", "tree_size"}, prove_record},
      route{"GET", "/v2/log/checkpoint", access::token, body_kind::none, {}, read_checkpoint},
      route{"GET", "/v2/log/state", access::token, body_kind::none, {}, digest_state},
      route{"GET", "/v2/journal/head", access::token, body_kind::none, {}, read_log_head},
      route{"GET", "/v2/journal/{gseq}", access::token, body_kind::none, {}, read_journal_record},
      route{"GET", "/v2/journal/{gseq}/proof", access::token, body_kind::none, {"tree_size"}, prove_journal_record},
      route{"GET",
            "/v2/export",
            access::token,
            body_kind::none,
            {"since", "until", "from", "tenant", "type", "key", "event"},
            export_log},
      route{"GET", "/v2/mirrors", access::token, body_kind::none, {}, list_mirrors},
      route{"GET", "/v2/projections", access::token, body_kind::none, {}, list_projections},
      route{"POST", "/v2/projections/{name}/rebuild", access::token, body_kind::json, {}, rebuild_projection},
      route{"GET", "/v2/subscriptions", access::token, body_kind::none, {"tenant"}, list_subscriptions},
      route{"POST", "/v2/subscriptions/{name}/pull", access::token, body_kind::json, {"tenant"}, pull_events},
      route{"POST", "/v2/subscriptions/{name}/ack", access::token, body_kind::json, {"tenant"}, ack_events},
      route{"POST", "/v2/subscriptions/{name}/nack", access::token, body_kind::json, {"tenant"}, nack_events},
      route{"POST",
            "/webhook/{tenant}/{connector}",
            access::open,
            body_kind::raw,
            {},
            receive_webhook,
            &server_limits::webhook_bytes},
      route{"GET", "/v2/backups", access::token, body_kind::none, {}, list_backups},
      route{"POST", "/v2/backups", access::token, body_kind::none, {"label"}, order_backup},
      route{"POST", "/v2/backups/{job}", access::token, body_kind::none, {}, order_backup_job},
      route{"GET", "/healthz", access::open, body_kind::none, {}, report_alive},
      route{"GET", "/readyz", access::open, body_kind::none, {}, report_ready},
      route{"GET", "/metrics", access::open, body_kind::none, {}, report_figures},
  };
  return table;
}

found_route find_route(std::string_view method, const std::vector<std::string>& segments) {
  if (method == "HEAD") method = "GET";
  found_route out;
  for (const route& row : routes()) {
    auto captures = match(row.pattern, segments);
    if (!captures) continue;
    if (row.method == method) return {&row, *std::move(captures), {}};
    if (!out.allowed.empty()) out.allowed += ", ";
    out.allowed += row.method;
    if (row.method == "GET") out.allowed += ", HEAD";
  }
  return out;
}

}  // namespace logline::http
