#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/support/measure.hpp"

namespace logline::bench {

/// Names and JSON values, in order.
class parameters {
 public:
  parameters& add(const std::string& name, double value);
  parameters& add(const std::string& name, const std::string& value);
  std::string json() const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// The machine as every line names it. Measures one fdatasync of a growing file in that directory.
class machine {
 public:
  explicit machine(const std::filesystem::path& directory);
  std::string json() const;

 private:
  std::string cpu_;
  double disk_fsync_us_;
};

/// One figure, printed as one JSON line (design: "Benchmarks print").
struct figure {
  std::string bench;
  parameters params;
  std::string unit;
  contender product;
  /// The contender that the ratio is against, from the same run, and its name.
  std::string baseline_name = {};
  const contender* baseline = nullptr;
  std::optional<double> noise = {};  ///< see noise_meter
};
void print(figure f, const machine& m);

}  // namespace logline::bench
