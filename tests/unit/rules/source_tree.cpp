#include "tests/unit/rules/source_tree.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace logline::rules {

source_file source_file::of(std::string path, std::string_view text) {
  source_file file{std::move(path), {}};
  while (!text.empty()) {
    const auto end = text.find('\n');
    file.lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return file;
}

bool source_file::below(std::string_view folder) const {
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

std::ostream& operator<<(std::ostream& to, const finding& f) {
  return to << f.path << ':' << f.line << ": " << f.problem << ", " << f.instead;
}

std::filesystem::path project_root() {
  const char* root = std::getenv("LOGLINE_SOURCE");
  if (root == nullptr) FAIL("LOGLINE_SOURCE is unset: run by ctest, or set it to the project's root");
  return root;
}

source_file read_source(const std::filesystem::path& root, const std::string& path) {
  std::ifstream in(root / path, std::ios::binary);
  if (!in) FAIL("cannot read " << (root / path));
  return source_file::of(path, std::string{std::istreambuf_iterator<char>{in}, {}});
}

std::vector<source_file> read_sources(const std::filesystem::path& root) {
  std::vector<std::string> paths;
  for (const auto folder : code_folders) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      if (entry.is_regular_file() && (extension == ".cpp" || extension == ".hpp"))
        paths.push_back(std::filesystem::relative(entry.path(), root).generic_string());
    }
  }
  if (paths.empty()) FAIL("no source below " << root);
  std::sort(paths.begin(), paths.end());
  std::vector<source_file> files;
  std::transform(paths.begin(), paths.end(), std::back_inserter(files),
                 [&](const std::string& path) { return read_source(root, path); });
  return files;
}

}  // namespace logline::rules
