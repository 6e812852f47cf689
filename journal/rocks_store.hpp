#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <rocksdb/db.h>

#include "journal/cold_log.hpp"
#include "journal/disk_space.hpp"
#include "journal/log_store.hpp"
#include "journal/rocks_environment.hpp"
#include "journal/rocks_options.hpp"
#include "journal/witness.hpp"

namespace logline::journal {

/// What is left on the disk, and how much of that must stay.
struct disk_floor {
  /// Empty: what the operating system says of the store's directory.
  std::function<result<disk_space>()> measure;
  std::uint64_t free_bytes_min = 0;
  double free_fraction_min = 0;
};

/// A table file whose bytes are not the ones it was written with.
struct damaged_table {
  std::string name;
  family where = family::log;
  core::gseq position;  ///< of a table of the log: first position in it
  std::string message;
};

/// Holds the directory against other processes, and other logs of this one, for as long as it lives.
class directory_lock {
 public:
  /// Errors: store_locked.
  static result<directory_lock> take(const std::string& directory, std::shared_ptr<rocks_environment> environment);
  ~directory_lock();
  directory_lock(directory_lock&& other) noexcept;
  directory_lock& operator=(directory_lock&&) = delete;

 private:
  directory_lock(std::shared_ptr<rocks_environment> environment, rocksdb::FileLock* lock)
      : environment_(std::move(environment)), lock_(lock) {}
  std::shared_ptr<rocks_environment> environment_;
  rocksdb::FileLock* lock_;
};

/// Rows in RocksDB: one database a partition, one column family a family.
class rocks_store final : public log_store {
 public:
  /// Opens for writing, making what is missing. The caller has the directory locked and has checked it (see
  /// recovery.hpp).
  static result<std::unique_ptr<rocks_store>> open(const std::string& directory,
                                                   std::shared_ptr<rocks_environment> environment,
                                                   message_sink on_message, const memory_limits& limits = {});
  /// Opens for reading what a stopped process left; changes nothing in the directory. not_found: there is no store, or
  /// its creation was not finished.
  static result<std::unique_ptr<rocks_store>> open_read_only(const std::string& directory,
                                                             std::shared_ptr<rocks_environment> environment,
                                                             message_sink on_message);
  /// Leaves the files as a crash would, unless close() was called.
  ~rocks_store() override;

  std::unique_ptr<store_batch> make_batch() const override;
  outcome write(store_batch& batch, durability how) override;
  result<bool> get(family f, std::string_view key, std::string& value) const override;
  std::unique_ptr<store_cursor> walk(family f, access hint) const override;
  outcome acknowledge(core::gseq position, const core::digest& chain) override;
  outcome has_room() override;
  outcome flush_derived() override;
  result<std::vector<frozen_table>> freeze(const std::string& directory, core::gseq position,
                                           const core::digest& chain) override;
  outcome cool(const cold_range& range, const cold_rows& rows) override;
  core::gseq cold_floor() const override { return cold_log::floor_of(cold_->ranges()); }
  outcome close() override;
  std::vector<std::pair<std::string, double>> figures() const override;

  /// Erases what a crash left of rows that are cold.
  outcome erase_cold_again();
  /// Says where the log's cold rows are; before anybody reads. Errors: index_mismatch, the store's.
  outcome set_cold(std::shared_ptr<cold_place> place);

  /// From now on acknowledge() notes positions in the store's witness, beginning with this one.
  outcome start_witness(const witness& now);
  void set_floor(disk_floor floor) { floor_ = std::move(floor); }
  /// Holds the lock for as long as the store is open.
  void keep(directory_lock lock) { lock_.emplace(std::move(lock)); }

  /// Compares table files with their whole-file checksums, newest first, until `bytes_max` are read. `left_bytes` is
  /// what was not looked at. Errors: store_failed.
  result<std::vector<damaged_table>> check_tables(std::uint64_t bytes_max, std::uint64_t& left_bytes) const;

  /// RocksDB's number of the log family, as its WAL has it.
  std::uint32_t log_family_id() const;
  rocksdb::DB& database() const { return *db_; }
  rocksdb::ColumnFamilyHandle* handle(family f) const { return handles_[static_cast<std::size_t>(f)]; }

 private:
  class batch;
  class cursor;
  rocks_store(std::string directory, std::shared_ptr<rocks_environment> environment);
  void take_handles(const std::vector<rocksdb::ColumnFamilyHandle*>& handles);
  result<disk_space> measure() const;
  /// Erases rows of the log up to there, which a crash may have left; without WAL, since it is repeated on opening.
  outcome erase_log(const cold_range& up_to);

  const std::string directory_;
  const std::shared_ptr<rocks_environment> environment_;
  std::optional<directory_lock> lock_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> owned_handles_;
  std::array<rocksdb::ColumnFamilyHandle*, families.size()> handles_{};

  std::shared_ptr<cold_log> cold_ = std::make_shared<cold_log>(nullptr);
  std::optional<witness_file> witness_;   // by the thread that writes commits
  std::atomic<bool> head_signed_{false};  // since the witness was last synced
  disk_floor floor_;
  std::atomic<std::uint64_t> unmeasured_{UINT64_MAX};  // bytes written since the floor was last looked at
  std::atomic<bool> below_floor_{false};
};

inline constexpr std::string_view lock_file_name = "OWNER";

}  // namespace logline::journal
