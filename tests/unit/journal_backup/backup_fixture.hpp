#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <catch2/catch.hpp>

#include "domain/core/time.hpp"

namespace logline::backup_fixtures {

inline constexpr core::timestamp now{1'774'746'000'000'000};  // 2026-03-29T01:00:00Z

/// A directory that goes with the object.
struct folder {
  std::filesystem::path path;
  folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "logline-backup-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
};

inline std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

inline void write_file(const std::filesystem::path& file, const std::string& bytes) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream{file, std::ios::binary} << bytes;
}

}  // namespace logline::backup_fixtures
