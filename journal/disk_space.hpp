#pragma once

#include <cstdint>

namespace logline::journal {

/// Of the file system that holds a store.
struct disk_space {
  std::uint64_t free_bytes = 0;
  std::uint64_t total_bytes = 0;
};

}  // namespace logline::journal
