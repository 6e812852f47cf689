#pragma once

#include <cstddef>
#include <cstdint>

#include "domain/core/time.hpp"

/// Every bound and interval of the actor layer, with its reason. Nothing here is read from anywhere but these structs.
namespace logline::actors {

struct host_limits {
  std::uint64_t snapshot_events = 500;       ///< JRN-10: a snapshot after this many events …
  std::uint64_t snapshot_bytes = 64 * 1024;  ///< … or bytes of events; never sooner than the state's own size again
  std::size_t parked_max = 1'000;            ///< commands of one entity that wait for a change (long polls)
  core::duration_us wake_again = core::seconds(1);  ///< a wake-up that changed nothing is not repeated sooner
};

struct door_limits {
  std::size_t commands_max = 65'536;  ///< commands taken and not answered; beyond: OVERLOADED
  std::size_t history_max = 1'000;    ///< records in one answer of history()
};

struct router_limits {
  std::size_t resident_max = 100'000;          ///< entities awake; about 1.5 KiB each beside their state
  core::duration_us idle = core::seconds(60);  ///< an entity that nobody asked for this long goes to sleep
  core::duration_us sweep = core::seconds(5);
};

struct projector_limits {
  core::duration_us lag = core::milliseconds(20);  ///< after a commit, before the view follows …
  std::int64_t idle_share = 10;                    ///< … and this many times longer than its last turn took
  std::size_t records_per_turn = 16'384;           ///< in one write
};

struct mirror_limits {
  core::duration_us linger = core::milliseconds(50);  ///< after a commit, so that its sync serves many (PGM-03)
  std::size_t records_per_batch = 1'000;              ///< written and synced at once
  std::size_t bytes_per_batch = std::size_t{1} << 20;
  core::duration_us rest = core::seconds(60);  ///< a mirror that is level finishes what is open so often
  core::duration_us retry_first = core::milliseconds(100);
  core::duration_us retry_max = core::seconds(30);
  core::duration_us lag_max = core::seconds(60);  ///< MIRROR_LAG beyond (MIR-03)
};

struct reactor_limits {
  std::size_t outstanding_max = 512;     ///< commands sent and not answered
  std::size_t records_per_turn = 1'024;  ///< then other messages get their turn
  std::uint64_t cursor_lag_max = 4'096;  ///< records it had no use for that a restart may read again
  core::duration_us retry_first = core::milliseconds(50);
  core::duration_us retry_max = core::seconds(30);
};

struct worker_limits {
  std::int64_t lease_batch = 64;               ///< tasks asked for at once
  core::duration_us poll = core::seconds(20);  ///< a lease waits this long for due tasks
};

struct node_limits {
  host_limits host;
  door_limits door;
  router_limits router;
  projector_limits projector;
  mirror_limits mirror;
  reactor_limits reactor;
  worker_limits worker;
  std::size_t scheduler_threads = 0;                 ///< 0: as many as cores
  core::duration_us checkpoint = core::seconds(60);  ///< JRN-06
};

}  // namespace logline::actors
