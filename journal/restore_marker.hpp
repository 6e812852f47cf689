#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "domain/core/digest.hpp"
#include "domain/core/ids.hpp"
#include "domain/core/time.hpp"
#include "journal/errc.hpp"

namespace logline::journal {

/// DATA/restored.json: a data directory that was put back from a backup, and as what it may go on (BAK-12). A node that
/// finds it writes as `generation` or a later one, never as the generation that wrote before; an inspection is not
/// opened for writing at all.
struct restore_marker {
  std::uint32_t generation = 2;  ///< one more than any that wrote the records
  bool inspection = false;
  core::timestamp at;  ///< when it was restored
  std::string backup;  ///< the base; empty where there was none
  core::gseq gseq;     ///< the last record that was put back
  core::digest chain;
  friend bool operator==(const restore_marker&, const restore_marker&) = default;
};

/// Nothing when the directory was never restored. Errors: bad_encoding, store_failed.
result<std::optional<restore_marker>> read_restore_marker(const std::filesystem::path& data);
/// Durable when it returns. Errors: store_failed.
outcome write_restore_marker(const std::filesystem::path& data, const restore_marker& marker);

}  // namespace logline::journal
