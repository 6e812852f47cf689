#include "domain/core/hlc.hpp"

#include <algorithm>

namespace logline::core {

hybrid_time hybrid_clock::tick(timestamp wall) {
  last_ = wall > last_.physical ? hybrid_time{wall, 0} : hybrid_time{last_.physical, last_.logical + 1};
  return last_;
}

hybrid_time hybrid_clock::hear(hybrid_time remote, timestamp wall) {
  const timestamp physical = std::max({wall, last_.physical, remote.physical});
  std::uint32_t logical = 0;
  if (physical == last_.physical) logical = last_.logical + 1;
  if (physical == remote.physical) logical = std::max(logical, remote.logical + 1);
  last_ = {physical, logical};
  return last_;
}

std::int64_t hybrid_clock::ahead_us(timestamp wall) const {
  return std::max<std::int64_t>(0, last_.physical.us - wall.us);
}

}  // namespace logline::core
