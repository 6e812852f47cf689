#include "journal/record_archive.hpp"

#include <numeric>

namespace logline::journal {

std::uint64_t bytes_of(const archive_unit& unit) {
  return std::accumulate(unit.shards.begin(), unit.shards.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const archived_shard& shard) { return sum + shard.bytes; });
}

}  // namespace logline::journal
