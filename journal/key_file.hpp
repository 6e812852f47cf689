#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "journal/errc.hpp"

namespace logline::journal {

/// Who may have read access to a key file.
enum class key_access {
  private_,  ///< 0600 in a directory that only its owner can enter; anything wider is refused on reading
  public_,   ///< 0644
};

/// Reads a whole key file (at most 4 KiB). Errors: not_found where there is none; key_missing where it is not readable,
/// not a regular file, too large, of another user, or open to others although private. Messages name it as keys/<name>.
/// The caller wipes what it gets (wipe()) when it is secret.
result<std::string> read_key_file(const std::filesystem::path& keys_dir, std::string_view name, key_access access);

/// Makes the directory (0700) where it is missing, then the file, atomically and durably: temporary name, fsync, link
/// under the final name, fsync of the directory. An existing file is left alone and answers conflict. Errors:
/// store_failed, conflict.
outcome create_key_file(const std::filesystem::path& keys_dir, std::string_view name, std::string_view content,
                        key_access access);

/// Overwrites the text in a way the compiler may not leave out, and empties it.
void wipe(std::string& secret);

}  // namespace logline::journal
