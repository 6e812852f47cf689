#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "journal/errc.hpp"

namespace logline::journal {

/// The subjects' keys that a restored data directory is to have (BAK-08, BAK-13).
struct key_sources {
  std::filesystem::path keystore;             ///< a copy of a key store; empty: the node begins a new one
  std::vector<std::filesystem::path> shreds;  ///< places of the shred ledger
};

/// Puts the key store into data/keystore, the longest of the ledgers into data/shreds, and applies every erasure that
/// the store has not seen: whatever is restored, nobody erased comes back (GDP-08). `erasures`: how many were known of
/// when the newest backup was made. Needs data/keys with the site's key and root.key. Errors: acknowledged_lost
/// "SHREDS_MISSING: …" where no ledger is named although there were erasures, or the longest is too short; those of the
/// key store and the ledger.
outcome restore_keys(const std::filesystem::path& data, const key_sources& from, std::uint64_t erasures);

}  // namespace logline::journal
