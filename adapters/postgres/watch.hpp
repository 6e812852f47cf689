#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "adapters/postgres/endpoint.hpp"
#include "adapters/postgres/failover.hpp"

namespace logline::postgres {

struct watch_options {
  std::shared_ptr<endpoint> where;
  std::string schema = "ledger";
  failover_rules rules;
  core::duration_us patience = core::seconds(3);   ///< of a probe (PGF-01)
  core::duration_us down_max = core::seconds(60);  ///< then PG_DOWN (PGF-04)
  std::function<core::timestamp()> clock;
  /// Promotes the standby; empty: pg_promote() over its own connection. May take as long as it takes.
  std::function<core::outcome()> promote;
  std::function<core::outcome()> fence;  ///< may be empty
  std::function<void(const std::string&)> warn = [](const std::string&) {};
  std::function<void(std::string_view, const std::string&)> raise = [](std::string_view, const std::string&) {};
  std::function<void(std::string_view)> clear = [](std::string_view) {};
};

struct watch_figures {
  std::atomic<std::uint64_t> switches{0};
  std::atomic<std::uint64_t> active{0};
  std::atomic<bool> is_up{false};                 ///< the active server took writes in the last round
  std::atomic<std::uint64_t> connections{0};      ///< of the active server …
  std::atomic<std::uint64_t> connections_max{0};  ///< … and how many it takes
};

/// Keeps an eye on the servers and carries out what failover decides. By one thread; figures by any.
class watch {
 public:
  explicit watch(watch_options settings);

  /// One round. Alerts: DB_SWITCH from a switch until the old primary is a standby again, PG_DOWN, PG_SPLIT,
  /// PG_CONNECTIONS above 90 %. Failure: the state could not be written; then nothing was switched.
  core::outcome round(const std::stop_token& wanted);

  const watch_figures& figures() const { return figures_; }

 private:
  probe_result probe(std::uint64_t index);
  void count_connections(connection& to);
  void promote();
  void fence();
  core::outcome take_over();
  void conclude();

  watch_options settings_;
  failover machine_;
  std::optional<core::timestamp> down_since_;
  watch_figures figures_;
};

/// Runs `command` by /bin/sh, at most that long (then it is killed). Failure: what it ended with.
core::outcome run_command(const std::string& command, core::duration_us at_most);

}  // namespace logline::postgres
