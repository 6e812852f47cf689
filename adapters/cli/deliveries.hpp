#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "adapters/cli/environment.hpp"
#include "adapters/cli/settings.hpp"
#include "domain/core/result.hpp"

namespace logline::cli {

/// What is to be delivered: each file, `repeat` times over, in this order.
struct delivery_plan {
  std::string tenant;
  std::string connector;
  std::string secret;
  std::vector<std::filesystem::path> files;
  std::uint64_t repeat = 1;
  bool distinct = false;  ///< every repetition has an id of its own; else it repeats the first one's
  std::size_t in_flight_max = 16;
  double patience_s = 60;  ///< how long one delivery is tried again while the node cannot be reached or is busy
};

struct delivery_counts {
  std::uint64_t accepted = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t failed = 0;
  double seconds = 0;
  bool unreachable = false;             ///< gave up because there was no node to answer
  std::vector<std::string> complaints;  ///< the first few failures, one line each
};

/// Sends everything, several at a time over kept connections. A delivery is sent again, with the same id, after a lost
/// connection, 429 and 503 (after Retry-After where that is said), so that none is lost and the node can tell what came
/// twice.
delivery_counts deliver(const delivery_plan& plan, const settings& s, const environment& env);

/// The *.json files of folders, recursively and in order of path, and every file that is named itself. Usage errors.
core::result<std::vector<std::filesystem::path>, trouble> find_deliveries(const std::vector<std::string>& places);

/// The event's name that a recorded delivery was saved under: the file name up to the first dot, fit for a header.
std::string event_of(const std::filesystem::path& file);

/// A stable id: the same body and repetition, the same id (UUIDv5).
std::string delivery_id(std::string_view body, std::uint64_t repetition);

}  // namespace logline::cli
