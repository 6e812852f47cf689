#pragma once

#include <filesystem>
#include <memory>

#include "actors/runtime.hpp"
#include "bench/support/closed_loop.hpp"
#include "bench/support/payloads.hpp"
#include "journal/committer.hpp"
#include "journal/open.hpp"

namespace logline::bench {

/// The living part of a node around one journal, in this process: committer, actors, no doors. Knows order books only.
class engine {
 public:
  engine(const std::filesystem::path& directory, const actors::node_limits& limits,
         const journal::admission_limits& admission = {}, journal::open_report* report = nullptr);
  /// Drains and closes.
  ~engine();

  actors::door& door() { return *living_; }
  const journal::partition_log& log() const { return *log_; }

 private:
  std::unique_ptr<journal::partition_log> log_;
  std::unique_ptr<actors::engine_clock> clock_;
  actors::tail feed_;
  std::unique_ptr<journal::committer> commits_;
  std::unique_ptr<actors::runtime> living_;
};

/// add_order commands, decoded, one for each payload.
class command_source {
 public:
  command_source(const payloads& from, std::size_t entities, std::uint64_t seed = 1);

  /// For an order book chosen at random, without an idempotency key.
  actors::command_request next();
  actors::command_request next(std::size_t entity);

 private:
  std::vector<core::command_box> commands_;
  std::vector<core::address> entities_;
  core::draw_source draws_;
  std::uint64_t made_ = 0;
};

/// Sends commands for `seconds`, so many in flight; ends the program when one is refused.
measurement send_commands(actors::door& door, command_source& source, std::size_t in_flight, double seconds);

}  // namespace logline::bench
