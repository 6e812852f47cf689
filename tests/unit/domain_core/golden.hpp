#pragma once

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

/// Golden files: bytes that were written once and must stay as they are.
namespace logline::fixtures {

/// `test_file` is __FILE__, which a compiler cache or -ffile-prefix-map may have made relative to any directory: what
/// counts is from tests/ on.
inline std::filesystem::path golden_path(const char* test_file, const std::string& name) {
  const std::string_view whole = test_file;
  const auto from = whole.rfind("tests/unit/");
  const char* source = std::getenv("LOGLINE_SOURCE");
  if (source == nullptr || from == std::string_view::npos) FAIL("LOGLINE_SOURCE names no project for " << whole);
  return (std::filesystem::path{source} / whole.substr(from)).parent_path() / "golden" / name;
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in) FAIL("cannot read " << path.string());
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// Compares with the golden file beside the test. A new or deliberately changed shape is written with
/// LOGLINE_WRITE_GOLDEN=1, and then looked at in the diff.
inline void check_golden(const char* test_file, const std::string& name, const std::string& actual) {
  const auto path = golden_path(test_file, name);
  if (std::getenv("LOGLINE_WRITE_GOLDEN") != nullptr) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream{path, std::ios::binary} << actual;
  }
  INFO("golden file " << path.string());
  CHECK(read_file(path) == actual);
}

}  // namespace logline::fixtures
