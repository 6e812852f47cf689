#pragma once

#include "tests/contract/journal/journal_fixture.hpp"
#include "tests/fixtures/sim_disk.hpp"

namespace logline::journal::fixtures {

using logline::fixtures::disk_op;
using logline::fixtures::sim_disk;

inline constexpr std::string_view sim_directory = "/journal";
inline constexpr std::string_view sim_partition = "/journal/00001";

/// Small enough buffers that tables, compactions and changes of WAL happen in a short test.
inline partition_options sim_options(const sim_disk& disk, const manual_clock& clock) {
  partition_options options = options_with(clock, std::string{sim_directory});
  options.environment = disk.environment();
  options.write_buffer_bytes = std::size_t{64} << 10;
  options.measure_disk = [&disk]() -> result<disk_space> { return disk.space(); };
  return options;
}

/// A payload that does not compress, so that a few records fill a buffer.
inline std::string noise(std::uint64_t seed, std::size_t bytes) {
  std::string out;
  for (std::uint64_t i = 0; out.size() < bytes; ++i)
    out += core::sha256(std::to_string(seed) + '/' + std::to_string(i)).view();
  out.resize(bytes);
  return out;
}

}  // namespace logline::journal::fixtures
