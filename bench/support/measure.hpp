#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace logline::bench {

using clock = std::chrono::steady_clock;

inline double seconds_since(clock::time_point begin) {
  return std::chrono::duration<double>(clock::now() - begin).count();
}

/// Latencies in microseconds, one an operation.
class latencies {
 public:
  void add(double us) { us_.push_back(static_cast<float>(us)); }
  void add(double us, std::size_t times) { us_.insert(us_.end(), times, static_cast<float>(us)); }
  void add(const latencies& others) { us_.insert(us_.end(), others.us_.begin(), others.us_.end()); }
  void reserve(std::size_t count) { us_.reserve(count); }
  bool empty() const { return us_.empty(); }
  /// `share` of 0 to 1; reorders. 0 where nothing was measured.
  double quantile(double share);

 private:
  std::vector<float> us_;
};

double median(std::vector<double> values);

/// What one contender did in one round.
struct measurement {
  double value = 0;  ///< of the benchmark's unit
  latencies latency;
  double cpu_us = 0;  ///< processor time of the whole process, per operation; 0: not measured
};

/// All rounds of one contender.
struct contender {
  std::vector<double> rounds;
  std::vector<double> cpu_us;
  latencies latency;

  void add(measurement&& m) {
    rounds.push_back(m.value);
    if (m.cpu_us > 0) cpu_us.push_back(m.cpu_us);
    latency.add(m.latency);
  }
  double value() const { return median(rounds); }
};

/// Processor time of this process so far, all threads, user and system.
double cpu_seconds();

/// How much of the machine others used between construction and share(): figures of a busy machine are worth less.
class noise_meter {
 public:
  noise_meter();
  /// Of all cores' time, 0 to 1.
  double share() const;

 private:
  double busy_;
  double own_;
  clock::time_point begin_;
};

/// Of this process, in bytes (VmRSS).
std::size_t resident_bytes();
/// Of another process; 0 when it is gone.
std::size_t resident_bytes(int pid);

}  // namespace logline::bench
