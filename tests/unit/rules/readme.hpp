#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/rules/source_tree.hpp"

namespace logline::rules {

/// Everything below, on the project itself.
std::vector<finding> check_readmes(const std::filesystem::path& root);

/// Rows that begin with a folder in backticks (`journal/`) against the folders that exist.
std::vector<finding> check_folder_table(const source_file& readme, const std::set<std::string>& folders);

/// Paths in backticks that begin with one of the project's folders and do not exist.
std::vector<finding> check_named_paths(const source_file& page, const std::function<bool(const std::string&)>& exists);

/// A folder's README begins, after its title, with the law of the folder.
std::vector<finding> check_law(const source_file& readme);

}  // namespace logline::rules
