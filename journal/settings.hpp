#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "domain/core/ids.hpp"
#include "domain/core/time.hpp"

namespace logline::journal {

class checkpoint_signer;

/// JRN-12: one commit, and so one request, takes at most this.
inline constexpr std::size_t batch_bytes_max = std::size_t{16} << 20;
inline constexpr std::size_t batch_records_max = 10'000;

/// What a log stamps on its records, and how often it signs.
struct log_settings {
  core::partition_id partition;
  std::string site = "local";  ///< a name (core::is_name)
  std::uint32_t generation = 1;
  core::owner_epoch epoch{1};

  /// The wall clock; called from the thread that prepares commits. Must be set.
  std::function<core::timestamp()> clock;

  /// Signs heads. Without one there are no checkpoints, and opening checks the whole log instead of its tail.
  std::shared_ptr<const checkpoint_signer> signer;
  std::uint64_t checkpoint_records = 10'000;                  ///< JRN-06: sign when the head has moved this far …
  core::duration_us checkpoint_interval = core::seconds(60);  ///< … or has moved at all and is this old

  /// zstd level of frames; negative ones are faster. bench/RESULTS.md has the measurements behind the default.
  int compression_level = 1;
  /// Entities whose last eseq is kept in memory; some 200 bytes each.
  std::size_t sequence_cache_entries = 65'536;
};

}  // namespace logline::journal
