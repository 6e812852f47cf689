#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/core/time.hpp"
#include "domain/core/uuid.hpp"
#include "journal/errc.hpp"
#include "journal/key_cache.hpp"
#include "journal/root_key.hpp"

namespace logline::journal {

/// One subject's erasure, as the shred ledger keeps it (GDP-08). It names nobody.
struct erasure {
  std::uint64_t number = 0;  ///< consecutive from 1 in a ledger
  core::timestamp at;
  std::string tenant;
  core::uuid subject;            ///< pseudonym
  std::vector<core::uuid> keys;  ///< ids of the destroyed data keys
  std::string request;           ///< address of the request
};

struct key_store_options {
  std::filesystem::path directory;       ///< made where it is missing
  std::shared_ptr<const root_key> root;  ///< wraps the epoch key
  std::size_t cached_keys = 1'024;
  std::uint64_t seals_per_key = std::uint64_t{1} << 31;  ///< then the subject gets a new key (GDP-04)
  /// How often RocksDB is asked to remove the files that an erasure made superfluous; then the erasure has failed so
  /// far.
  int purges_max = 20;
  std::function<void(std::string_view)> on_message = [](std::string_view) {};
  /// Told each step of an erasure before it is taken: "delete", "new_epoch", "rewrap", "destroy", "purge", "check",
  /// "done". Tests end the process there.
  std::function<void(std::string_view)> before_step = [](std::string_view) {};
};

/// The subjects' data keys, apart from everything else: not journaled, not mirrored, not archived (GDP-06). A data key
/// is wrapped by the key of an epoch, that one by the root key. Erasing a subject deletes its keys and ends the epoch:
/// what is left of the old one, on disk or in an older copy of the files, cannot be opened with the new epoch's key.
///
/// Safe from any thread. docs/formats/journal.md §sealed values, docs/operate/privacy.md.
class key_store {
 public:
  /// Opens or makes the store. An erasure that a crash interrupted is not finished yet: see is_sweeping(). Errors:
  /// key_missing (another root key), store_locked, store_corrupt, store_failed.
  static result<std::unique_ptr<key_store>> open(key_store_options options);
  ~key_store();
  key_store(const key_store&) = delete;
  key_store& operator=(const key_store&) = delete;

  /// Who is meant by an id, without saying it: the same for the same id of the same tenant, for ever.
  core::uuid pseudonym(std::string_view tenant, std::string_view subject_id) const;

  /// The key to seal with, made and on disk before this returns where the subject has none. Each call counts one seal.
  /// Errors: store_failed, overloaded (every place for a key in memory is in use).
  result<data_key> key_for(std::string_view tenant, const core::uuid& subject);
  /// The key to open with. Errors: not_found for one that was destroyed or never was, store_failed, overloaded.
  result<data_key> find_key(const core::uuid& id);
  /// The address of the request that destroyed the key; nothing for a key that was not destroyed.
  result<std::optional<std::string>> erased_by(const core::uuid& id) const;
  /// Ids of the subject's keys, oldest first.
  result<std::vector<core::uuid>> keys_of(std::string_view tenant, const core::uuid& subject) const;

  /// Erases, all in one epoch: deletes the keys, makes a new epoch key, wraps the survivors with it, destroys the old
  /// one, and has RocksDB drop every file in which any of that still stands; then reads the files to see that it is
  /// gone (GDP-07). Numbers follow erasures(); what is already applied is passed over. Errors: position_gap for a
  /// number left out, store_failed. After an error the rest is done by finish_sweep(), here or after a restart.
  outcome shred(std::span<const erasure> subjects);
  /// Number of the newest erasure applied; 0 for none.
  std::uint64_t erasures() const;
  /// An erasure began and its steps are not all taken.
  bool is_sweeping() const;
  outcome finish_sweep();

  /// A copy of the store in a directory that is not there yet, for a backup of its own kept no longer than 30 days
  /// (GDP-06). Everything in it is wrapped; the root key is not in it.
  outcome back_up(const std::filesystem::path& directory) const;

  struct figures {
    std::uint64_t epoch = 0;
    std::size_t cached = 0;
    bool locked = false;  ///< keys in memory cannot be swapped out
  };
  figures status() const;

 private:
  struct rows;
  explicit key_store(key_store_options options);
  outcome load();
  outcome begin();
  result<data_key> make_key(const std::string& subject, std::uint64_t version);
  outcome delete_keys(std::span<const erasure> subjects);
  outcome open_epoch(std::uint64_t epoch);
  outcome wrap_survivors(std::uint64_t epoch);
  outcome destroy_epochs_before(std::uint64_t epoch);
  outcome purge();
  outcome check_gone() const;

  key_store_options options_;
  std::unique_ptr<rows> in_;
  key_cache cache_;
};

}  // namespace logline::journal
