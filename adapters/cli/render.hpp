#pragma once

#include <cstddef>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace logline::cli {

enum class output_format { table, json, ndjson, csv };
std::optional<output_format> parse_output_format(std::string_view name);

/// Prints one JSON object: as it is, or its members as rows of name and value.
void print_object(std::ostream& out, output_format format, std::string_view json);

/// Prints JSON objects as they come: a JSON array, lines, RFC 4180, or aligned columns (whose widths the first hundred
/// rows settle). finish() must be called.
class list_printer {
 public:
  /// `columns` names the members that table and csv show, in order.
  list_printer(std::ostream& out, output_format format, std::vector<std::string> columns);
  void row(std::string_view json);
  void finish();

 private:
  void print_waiting();
  void print_aligned(const std::vector<std::string>& cells);

  std::ostream& out_;
  const output_format format_;
  const std::vector<std::string> columns_;
  std::vector<std::size_t> widths_;  // empty until they are settled
  std::vector<std::vector<std::string>> waiting_;
  bool first_ = true;
};

}  // namespace logline::cli
