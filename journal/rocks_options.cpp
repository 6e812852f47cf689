#include "journal/rocks_options.hpp"

#include <cstdarg>
#include <cstdio>
#include <utility>

#include <rocksdb/file_checksum.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

#include "domain/core/invariant.hpp"

namespace logline::journal {

namespace {

/// RocksDB's own log: warnings go to the node's, the rest nowhere. Without a logger it would write LOG files of its
/// own.
class forwarding_logger final : public rocksdb::Logger {
 public:
  explicit forwarding_logger(message_sink sink) : Logger(rocksdb::InfoLogLevel::WARN_LEVEL), sink_(std::move(sink)) {}

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    if (!sink_) return;
    char text[512];
    std::vsnprintf(text, sizeof text, format, arguments);
    sink_(text);
  }

 private:
  message_sink sink_;
};

/// tenant \0 type \0 key \0: filters then answer "no such entity" without a look at the disk.
class entity_prefix_transform final : public rocksdb::SliceTransform {
 public:
  const char* Name() const override { return "logline.entity_prefix"; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override { return {key.data(), prefix_bytes(key)}; }
  bool InDomain(const rocksdb::Slice& key) const override { return prefix_bytes(key) != 0; }

 private:
  static std::size_t prefix_bytes(const rocksdb::Slice& key) {
    std::size_t zeros = 0;
    for (std::size_t i = 0; i < key.size(); ++i)
      if (key[i] == '\0' && ++zeros == 3) return i + 1;
    return 0;
  }
};

rocksdb::BlockBasedTableOptions table_options(family f, std::shared_ptr<rocksdb::Cache> block_cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = std::move(block_cache);
  table.format_version = 5;
  // Large enough for small frames to compress together, small enough to read one entity's.
  table.block_size = 16 * 1024;
  // Index and filters count against the cache, in parts: memory does not grow with the log (PERF-10, PERF-11).
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  if (f == family::log) return table;  // read by position, and what is asked for is there
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.whole_key_filtering = f != family::entity;  // looked up by prefix, see above
  return table;
}

/// What part of the log's write buffer a family gets, as 1 / n.
std::size_t write_buffer_share(family f) {
  switch (f) {
    case family::log:
      return 1;
    case family::entity:
      return 2;
    case family::dedupe:
    case family::views:
    case family::snapshots:
      return 4;
    case family::meta:
    case family::checkpoints:
    case family::cursors:
    case family::wakes:
    case family::tree:
      return 16;
  }
  LL_INVARIANT(false, "no family has the value {}", static_cast<int>(f));
}

}  // namespace

rocksdb::DBOptions database_options(const rocks_environment& environment, message_sink on_message) {
  rocksdb::DBOptions o;
  o.env = environment.env;
  o.info_log = std::make_shared<forwarding_logger>(std::move(on_message));
  o.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;

  // -- never lose a commit (JRN-05): these are its forbidden settings, spelt out so that a changed default changes
  // nothing ----
  o.wal_bytes_per_sync = 0;    // starts writing a part of the WAL without waiting for it: hides write errors
  o.recycle_log_file_num = 0;  // a recycled WAL holds old records that can pass for the tail of the new one
  o.manual_wal_flush = false;  // keeps "synced" records in memory
  o.track_and_verify_wals_in_manifest = true;  // a WAL that was synced and is missing or short is found on open
  o.use_fsync = false;  // fdatasync: all of a WAL that grows is its data and its size, which it covers
  o.two_write_queues = false;
  o.unordered_write = false;
  o.enable_pipelined_write = false;
  o.allow_2pc = false;
  // Stops at the first record that does not fit: what follows a torn tail was never acknowledged. That nothing
  // acknowledged is dropped this way is what the witness and the signed heads check (recovery.hpp).
  o.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  o.best_efforts_recovery = false;
  o.max_bgerror_resume_count = 0;        // a failed write or sync is never tried again
  o.avoid_flush_during_shutdown = true;  // what is to be written at the end is written by close(), which can fail

  // -- find damage
  o.paranoid_checks = true;
  o.flush_verify_memtable_count = true;
  o.verify_sst_unique_id_in_manifest = true;
  o.write_dbid_to_manifest = true;  // so that IDENTITY can be checked against something
  o.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();  // makes VerifyFileChecksums possible

  // -- one writer of sorted batches
  o.allow_concurrent_memtable_write = false;  // lets an insertion start where the one before ended

  // -- bounded: memory, files, time to open (PERF-9, PERF-10)
  o.max_total_wal_size = std::size_t{128} << 20;  // what is replayed after a crash
  o.max_open_files = 512;
  o.max_background_jobs = 2;
  o.max_manifest_file_size = std::size_t{16} << 20;
  o.bytes_per_sync = std::size_t{1} << 20;  // of tables, not of the WAL: no burst of dirty pages in a commit's way
  o.skip_stats_update_on_db_open = true;
  o.stats_dump_period_sec = 0;
  o.stats_persist_period_sec = 0;
  return o;
}

rocksdb::ColumnFamilyOptions family_options(family f, std::shared_ptr<rocksdb::Cache> block_cache,
                                            const memory_limits& limits) {
  rocksdb::ColumnFamilyOptions o;
  o.enable_blob_files = false;  // forbidden by JRN-05
  o.write_buffer_size = limits.write_buffer_bytes / write_buffer_share(f);
  o.max_write_buffer_number = 3;
  o.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options(f, std::move(block_cache))));
  // Frames are compressed already; those of a quiet log, one record each, compress together. One kind for all levels:
  // only then are tables of ever growing keys moved down instead of rewritten.
  o.compression = rocksdb::kZSTD;
  o.compression_opts.level = 1;
  if (f == family::entity) {
    o.prefix_extractor = std::make_shared<entity_prefix_transform>();
    // An entity's new row comes right behind its last one: start there instead of at the top of the skip list.
    o.memtable_insert_with_hint_prefix_extractor = o.prefix_extractor;
  }
  return o;
}

}  // namespace logline::journal
