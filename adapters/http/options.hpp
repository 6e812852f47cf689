#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "domain/core/digest.hpp"
#include "domain/core/entity.hpp"
#include "domain/core/ids.hpp"
#include "domain/core/time.hpp"

namespace logline::http {

/// Every bound of the listener, with its reason (gateway GW-03).
struct server_limits {
  std::size_t header_bytes = 32 * 1024;  ///< post-quantum tokens take 6.5 KB
  std::size_t target_bytes = 8 * 1024;
  std::size_t body_bytes = 1 << 20;       ///< of a JSON body
  std::size_t webhook_bytes = 1 << 20;    ///< of a webhook delivery, kept as received
  std::size_t connections = 1'024;        ///< served at a time; more are answered OVERLOADED and closed …
  std::size_t refusals = 64;              ///< … this many at a time; more than these are closed without a word
  std::size_t buffered_bytes = 64 << 20;  ///< of requests and answers in memory, all connections
  std::size_t answer_bytes = 8 << 20;     ///< a list stops here, before its limit of entries
  std::size_t page = 50;                  ///< entries of a list when nothing is said (API-1)
  std::size_t page_max = 1'000;

  core::duration_us header_timeout =
      core::seconds(10);                            ///< from the first byte of a header, or the connection, to its end
  core::duration_us body_idle = core::seconds(30);  ///< between two pieces of a body …
  core::duration_us body_timeout = core::seconds(120);     ///< … and for all of it, so that dripping does not help
  core::duration_us idle = core::seconds(120);             ///< between two requests of a connection
  core::duration_us request_deadline = core::seconds(30);  ///< from request to answer; then DEADLINE_EXCEEDED
  core::duration_us write_idle = core::seconds(30);        ///< a reader that takes nothing for this long is gone
  core::duration_us linger =
      core::seconds(1);  ///< waits for the peer's end before closing, lest a reset eats the answer
  core::duration_us drain_grace =
      core::milliseconds(500);                        ///< an idle connection may still send one request while draining
  core::duration_us sweep = core::milliseconds(250);  ///< how exactly all of these are kept: one scan instead of timers
};

/// The entity types that routes, bodies and schemas follow from.
struct entity_catalogue {
  std::function<std::span<const core::entity_type* const>()> all;
  std::function<const core::entity_type*(std::string_view name)> find;  ///< null when there is none
};

/// The node's backups, for /v2/backups. Empty functions: NOT_FOUND.
struct backup_tools {
  /// Begins "backup" (with a label, or none), "probe" or "prune"; returns at once.
  std::function<core::outcome(const std::string& job, const std::string& label)> order = {};
  std::function<core::result<std::string>()> report = {};  ///< one JSON object; may block on a disk
};

struct server_options {
  std::string address = "127.0.0.1";  ///< an address of this machine's loopback: clear text goes nowhere else (GW-01)
  std::uint16_t port = 8080;          ///< 0: any free one
  std::size_t io_threads = 1;
  /// Who a bearer token belongs to; nobody: UNAUTHORIZED. Called from the server's threads; must compare in constant
  /// time.
  std::function<std::optional<core::principal_id>(std::string_view token)> authenticate;
  /// Told every answer that says the node itself is at fault, with the trace id the caller got. May be empty.
  std::function<void(std::string_view trace_id, const core::failure& fault)> on_fault;
  server_limits limits;
  backup_tools backups = {};
};

/// An `authenticate` for one token, of which only the SHA-256 is kept.
std::function<std::optional<core::principal_id>(std::string_view)> single_token(core::digest token_sha256,
                                                                                core::principal_id who);

}  // namespace logline::http
