#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "domain/core/function_ref.hpp"
#include "domain/core/ids.hpp"
#include "domain/core/time.hpp"
#include "journal/partition_log.hpp"

namespace logline::core {
class entity_type;
}

namespace logline::journal {

/// Which records; what is empty does not matter.
struct record_filter {
  core::gseq from{1};
  core::gseq to{std::numeric_limits<std::uint64_t>::max()};  ///< included
  std::optional<core::timestamp> since;                      ///< commit time, included
  std::optional<core::timestamp> until;                      ///< commit time, excluded
  std::string tenant;
  std::string type;
  std::string key;
  std::string event;

  /// What position and time say is left to the reader of the log.
  bool names_match(const record_view& r) const;
};

enum class export_format : std::uint8_t {
  ndjson,   ///< one object a line, as doors show records (domain/core/show_record.hpp)
  csv,      ///< RFC 4180 with a header line, LF; the payload as JSON text
  msgpack,  ///< the canonical records one after the other: each a msgpack array whose leaf hash proves it
};
/// "ndjson", "csv", "msgpack"; nothing for anything else.
std::optional<export_format> parse_export_format(std::string_view name);

/// Takes a part of the output; false stops, for instance because nobody reads any more.
using output_sink = core::function_ref<bool(std::string_view)>;
/// The type that knows an event's fields, by name, so that they are shown as their kinds and secrets are not; null if
/// unknown.
using type_finder = std::function<const core::entity_type*(std::string_view type)>;

struct export_report {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  core::gseq next;          ///< where another export goes on
  bool is_stopped = false;  ///< by the sink
};

/// Writes the records that the filter lets through, in order (REP-06; `journal cat` is this with ndjson). `find_type`
/// may be empty. Errors: those of partition_log::scan; what was written before them stands.
result<export_report> export_records(const partition_log& log, const record_filter& filter, export_format format,
                                     const type_finder& find_type, output_sink out);

}  // namespace logline::journal
