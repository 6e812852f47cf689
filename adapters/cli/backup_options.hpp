#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "adapters/cli/commands.hpp"
#include "journal/object_store.hpp"

namespace logline::cli {

/// Which place of backups, and whose keys.
struct backup_options {
  std::string place;     ///< --dir, --from
  std::string keys;      ///< --keys; default DATA/keys
  std::string seal_key;  ///< --seal-key: the place is encrypted under it
};

std::filesystem::path data_folder(const invocation& run);
std::filesystem::path keys_folder(const invocation& run, const backup_options& o);

/// --keys and --seal-key.
void add_key_options(CLI::App& command, backup_options& o);

/// The place, by default DATA/backups; a directory must be there unless `make`. A trouble is printed, and null
/// answered.
std::unique_ptr<journal::object_store> open_place(const backup_options& o, bool make, invocation& run);

/// A JSON string.
std::string json_string(std::string_view text);

/// As exit codes: damage is 4, what was asked for and is not there 2, the rest 1.
trouble backup_trouble(const journal::error& e);

}  // namespace logline::cli
