#include "adapters/cli/record_options.hpp"

#include <charconv>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "actors/clock.hpp"
#include "domain/core/time.hpp"
#include "journal/record.hpp"

namespace logline::cli {

namespace {

/// "90s", "30m", "24h", "7d".
std::optional<core::duration_us> parse_span(std::string_view text) {
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (error != std::errc{} || n < 0 || n > 1'000'000) return std::nullopt;
  if (unit == "s") return core::seconds(n);
  if (unit == "m") return core::minutes(n);
  if (unit == "h") return core::hours(n);
  if (unit == "d") return core::days(n);
  return std::nullopt;
}

}  // namespace

core::result<std::optional<core::timestamp>, trouble> read_time(const std::string& text, std::string_view option) {
  if (text.empty()) return std::optional<core::timestamp>{};
  if (const auto span = parse_span(text)) return std::optional{actors::wall_clock() - *span};
  constexpr std::size_t day_size = 10;
  auto time = core::parse_rfc3339(text.size() == day_size ? text + "T00:00:00Z" : text);
  if (!time) return trouble{exit_usage, fmt::format("{}: {}", option, time.error().message)};
  return std::optional{*time};
}

void add_record_options(CLI::App& command, record_options& o) {
  command.add_option("--from", o.from, "First gseq")->check(CLI::PositiveNumber);
  command.add_option("--to", o.to, "Last gseq")->check(CLI::PositiveNumber);
  command.add_option("--since", o.since, "Not before this: an RFC 3339 time, a day, or 90s, 30m, 24h, 7d ago");
  command.add_option("--until", o.until, "Before this");
  command.add_option("--tenant", o.tenant, "Of this tenant only");
  command.add_option("--type", o.type, "Of this entity type only");
  command.add_option("--key", o.key, "Of entities with this key only");
  command.add_option("--event", o.event, "Events of this name only");
}

core::result<journal::record_filter, trouble> filter_of(const record_options& o) {
  journal::record_filter out;
  auto since = read_time(o.since, "--since");
  if (!since) return since.error();
  auto until = read_time(o.until, "--until");
  if (!until) return until.error();
  out.from = core::gseq{o.from};
  out.to = core::gseq{o.to};
  out.since = *since;
  out.until = *until;
  out.tenant = o.tenant;
  out.type = o.type;
  out.key = o.key;
  out.event = o.event;
  return out;
}

bool matches(const journal::record_filter& filter, const core::record& r) {
  return r.position >= filter.from && r.position <= filter.to && (!filter.since || r.at >= *filter.since) &&
         (!filter.until || r.at < *filter.until) && filter.names_match(journal::view_of(r));
}

}  // namespace logline::cli
