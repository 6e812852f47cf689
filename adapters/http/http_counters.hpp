#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>

namespace logline::http {

/// What the listener counts about requests (gateway PROM-1). Any thread.
class http_counters {
 public:
  /// `pattern` is the route's, so that series do not grow with keys; empty where no route was found.
  void observe(std::string_view pattern, std::string_view method, unsigned status, std::int64_t took_us);
  void count_refused_connection();

  /// Prometheus text exposition 0.0.4.
  std::string text(std::size_t connections, std::size_t buffered_bytes) const;

 private:
  static constexpr std::array bucket_ms{1, 2, 5, 10, 25, 50, 100, 250, 1'000, 5'000, 30'000};
  struct histogram {
    std::array<std::uint64_t, bucket_ms.size() + 1> counts{};  // not cumulative; the last is beyond all bounds
    double sum_ms = 0;
  };

  mutable std::mutex guard_;
  std::map<std::tuple<std::string_view, std::string_view, unsigned>, std::uint64_t> requests_;
  std::map<std::string_view, histogram> durations_;
  std::uint64_t refused_connections_ = 0;
};

}  // namespace logline::http
