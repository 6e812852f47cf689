#include "adapters/cli/progress.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "actors/clock.hpp"

namespace logline::cli {

namespace {

constexpr std::int64_t quiet_us = 1'000'000;
constexpr std::int64_t interval_us = 100'000;
constexpr std::size_t bar_columns = 30;

std::string short_number(double n) {
  if (n < 1e3) return fmt::format("{:.0f}", n);
  if (n < 1e6) return fmt::format("{:.1f}k", n / 1e3);
  return fmt::format("{:.1f}M", n / 1e6);
}

}  // namespace

std::string progress_line(const std::string& label, const std::string& unit, std::uint64_t done, std::uint64_t total,
                          std::int64_t elapsed_us) {
  const double rate = static_cast<double>(done) * 1e6 / static_cast<double>(std::max<std::int64_t>(elapsed_us, 1));
  if (total == 0)
    return fmt::format("{}  {} {}  {}/s", label, short_number(static_cast<double>(done)), unit, short_number(rate));
  const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto filled = static_cast<std::size_t>(part * bar_columns);
  const double left = rate > 0 ? static_cast<double>(total - std::min(done, total)) / rate : 0;
  const auto seconds = static_cast<std::int64_t>(left + 0.5);
  return fmt::format("{}  [{}{}] {:3.0f}%  {} {}/s  {}:{:02} left", label, std::string(filled, '#'),
                     std::string(bar_columns - filled, '-'), part * 100, short_number(rate), unit, seconds / 60,
                     seconds % 60);
}

progress::progress(const environment& env, std::string label, std::string unit)
    : env_(env),
      label_(std::move(label)),
      unit_(std::move(unit)),
      began_us_(actors::wall_clock().us),
      next_us_(began_us_ + quiet_us) {}

progress::~progress() {
  if (shown_) env_.err << "\r\x1b[K" << std::flush;
}

void progress::show(std::uint64_t done, std::uint64_t total) {
  if (!env_.err_is_terminal) return;
  const std::int64_t now = actors::wall_clock().us;
  if (now < next_us_) return;
  next_us_ = now + interval_us;
  shown_ = true;
  env_.err << '\r' << progress_line(label_, unit_, done, total, now - began_us_) << "\x1b[K" << std::flush;
}

}  // namespace logline::cli
