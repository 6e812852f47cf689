#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actors/door.hpp"
#include "adapters/http/answerer.hpp"
#include "adapters/http/message.hpp"
#include "adapters/http/options.hpp"
#include "adapters/http/target.hpp"
#include "domain/core/ids.hpp"

namespace logline::http {

/// What handlers work with; outlives every call.
struct services {
  actors::door& door;
  const entity_catalogue& types;
  const server_limits& limits;
  const backup_tools& backups;
  std::function<std::string()> http_figures;  ///< of the listener itself, Prometheus text
};

/// A request that was let in, on its way through a handler.
struct call {
  request_head head;
  std::string body;
  target where;
  std::vector<std::string> captures;  ///< what stood for {…} in the pattern; for {…+} everything, segment by segment
  core::principal_id principal;
  core::uuid correlation;
  std::string trace;  ///< W3C trace id in hex, or empty
  answerer answer;
};

enum class access { open, token };
enum class body_kind { none, json, raw };

/// A row of the routing table. Adding a route is adding a row.
struct route {
  std::string_view method;   ///< GET answers HEAD as well
  std::string_view pattern;  ///< "/v2/log", "/v2/entities/{tenant}/{type}/{rest+}"; {x+} takes one or more segments
  access who;
  body_kind body;
  std::vector<std::string_view> parameters;  ///< allowed in the query; "*": the handler looks
  void (*handle)(const services&, call);
  std::size_t server_limits::*body_bytes = &server_limits::body_bytes;
};

std::span<const route> routes();

/// What a path leads to. No row and nothing allowed: no such path.
struct found_route {
  const route* row = nullptr;
  std::vector<std::string> captures;
  std::string allowed;  ///< methods that the path knows, for Allow; where the row is missing
};
found_route find_route(std::string_view method, const std::vector<std::string>& segments);

// Handlers; each answers exactly once, now or later.
void submit_command(const services&, call);  // entity_handlers.cpp
void read_entity(const services&, call);
void list_entities(const services&, call);  // list_handlers.cpp
void list_types(const services&, call);
void read_log(const services&, call);  // log_handlers.cpp
void read_log_head(const services&, call);
void prove_record(const services&, call);
void read_checkpoint(const services&, call);
void digest_state(const services&, call);
void read_journal_record(const services&, call);  // journal_handlers.cpp
void prove_journal_record(const services&, call);
void export_log(const services&, call);
void list_mirrors(const services&, call);
void list_projections(const services&, call);
void rebuild_projection(const services&, call);
void pull_events(const services&, call);  // subscription_handlers.cpp
void ack_events(const services&, call);
void nack_events(const services&, call);
void list_subscriptions(const services&, call);
void receive_webhook(const services&, call);  // webhook_handlers.cpp
void list_backups(const services&, call);     // backup_handlers.cpp
void order_backup(const services&, call);
void order_backup_job(const services&, call);
void report_alive(const services&, call);  // node_handlers.cpp
void report_ready(const services&, call);
void report_figures(const services&, call);

}  // namespace logline::http
