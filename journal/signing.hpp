#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/core/digest.hpp"
#include "domain/core/time.hpp"
#include "journal/errc.hpp"
#include "journal/keys.hpp"

namespace logline::journal {

// Detached signatures over files, and the keys they may be by (journal SIG; docs/formats/backup.md §1).

/// A public key that has signed, or signs, under a name.
struct known_key {
  std::string name;
  site_public_key key;
  core::timestamp from = core::earliest;  ///< T0
  core::timestamp until = core::never;    ///< signatures made later do not count
};

/// How long a key goes on to count after the next one of its name began (SIG-03).
inline constexpr core::duration_us rotation_overlap = core::days(7);

/// Every public key that a site's signatures were ever made by: those in keys_dir/history.ndjson, never removed
/// (SIG-02), and keys_dir/site.pub, which counts without being listed. A value.
class key_history {
 public:
  key_history() = default;
  explicit key_history(std::vector<known_key> keys) : keys_(std::move(keys)) {}
  /// Errors: key_missing (neither file is there, or one is damaged).
  static result<key_history> load(const std::filesystem::path& keys_dir);

  /// Null when there is none of that id.
  const known_key* find(std::string_view id) const;
  /// Of that name, the one that signs at `now`; null when there is none.
  const known_key* active(std::string_view name, core::timestamp now) const;
  std::span<const known_key> all() const { return keys_; }

 private:
  std::vector<known_key> keys_;
};

/// The private keys that sign under `name` now: the newest of the history, and for rotation_overlap the one before it,
/// too (SIG-03); keys_dir/<name>.key where the history has none. Errors: key_missing.
result<std::vector<site_key>> load_signing_keys(const std::filesystem::path& keys_dir, std::string_view name,
                                                core::timestamp now);

/// Those that sign backups and segments: under "backup" where there is such a key, else under "site". Errors:
/// key_missing.
result<std::vector<site_key>> load_backup_keys(const std::filesystem::path& keys_dir, const key_history& known,
                                               core::timestamp now);

/// Makes a new key of that name, active from `now`, and enters it into the history. Keys other than "site" only: the
/// site's key is bound into the log's own heads. Errors: bad_encoding (no name of a key that may rotate), key_missing,
/// store_failed.
result<known_key> rotate_key(const std::filesystem::path& keys_dir, std::string_view name, core::timestamp now);

/// The text of a .sig file: one signature by each key over the digest of the content and the time.
std::string sign_content(const core::digest& sha256, core::timestamp at, std::span<const site_key> keys);

struct verified_signature {
  std::string key_id;
  std::string key_name;
  core::timestamp at;
};
/// Answers the first signature that is by a known key which counted at the time it names. Errors: bad_encoding (no .sig
/// text), checksum_mismatch (of another content), key_missing (no key of the history), bad_signature (it does not
/// verify, or its key did not count then).
result<verified_signature> verify_content(const core::digest& sha256, std::string_view signature,
                                          const key_history& keys);

}  // namespace logline::journal
