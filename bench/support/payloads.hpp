#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace logline::bench {

inline constexpr std::size_t payload_bytes = 256;

/// Orders as JSON of exactly 256 bytes each, all different: ids and numbers drawn at random, a note of random words.
/// The same ones in every run.
class payloads {
 public:
  explicit payloads(std::size_t count);

  std::size_t size() const { return json_.size(); }
  const std::string& json(std::uint64_t n) const { return json_[n % json_.size()]; }
  /// The same value as the journal keeps it: one msgpack map.
  const std::string& msgpack(std::uint64_t n) const { return msgpack_[n % msgpack_.size()]; }

  /// What zstd at level 1 leaves of 64 KiB of the JSON, as a share.
  double compressed_share() const;
  double msgpack_bytes_mean() const;

 private:
  std::vector<std::string> json_;
  std::vector<std::string> msgpack_;
};

}  // namespace logline::bench
