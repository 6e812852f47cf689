#pragma once

#include <compare>
#include <filesystem>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace logline::rules {

/// A text file of the project, in lines without their ends.
struct source_file {
  std::string path;  ///< from the project's root: "journal/merkle.cpp"
  std::vector<std::string> lines;

  static source_file of(std::string path, std::string_view text);
  bool is_header() const { return path.ends_with(".hpp"); }
  /// Whether the file lies below the folder ("domain/core"), at any depth.
  bool below(std::string_view folder) const;
};

/// A broken rule: where it is broken, what stands there, and what to write instead.
struct finding {
  std::string path;
  std::size_t line = 0;
  std::string problem;
  std::string instead;
  friend auto operator<=>(const finding&, const finding&) = default;
};

/// "journal/x.cpp:12: problem, use instead"
std::ostream& operator<<(std::ostream& to, const finding& f);

/// The root of the project: $LOGLINE_SOURCE, as ctest sets it. Fails the test when the variable is unset.
std::filesystem::path project_root();

/// The C++ files of the folders named in `code_folders`, in order of path. Fails the test when there are none.
std::vector<source_file> read_sources(const std::filesystem::path& root);

/// One file of the project; fails the test when there is none.
source_file read_source(const std::filesystem::path& root, const std::string& path);

/// The product's folders, lowest layer first.
inline constexpr std::string_view product_folders[] = {"domain", "journal", "actors", "adapters", "cluster"};
inline constexpr std::string_view code_folders[] = {"domain",  "journal", "actors", "adapters",
                                                    "cluster", "tests",   "bench"};

}  // namespace logline::rules
