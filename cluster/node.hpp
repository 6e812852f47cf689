#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "actors/runtime.hpp"
#include "cluster/config.hpp"
#include "domain/core/digest.hpp"
#include "domain/core/result.hpp"

namespace logline::cluster {

/// Why a node did not start, as sysexits(3) has it (contract: exit codes of loglined).
struct start_failure {
  int exit_code = 70;
  std::string message;
};

/// A whole node: keys, journal, committer, actors, HTTP. The composition root: the only place that knows every part.
class node {
 public:
  /// Opens or creates the data directory, recovers, and serves. `stop_wanted` is called, from any thread, when the node
  /// cannot go on.
  static core::result<std::unique_ptr<node>, start_failure> start(const node_config& config,
                                                                  std::function<void()> stop_wanted);
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// The one line on stdout that says the node serves (contract: loglined).
  std::string ready_line() const;

  /// Refuses new work, lets what was taken finish for at most 25 s, writes a checkpoint, closes. False when something
  /// was cut off; nothing acknowledged is lost either way.
  bool stop();

 private:
  struct parts;
  explicit node(std::unique_ptr<parts> p);
  static actors::runtime_parts living_parts(parts& p, std::function<void()> stop_wanted);
  /// Durability mirrored: completions wait for the PostgreSQL mirror, which then waits for nobody.
  static void complete_behind_postgres(parts& p);
  static core::result<core::done, start_failure> open_backups(parts& p);
  static core::result<core::done, start_failure> serve(parts& p, const core::digest& founder);
  std::unique_ptr<parts> parts_;
};

}  // namespace logline::cluster
