#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "domain/core/time.hpp"
#include "journal/key_store.hpp"

namespace logline::journal {

// Copies of the key store are kept apart from the journal's backups and no longer than 30 days (GDP-06): what an
// erasure destroyed is in them until then, wrapped by the root key, which is not. A copy is a directory
// "keystore-2026-11-20T03:50:00.000000Z" in a place of its own; a restore takes it by
// restored_keys.hpp.

/// When the newest copy in the place was made; nothing where there is none.
std::optional<core::timestamp> newest_key_copy(const std::filesystem::path& place);

/// Makes a copy; it has its name only when it is whole. Errors: store_failed.
result<std::filesystem::path> make_key_copy(const key_store& keys, const std::filesystem::path& place,
                                            core::timestamp now);

/// Removes the copies made before `oldest`, and what unfinished ones left; answers how many. Errors: store_failed.
result<std::uint64_t> remove_key_copies(const std::filesystem::path& place, core::timestamp oldest);

}  // namespace logline::journal
