#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "journal/object_store.hpp"

namespace logline::journal {

/// Objects as files below a directory: the name is the path. Written under <name>.tmp, synced, renamed, the directory
/// synced; files are 0640, directories 0750. What a crash leaves under .tmp is no object and is replaced by the next
/// put() of that name.
class directory_store final : public object_store {
 public:
  /// Makes the directory, and those above it, where they are missing. Errors: store_failed.
  static result<std::unique_ptr<directory_store>> open(const std::filesystem::path& directory);
  /// The directory must be there. Errors: not_found.
  static result<std::unique_ptr<directory_store>> open_existing(const std::filesystem::path& directory);

  outcome put(std::string_view name, std::string_view bytes) override;
  outcome put_file(std::string_view name, const std::filesystem::path& file, const core::digest& sha256) override;
  result<std::string> get(std::string_view name, std::size_t bytes_max) override;
  result<core::digest> get_file(std::string_view name, const std::filesystem::path& to) override;
  result<std::vector<object_info>> list(std::string_view prefix) override;
  outcome remove(std::string_view name) override;
  std::string where() const override { return "directory " + directory_.string(); }

 private:
  explicit directory_store(std::filesystem::path directory) : directory_(std::move(directory)) {}
  result<std::filesystem::path> path_of(std::string_view name) const;

  std::filesystem::path directory_;
};

}  // namespace logline::journal
