#include "adapters/cli/render.hpp"

#include <algorithm>

#include "adapters/cli/json_peek.hpp"
#include "domain/core/bytes.hpp"

namespace logline::cli {

namespace {

constexpr std::size_t rows_for_widths = 100;
constexpr std::size_t cell_bytes_max = 120;

/// Foreign text must not steer the terminal.
std::string table_cell(std::string_view json) {
  const std::string text = plain_text(json);
  return core::excerpt(text, cell_bytes_max) + (text.size() > cell_bytes_max ? "…" : "");
}

/// RFC 4180: quoted where it must be.
std::string csv_cell(std::string_view json) {
  const std::string text = json == "null" ? std::string{} : plain_text(json);
  if (text.find_first_of("\",\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

void print_csv(std::ostream& out, const std::vector<std::string>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i)
    out << (i == 0 ? "" : ",") << cells[i];
  out << '\n';
}

std::vector<std::string> cells_of(std::string_view json, const std::vector<std::string>& columns,
                                  std::string (*cell)(std::string_view)) {
  const auto members = members_of(json);
  std::vector<std::string> out;
  for (const auto& column : columns) {
    const auto found =
        std::find_if(members.begin(), members.end(), [&](const json_member& m) { return m.name == column; });
    out.push_back(found == members.end() ? std::string{} : cell(found->json));
  }
  return out;
}

}  // namespace

std::optional<output_format> parse_output_format(std::string_view name) {
  if (name == "table") return output_format::table;
  if (name == "json") return output_format::json;
  if (name == "ndjson") return output_format::ndjson;
  if (name == "csv") return output_format::csv;
  return std::nullopt;
}

void print_object(std::ostream& out, output_format format, std::string_view json) {
  if (format == output_format::json || format == output_format::ndjson) {
    out << json << '\n';
    return;
  }
  const auto members = members_of(json);
  if (format == output_format::csv) {
    std::vector<std::string> names, cells;
    for (const auto& m : members) {
      names.push_back(m.name);
      cells.push_back(csv_cell(m.json));
    }
    print_csv(out, names);
    print_csv(out, cells);
    return;
  }
  std::size_t width = 0;
  for (const auto& m : members)
    width = std::max(width, width_of(m.name));
  for (const auto& m : members)
    out << m.name << std::string(width - width_of(m.name) + 2, ' ') << core::excerpt(plain_text(m.json), 16'384)
        << '\n';
}

list_printer::list_printer(std::ostream& out, output_format format, std::vector<std::string> columns)
    : out_(out), format_(format), columns_(std::move(columns)) {
  if (format_ == output_format::csv) print_csv(out_, columns_);
}

void list_printer::row(std::string_view json) {
  switch (format_) {
    case output_format::ndjson:
      out_ << json << '\n';
      return;
    case output_format::json:
      out_ << (first_ ? "[" : ",\n ") << json;
      break;
    case output_format::csv:
      print_csv(out_, cells_of(json, columns_, csv_cell));
      return;
    case output_format::table:
      waiting_.push_back(cells_of(json, columns_, table_cell));
      if (!widths_.empty() || waiting_.size() == rows_for_widths) print_waiting();
      break;
  }
  first_ = false;
}

void list_printer::finish() {
  if (format_ == output_format::json) out_ << (first_ ? "[" : "") << "]\n";
  if (format_ == output_format::table) print_waiting();
}

void list_printer::print_waiting() {
  if (widths_.empty()) {
    widths_.resize(columns_.size());
    waiting_.insert(waiting_.begin(), columns_);
    for (const auto& cells : waiting_)
      for (std::size_t i = 0; i < cells.size(); ++i)
        widths_[i] = std::max(widths_[i], width_of(cells[i]));
  }
  for (const auto& cells : waiting_)
    print_aligned(cells);
  waiting_.clear();
}

void list_printer::print_aligned(const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    line += cells[i];
    const std::size_t width = width_of(cells[i]);
    line.append(widths_[i] > width ? widths_[i] - width + 2 : 2, ' ');
  }
  line.resize(line.find_last_not_of(' ') + 1);
  out_ << line << '\n';
}

}  // namespace logline::cli
