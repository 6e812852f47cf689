#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "domain/core/digest.hpp"
#include "journal/errc.hpp"
#include "journal/key_store.hpp"
#include "journal/keys.hpp"

namespace logline::journal {

/// The list of all erasures, kept in several places apart from the node: whatever is restored, no erased subject comes
/// back with it (GDP-08). Each place is a directory with one file `shreds.ndjson`: a line an erasure, chained by hash
/// and signed by the site (docs/formats/journal.md). It names nobody.

inline constexpr const char* shred_ledger_file = "shreds.ndjson";

/// Reads and checks one place's file; empty where there is none. A last line without its end is a write that was never
/// acknowledged, and is passed over. Errors: bad_signature, chain_broken, bad_encoding, store_failed.
result<std::vector<erasure>> read_shred_ledger(const std::filesystem::path& place, const site_public_key& site);

/// The longest ledger of the places. Errors: as read_shred_ledger, and checkpoint_mismatch where two places disagree
/// about an erasure.
result<std::vector<erasure>> newest_shred_ledger(std::span<const std::filesystem::path> places,
                                                 const site_public_key& site);

/// Applies every erasure of the ledger to the key store that it has not seen, and finishes one that was interrupted.
/// Every start and every restore calls this before anything is opened with a key. `at_least`: how many erasures are
/// known of from elsewhere, such as a backup's manifest. Answers how many were applied now. Errors: acknowledged_lost
/// where the ledger is shorter than the store or `at_least` says: the newest ledger is missing. Otherwise as above.
result<std::uint64_t> replay_shreds(key_store& keys, std::span<const std::filesystem::path> places,
                                    const site_public_key& site, std::uint64_t at_least = 0);

/// The ledger in all its places, open for the next erasures. By one thread at a time.
class shred_ledger {
 public:
  /// Makes directories where they are missing, and brings places that lag behind up to the longest.
  static result<std::unique_ptr<shred_ledger>> open(std::vector<std::filesystem::path> places, site_key site);

  /// Numbers the erasures and writes them to every place; returns when they are on disk everywhere. After an error the
  /// ledger must be opened anew: places may differ by what was written last.
  result<std::vector<erasure>> append(std::vector<erasure> fresh);

  std::uint64_t count() const { return count_; }
  const std::vector<std::filesystem::path>& places() const { return places_; }

 private:
  shred_ledger(std::vector<std::filesystem::path> places, site_key site)
      : places_(std::move(places)), site_(std::move(site)) {}

  std::vector<std::filesystem::path> places_;
  site_key site_;
  std::uint64_t count_ = 0;
  core::digest last_;  ///< SHA-256 of the last line without its end; zero before the first
};

}  // namespace logline::journal
