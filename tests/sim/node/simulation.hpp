#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/fixtures/checkers.hpp"
#include "tests/fixtures/sim_copy.hpp"
#include "tests/fixtures/sim_node.hpp"
#include "tests/sim/node/load.hpp"

namespace logline::sim {

/// Everything that a seed decides before the first step. Shares are per mille.
struct sim_options {
  std::uint64_t seed = 0;
  std::uint64_t lives = 3;    ///< with faults; one more without follows
  std::uint64_t steps = 400;  ///< of a life, unless it ends sooner
  load_options load;
  std::uint64_t load_share = 100;       ///< of steps in which clients act
  std::uint64_t commit_share = 250;     ///< of steps that commit before an actor runs
  std::uint64_t time_share = 30;        ///< of steps in which time passes
  std::uint64_t jump_share = 1;         ///< of steps in which it jumps or somebody sets the wall clock
  std::uint64_t rest_share = 3;         ///< of steps in which the node comes to rest and states are compared
  std::uint64_t background_share = 10;  ///< of steps in which RocksDB may compact
  std::uint64_t snapshot_events = 20;
  std::uint64_t checkpoint_records = 25;
  std::int64_t idle_s = 60;            ///< until an entity sleeps
  std::uint64_t records_max = 65'536;  ///< admission

  // How a life may end; what is left ends it in order.
  std::uint64_t power_at_write = 300;  ///< power cut at one of the disk's operations, start-up included
  std::uint64_t power_at_step = 100;
  std::uint64_t killed_at_write = 200;
  std::uint64_t killed_at_step = 150;
  std::uint64_t failing = 150;  ///< a write, sync, create, rename … fails
  std::uint64_t full = 50;      ///< the disk is full; a second draw says whether the floor keeps the node from noticing
  std::uint64_t fault_within = 200;  ///< the disk's operations in which the fault happens
  std::uint64_t bit_flip = 100;      ///< of pauses between lives in which one bit turns
  std::uint64_t long_pause = 100;    ///< of pauses that last up to hours
  fixtures::sim_copy::faults mirror;
  std::uint64_t mirror_tampered = 0;  ///< of pauses in which somebody changes the mirror

  std::string text() const;
};
sim_options draw_options(std::uint64_t seed);

/// What a run came to.
struct sim_report {
  fixtures::findings findings;
  core::digest trace;
  std::string tail;  ///< the trace's last lines
  std::uint64_t records = 0;
  std::uint64_t acknowledged = 0;
  std::map<std::string, std::uint64_t> counts;  ///< ends of lives, flips, refusals … by name
};

/// One node through all its lives under one seed. Deterministic: same options, same report.
sim_report simulate(const sim_options& options, bool echo_trace);

}  // namespace logline::sim
