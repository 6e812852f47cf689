#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "journal/errc.hpp"
#include "journal/locked_key.hpp"

namespace logline::journal {

/// What wraps the key store's own keys (GDP-06): a file, or a KMS or TPM that never gives its key away.
class root_key {
 public:
  virtual ~root_key() = default;
  /// `associated` must be given again to unwrap. Errors: store_failed where the service cannot be reached.
  virtual result<std::string> wrap(std::string_view key, std::string_view associated) const = 0;
  /// Puts the 32 bytes into `to`. Errors: key_missing for what another root key wrapped, store_failed.
  virtual result<key_handle> unwrap(std::string_view wrapped, std::string_view associated, locked_keys& to) const = 0;
};

/// DATA/keys/root.key (0600): "logline root key 1", then 64 hex digits. The key never leaves locked memory. Errors:
/// key_missing, store_failed.
result<std::shared_ptr<const root_key>> load_root_key(const std::filesystem::path& keys_dir);
result<std::shared_ptr<const root_key>> load_or_create_root_key(const std::filesystem::path& keys_dir);

}  // namespace logline::journal
