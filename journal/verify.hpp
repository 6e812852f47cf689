#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "domain/core/ids.hpp"
#include "journal/errc.hpp"
#include "journal/open.hpp"

namespace logline::journal {

class checkpoint_verifier;
class log_store;

/// One thing that is wrong, of a kind and at a place.
struct finding {
  errc code = errc::store_corrupt;
  core::gseq position;  ///< first gseq concerned; 0 where the damage is in no record's way
  std::string place;    ///< what holds the damage: "log", "entity", "000012.log", …
  std::string message;

  /// "checksum_mismatch at gseq 17 in log: frame does not fit its CRC-32C"
  std::string text() const;
};

struct verify_progress {
  core::gseq position;      ///< checked up to here
  core::gseq end;           ///< of the log, as far as known
  std::uint64_t bytes = 0;  ///< read so far, as they lie on disk
};

struct verify_options {
  /// Checks the log from here only: from the newest signed head below it on, or from the beginning where there is none.
  /// Derived families other than the Merkle tree, and rows of the entity index that have no record, are then left out.
  core::gseq since;
  /// Called every few megabytes from the calling thread; false stops, which is a finding. May wait, to limit the rate.
  std::function<bool(const verify_progress&)> progress;
};

struct verify_report {
  std::vector<finding> findings;  ///< at most findings_max, in the order in which they were met
  bool has_more_findings = false;
  core::gseq from;  ///< first position that was checked
  log_head head;    ///< as recomputed
  std::uint64_t commits = 0;
  std::uint64_t frames = 0;
  std::uint64_t records = 0;
  std::uint64_t entities = 0;     ///< 0 with since
  std::uint64_t checkpoints = 0;  ///< whose root, chain, time and signature were checked
  std::uint64_t plain_bytes = 0;  ///< of frames, uncompressed
  std::uint64_t stored_bytes = 0;
  std::uint64_t file_bytes = 0;    ///< of the whole directory (verify_store)
  bool is_signed = false;          ///< signatures were checked
  std::vector<std::string> notes;  ///< no damage, but worth knowing, such as a torn end that opening will cut

  static constexpr std::size_t findings_max = 100;
  bool ok() const { return findings.empty(); }
  void add(finding f);
  /// The finding with the lowest position, before those that have none. Requires !ok().
  const finding& first() const;
};

enum class store_use : std::uint8_t {
  quiet,  ///< nobody writes
  live,   ///< commits go on: families that change as the log grows are left out
};

/// Recomputes everything that the store says about the log (JRN-07): each frame's checksum, encoding and commit,
/// positions, times, hash chain, Merkle root and signature of every checkpoint, each entity's eseq, agreement of log
/// and entity index both ways, and the derived families against the log as far as they have got. Checks up to `end`,
/// which must be durable; on a quiet store, to the last record there is. Never writes.
///
/// Memory does not grow with the log, only with armed wake-ups (and with the entities in range, with `since`).
verify_report verify_log(const log_store& store, store_use use, core::partition_id partition, core::gseq end,
                         const checkpoint_verifier* verifier, const verify_options& options);

/// verify_log on a partition on disk, opened read-only, after every byte of its files has been accounted for: RocksDB's
/// own logs and manifest to their end, table files by their checksums, CURRENT, IDENTITY, OPTIONS, and the witness of
/// what was acknowledged. The node must be stopped: a partition that is open elsewhere is a finding (store_locked).
/// Signatures are looked at if `where` has a verifier (see find_verifier) or signer. Never writes, never repairs.
verify_report verify_store(const partition_options& where, const verify_options& options);

/// Who signed the partition's heads: origin by the site's name in the store itself, key in keys_dir/site.pub.
/// Errors: key_missing; those of open_store_read_only.
result<std::shared_ptr<const checkpoint_verifier>> find_verifier(const partition_options& where,
                                                                 const std::filesystem::path& keys_dir);

}  // namespace logline::journal
