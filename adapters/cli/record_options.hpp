#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/cli/environment.hpp"
#include "domain/core/envelope.hpp"
#include "domain/core/result.hpp"
#include "journal/export.hpp"

namespace CLI {
class App;
}

namespace logline::cli {

/// Which records a command is about, as options say it.
struct record_options {
  std::uint64_t from = 1;
  std::uint64_t to = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
  std::string since;
  std::string until;
  std::string tenant;
  std::string type;
  std::string key;
  std::string event;
};

/// Adds --from, --to, --since, --until, --tenant, --type, --key and --event. `o` must live as long as the command.
void add_record_options(CLI::App& command, record_options& o);

/// An RFC 3339 time, a day (its UTC midnight), or so long ago: 90s, 30m, 24h, 7d; nothing where the text is empty. The
/// trouble is bad usage and names `option`.
core::result<std::optional<core::timestamp>, trouble> read_time(const std::string& text, std::string_view option);

/// Times as read_time() takes them. The trouble is bad usage.
core::result<journal::record_filter, trouble> filter_of(const record_options& o);

/// Whether the filter takes the record, position and time included.
bool matches(const journal::record_filter& filter, const core::record& r);

}  // namespace logline::cli
