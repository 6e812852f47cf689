#include "adapters/http/http_counters.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

namespace logline::http {

namespace {

/// Methods are the caller's to invent; series are not.
std::string_view known_method(std::string_view method) {
  for (const std::string_view known : {"GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"})
    if (method == known) return known;
  return "other";
}

}  // namespace

void http_counters::observe(std::string_view pattern, std::string_view method, unsigned status, std::int64_t took_us) {
  const std::string_view route = pattern.empty() ? std::string_view{"none"} : pattern;
  const double ms = static_cast<double>(std::max<std::int64_t>(took_us, 0)) / 1'000;
  const auto bucket = std::find_if(bucket_ms.begin(), bucket_ms.end(), [&](int bound) { return ms <= bound; });
  const std::lock_guard lock{guard_};
  ++requests_[{route, known_method(method), status}];
  histogram& h = durations_[route];
  ++h.counts[static_cast<std::size_t>(bucket - bucket_ms.begin())];
  h.sum_ms += ms;
}

void http_counters::count_refused_connection() {
  const std::lock_guard lock{guard_};
  ++refused_connections_;
}

std::string http_counters::text(std::size_t connections, std::size_t buffered_bytes) const {
  const std::lock_guard lock{guard_};
  std::string out =
      "# HELP api_requests_total Requests answered, by route, method and status.\n# TYPE api_requests_total counter\n";
  for (const auto& [key, count] : requests_)
    out += fmt::format("api_requests_total{{route=\"{}\",method=\"{}\",code=\"{}\"}} {}\n", std::get<0>(key),
                       std::get<1>(key), std::get<2>(key), count);
  out +=
      "# HELP api_http_duration_ms Time from a request's header to its answer.\n# TYPE api_http_duration_ms "
      "histogram\n";
  for (const auto& [route, h] : durations_) {
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < bucket_ms.size(); ++i)
      out += fmt::format("api_http_duration_ms_bucket{{route=\"{}\",le=\"{}\"}} {}\n", route, bucket_ms[i],
                         below += h.counts[i]);
    below += h.counts.back();
    out += fmt::format(
        "api_http_duration_ms_bucket{{route=\"{0}\",le=\"+Inf\"}} {1}\napi_http_duration_ms_sum{{route=\"{0}\"}} {2}\n"
        "api_http_duration_ms_count{{route=\"{0}\"}} {1}\n",
        route, below, h.sum_ms);
  }
  out += fmt::format(
      "# HELP http_connections Connections open.\n# TYPE http_connections gauge\nhttp_connections {}\n"
      "# HELP http_buffered_bytes Bytes of requests and answers in memory.\n"
      "# TYPE http_buffered_bytes gauge\nhttp_buffered_bytes "
      "{}\n"
      "# HELP http_connections_refused_total Connections over the limit.\n# TYPE http_connections_refused_total "
      "counter\n"
      "http_connections_refused_total {}\n",
      connections, buffered_bytes, refused_connections_);
  return out;
}

}  // namespace logline::http
