#pragma once

#include <span>
#include <string_view>

namespace logline::postgres {

/// A file of sql/, compiled in. "@schema@" stands for the schema's name.
struct sql_text {
  std::string_view name;  ///< of the file, without its ending
  std::string_view text;
};

/// All of them, in order of name. Lives as long as the program.
std::span<const sql_text> sql_texts();

}  // namespace logline::postgres
