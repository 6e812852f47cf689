#include "journal/export.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "domain/core/json.hpp"
#include "domain/core/show_record.hpp"
#include "journal/record.hpp"

namespace logline::journal {

namespace {

/// Output goes out in parts of about this size.
constexpr std::size_t part_bytes = std::size_t{64} << 10;

constexpr std::string_view csv_header =
    "gseq,eseq,tenant,type,key,event,version,at,site,principal,event_id,command_id,correlation_id,payload\n";

void append_cell(std::string& line, std::string_view text) {
  if (!line.empty()) line += ',';
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    line += text;
    return;
  }
  line += '"';
  for (const char c : text) {
    if (c == '"') line += '"';
    line += c;
  }
  line += '"';
}

void append_csv(std::string& out, const core::record& r) {
  std::string line;
  for (const auto& cell : {std::to_string(r.position.value), std::to_string(r.sequence.value), r.entity.tenant,
                           r.entity.type, r.entity.key, r.event, std::to_string(r.schema), core::to_rfc3339(r.at),
                           r.site + '.' + std::to_string(r.generation), r.principal.value, r.event_id.text(),
                           r.command_id.text(), r.correlation_id.text(), core::json_text(r.payload)})
    append_cell(line, cell);
  out += line;
  out += '\n';
}

/// Turns records into text, one object per export. By one thread.
class exporter {
 public:
  exporter(const record_filter& filter, export_format format, const type_finder& find_type, output_sink out)
      : filter_(filter), format_(format), find_type_(find_type), out_(out) {
    if (format_ == export_format::csv) part_ = csv_header;
  }

  /// False: enough.
  bool take(const record_view& r) {
    if (r.position > filter_.to || (filter_.until && r.at >= *filter_.until)) return false;
    report_.next = core::next(r.position);
    if (!filter_.names_match(r)) return true;
    if (!append(r)) return false;
    ++report_.records;
    return part_.size() < part_bytes || flush();
  }

  bool flush() {
    report_.bytes += part_.size();
    report_.is_stopped = !part_.empty() && !out_(part_);
    part_.clear();
    return !report_.is_stopped;
  }

  export_report& report() { return report_; }
  const outcome& status() const { return status_; }

 private:
  bool append(const record_view& r) {
    if (format_ == export_format::msgpack) {
      part_ += r.bytes;
      return true;
    }
    status_ = copy_record(r, record_);
    if (!status_) return false;
    if (format_ == export_format::csv) {
      append_csv(part_, record_);
      return true;
    }
    core::json_sink json{part_};
    core::show_record(record_, find_type_ ? find_type_(record_.entity.type) : nullptr, json);
    part_ += '\n';
    return true;
  }

  const record_filter& filter_;
  const export_format format_;
  const type_finder& find_type_;
  const output_sink out_;
  std::string part_;
  core::record record_;
  export_report report_;
  outcome status_ = core::done{};
};

}  // namespace

bool record_filter::names_match(const record_view& r) const {
  return (tenant.empty() || tenant == r.tenant) && (type.empty() || type == r.type) && (key.empty() || key == r.key) &&
         (event.empty() || event == r.event);
}

std::optional<export_format> parse_export_format(std::string_view name) {
  using entry = std::pair<std::string_view, export_format>;
  constexpr std::array known{entry{"ndjson", export_format::ndjson}, entry{"csv", export_format::csv},
                             entry{"msgpack", export_format::msgpack}};
  const auto found = std::find_if(known.begin(), known.end(), [&](const entry& e) { return e.first == name; });
  return found == known.end() ? std::nullopt : std::optional{found->second};
}

result<export_report> export_records(const partition_log& log, const record_filter& filter, export_format format,
                                     const type_finder& find_type, output_sink out) {
  core::gseq from = std::max(filter.from, core::gseq{1});
  if (filter.since) {
    // The last position before `since`: position_at counts its own moment in.
    const auto before = log.position_at(*filter.since - core::duration_us{1});
    if (!before) return before.error();
    from = std::max(from, core::next(*before));
  }
  exporter to{filter, format, find_type, out};
  to.report().next = from;
  result<core::gseq> read = from;
  if (from <= log.head().position) read = log.scan(from, [&](const record_view& r) { return to.take(r); });
  if (!to.report().is_stopped) to.flush();
  if (!read) return read.error();
  if (!to.status()) return to.status().error();
  return std::move(to.report());
}

}  // namespace logline::journal
