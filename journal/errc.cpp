#include "journal/errc.hpp"

#include <fmt/format.h>

namespace logline::journal {

std::string_view to_string(errc code) {
  switch (code) {
    case errc::short_read:
      return "short_read";
    case errc::bad_magic:
      return "bad_magic";
    case errc::checksum_mismatch:
      return "checksum_mismatch";
    case errc::bad_encoding:
      return "bad_encoding";
    case errc::unknown_format:
      return "unknown_format";
    case errc::position_gap:
      return "position_gap";
    case errc::sequence_gap:
      return "sequence_gap";
    case errc::chain_broken:
      return "chain_broken";
    case errc::checkpoint_mismatch:
      return "checkpoint_mismatch";
    case errc::bad_signature:
      return "bad_signature";
    case errc::incomplete_commit:
      return "incomplete_commit";
    case errc::acknowledged_lost:
      return "acknowledged_lost";
    case errc::index_mismatch:
      return "index_mismatch";
    case errc::store_corrupt:
      return "store_corrupt";
    case errc::store_failed:
      return "store_failed";
    case errc::store_locked:
      return "store_locked";
    case errc::stopped:
      return "stopped";
    case errc::conflict:
      return "conflict";
    case errc::too_large:
      return "too_large";
    case errc::overloaded:
      return "overloaded";
    case errc::disk_full:
      return "disk_full";
    case errc::not_found:
      return "not_found";
    case errc::archived:
      return "archived";
    case errc::key_missing:
      return "key_missing";
  }
  LL_INVARIANT(false, "no errc has the value {}", static_cast<int>(code));
}

std::string error::text() const {
  return position.value == 0 ? fmt::format("{}: {}", to_string(code), message)
                             : fmt::format("{} at gseq {}: {}", to_string(code), position.value, message);
}

// Messages of ours may hold file system paths, which must not reach a caller; only those that cannot are passed on.
core::failure to_failure(const error& e) {
  switch (e.code) {
    case errc::conflict:
      return core::conflict(e.message);
    case errc::too_large:
      return core::too_large(e.message);
    case errc::not_found:
      return core::not_found(e.message);
    case errc::overloaded:
      return core::overloaded("the journal has more to write than it may hold; try again");
    case errc::disk_full:
      return {
          core::failure_kind::unavailable, "READ_ONLY", "the disk is nearly full; the node takes no writes", {}, 30};
    case errc::short_read:
    case errc::bad_magic:
    case errc::checksum_mismatch:
    case errc::bad_encoding:
    case errc::unknown_format:
    case errc::position_gap:
    case errc::sequence_gap:
    case errc::chain_broken:
    case errc::checkpoint_mismatch:
    case errc::bad_signature:
    case errc::incomplete_commit:
    case errc::acknowledged_lost:
    case errc::index_mismatch:
    case errc::store_corrupt:
      return {core::failure_kind::internal, "JOURNAL_CORRUPT",
              fmt::format("the journal is damaged ({} at gseq {}); run: logline journal verify", to_string(e.code),
                          e.position.value)};
    case errc::archived:
      return {core::failure_kind::unavailable,
              "ARCHIVED",
              "these records are in the archive, which cannot be read now",
              {},
              60};
    case errc::store_failed:
    case errc::store_locked:
    case errc::stopped:
    case errc::key_missing:
      return core::unavailable("the journal takes no writes now");
  }
  LL_INVARIANT(false, "no errc has the value {}", static_cast<int>(e.code));
}

}  // namespace logline::journal
