#pragma once

#include <cstdint>
#include <string_view>

namespace logline::journal {

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4). `seed` is the CRC of what comes before `data`, so that
/// crc32c(b, crc32c(a)) = crc32c(ab). Pure; uses the processor's instruction where there is one.
std::uint32_t crc32c(std::string_view data, std::uint32_t seed = 0);

/// The same without that instruction; for the test that compares the two.
std::uint32_t crc32c_portable(std::string_view data, std::uint32_t seed = 0);

}  // namespace logline::journal
