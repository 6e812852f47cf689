#pragma once

#include "journal/committer.hpp"
#include "journal/settings.hpp"

namespace logline::journal {

/// Counts what is admitted and not settled, and refuses what is too much. Not thread-safe.
class admission {
 public:
  explicit admission(admission_limits limits) : limits_(limits) {}

  outcome admit(commit_queue::load room) {
    if (stopped_) return *stopped_;
    if (room.records > batch_records_max || room.bytes > batch_bytes_max)
      return error{errc::too_large, "a command may have 10 000 events and 16 MiB at most", {}};
    if (taken_.records + room.records > limits_.records_max || taken_.bytes + room.bytes > limits_.bytes_max)
      return error{errc::overloaded, "too much waits for the disk; slow down", {}};
    taken_.records += room.records;
    taken_.bytes += room.bytes;
    return core::done{};
  }
  void free(commit_queue::load room) {
    taken_.records -= room.records;
    taken_.bytes -= room.bytes;
  }
  /// Refuses everything from now on; the first reason stays.
  void stop(error why) {
    if (!stopped_) stopped_ = std::move(why);
  }
  commit_queue::load taken() const { return taken_; }

 private:
  admission_limits limits_;
  commit_queue::load taken_;
  std::optional<error> stopped_;
};

}  // namespace logline::journal
