#pragma once

#include <cstdint>
#include <string>

#include "adapters/cli/environment.hpp"

namespace logline::cli {

/// A bar with rate and time left for what takes more than a second; on a terminal only, and gone when it is done.
class progress {
 public:
  /// `unit` is what is counted ("records").
  progress(const environment& env, std::string label, std::string unit);
  ~progress();
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  /// `total` 0: not known.
  void show(std::uint64_t done, std::uint64_t total);

 private:
  const environment& env_;
  const std::string label_;
  const std::string unit_;
  const std::int64_t began_us_;
  std::int64_t next_us_;
  bool shown_ = false;
};

/// The line itself: "verify  [####----] 50%  1.2k records/s  0:07 left".
std::string progress_line(const std::string& label, const std::string& unit, std::uint64_t done, std::uint64_t total,
                          std::int64_t elapsed_us);

}  // namespace logline::cli
