#pragma once

#include <vector>

#include "tests/unit/rules/source_tree.hpp"

namespace logline::rules {

inline constexpr std::size_t columns_max = 120;
inline constexpr std::size_t file_lines_max = 600;
inline constexpr std::size_t function_lines_max = 70;

/// Where a C++ file breaks the ban list, the size limits or the form that headers have.
std::vector<finding> check_tidy(const source_file& file);

/// The functions that are longer than function_lines_max, counted by their braces.
std::vector<finding> check_function_lengths(const source_file& file);

}  // namespace logline::rules
