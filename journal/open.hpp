#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "journal/disk_space.hpp"
#include "journal/partition_log.hpp"
#include "journal/settings.hpp"

namespace logline::journal {

class checkpoint_verifier;
class cold_place;
class log_store;
struct rocks_environment;

/// Where a partition is and how to open it.
struct partition_options {
  log_settings log;
  /// Of the journal; the partition lies in directory/<partition, five digits>.
  std::string directory;
  /// What the operator calls it; shown in "logline journal verify --data …".
  std::string data_directory;
  /// Opens what a stopped node left, changes nothing, and does not refuse damage: reading stops where it begins.
  bool read_only = false;
  /// Read-only: whose signatures count. Null: signatures are not looked at. Writable logs use their signer.
  std::shared_ptr<const checkpoint_verifier> verifier;

  /// Below either of these the log takes no writes (JRN-11), so that RocksDB never meets a full disk.
  std::uint64_t free_bytes_min = std::uint64_t{256} << 20;
  double free_fraction_min = 0.05;
  /// Empty: what the operating system says.
  std::function<result<disk_space>()> measure_disk;

  /// Where the log's oldest rows are, if some were moved (cold_log.hpp), and where more may go. Null: they cannot be
  /// read.
  std::shared_ptr<cold_place> cold;

  /// Of rows not yet in RocksDB's tables: of the log's family; the others have less, in proportion.
  std::size_t write_buffer_bytes = std::size_t{32} << 20;

  /// Table files up to this many bytes are compared with their checksums on every open, the newest first: all of a
  /// small store, about a second's worth of a large one. The rest is `journal verify`'s.
  std::uint64_t open_check_bytes = std::uint64_t{1} << 30;

  /// Told what RocksDB warns of, from its threads. May be empty.
  std::function<void(std::string_view)> on_message;
  /// Null: the operating system's files. Tests put a simulated disk here (rocks_environment.hpp).
  std::shared_ptr<rocks_environment> environment;
};

/// What opening found and did.
struct open_report {
  std::string label = "@A";  ///< row of the recovery table (recovery.hpp, docs/formats/journal.md §6)
  std::string meaning = "clean";
  bool created = false;
  core::gseq head;
  core::gseq signed_head;          ///< the newest signed head; the tail begins after it
  std::uint64_t tail_records = 0;  ///< checked one by one
  std::vector<std::string> cut;    ///< torn ends of files that RocksDB dropped; never acknowledged
  std::vector<std::string> notes;
  core::gseq derived_from;  ///< derived families caught up from here; 0: they were up to date
  std::uint64_t derived_records = 0;
  std::uint64_t unchecked_bytes = 0;  ///< of table files, see open_check_bytes
  std::int64_t elapsed_us = 0;        ///< by the log's clock

  /// One line for the node's log.
  std::string text() const;
};

/// Opens a partition, creating it where there is none.
///
/// First reads, then writes: files, the tail since the newest signed head, and the witness are checked on a read-only
/// view, and the recovery table decides; only then is the store opened for writing, and the derived families catch up.
/// Errors: store_locked; damage, as the code of its kind, with position, label and the command to inspect it; not_found
/// (read_only, and there is no store); unknown_format; store_failed. `report` may be null; it is filled in on damage,
/// too.
result<std::unique_ptr<partition_log>> open_partition(partition_options options, open_report* report = nullptr);

/// The rows of a stopped node's partition, for tools that look below the log. Errors as above; damage is not looked
/// for.
result<std::unique_ptr<log_store>> open_store_read_only(const partition_options& options);

/// directory/<partition, five digits>.
std::string partition_directory(std::string_view directory, core::partition_id partition);

/// A log that lives as long as the object: for tests, and for nodes that need not remember.
std::unique_ptr<partition_log> make_memory_log(log_settings settings);

}  // namespace logline::journal
