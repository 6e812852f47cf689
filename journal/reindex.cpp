#include "journal/reindex.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/write_batch.h>

#include "journal/catch_up.hpp"
#include "journal/log_pass.hpp"
#include "journal/log_reader.hpp"
#include "journal/rocks_file_check.hpp"
#include "journal/rocks_store.hpp"

namespace logline::journal {

namespace {

constexpr core::gseq no_end{UINT64_MAX - 1};
constexpr std::size_t rows_per_write = 8'192;
constexpr std::array made_anew{family::entity, family::dedupe,    family::wakes,
                               family::tree,   family::snapshots, family::views};

/// Checks the log, and writes the entity rows it demands if there is a store to write to.
class entity_rebuild final : public log_pass_visitor {
 public:
  using progress_function = std::function<bool(const verify_progress&)>;
  entity_rebuild(log_store* store, core::gseq end, const progress_function& progress)
      : store_(store), end_(end), progress_(progress) {
    if (store_ != nullptr) rows_ = store_->make_batch();
  }

  void on_damage(const error& e) override { fail(e); }
  void on_record(const record_view&, const log_mark&) override {}
  void on_node(unsigned, std::uint64_t, const core::digest&) override {}
  void on_frame(const frame_header&, const frame_index& index) override {
    if (store_ == nullptr || failure_) return;
    for (std::size_t i = 0; i < index.row_count(); ++i) {
      const auto& row = index.row_at(i);
      rows_->put(family::entity, entity_key(row.prefix, index.frame_first()), encode_entity_row(row.content));
      ++waiting_;
    }
    if (waiting_ >= rows_per_write) flush();
  }
  bool on_progress(core::gseq position, std::uint64_t stored_bytes) override {
    if (progress_ && !progress_({position, end_, stored_bytes})) fail({errc::stopped, "stopped on request", position});
    return !failure_;
  }

  /// Writes what is left; the first error of all.
  outcome finish() {
    if (store_ != nullptr && !failure_) flush();
    if (failure_) return *failure_;
    return core::done{};
  }
  std::uint64_t written() const { return written_; }

 private:
  void fail(error e) {
    if (!failure_) failure_ = std::move(e);
  }
  void flush() {
    if (auto done = store_->write(*rows_, durability::derived); !done) fail(std::move(done).error());
    written_ += std::exchange(waiting_, 0);
    rows_->clear();
  }

  log_store* const store_;
  const core::gseq end_;
  const progress_function& progress_;
  std::unique_ptr<store_batch> rows_;
  std::size_t waiting_ = 0;
  std::uint64_t written_ = 0;
  std::optional<error> failure_;
};

/// The database as RocksDB sees it, for taking families away: damaged tables of theirs must not keep it from opening.
class raw_database {
 public:
  raw_database(const rocks_environment& environment, std::string directory, message_sink on_message)
      : options_(database_options(environment, std::move(on_message))), directory_(std::move(directory)) {
    options_.paranoid_checks = false;
  }
  ~raw_database() {
    for (auto* handle : handles_)
      db_->DestroyColumnFamilyHandle(handle);
  }
  raw_database(const raw_database&) = delete;
  raw_database& operator=(const raw_database&) = delete;

  outcome open() {
    std::vector<std::string> names;
    if (const auto status = rocksdb::DB::ListColumnFamilies(options_, directory_, &names); !status.ok())
      return to_error(status, "opening the store");
    std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
    for (const auto& name : names) {
      rocksdb::ColumnFamilyOptions options;
      const auto known = std::find_if(families.begin(), families.end(), [&](family f) { return to_string(f) == name; });
      if (known != families.end()) options = family_options(*known, rocksdb::NewLRUCache(block_cache_bytes));
      options.disable_auto_compactions = true;
      descriptors.emplace_back(name, options);
    }
    rocksdb::DB* db = nullptr;
    if (const auto status = rocksdb::DB::Open(options_, directory_, descriptors, &handles_, &db); !status.ok())
      return to_error(status, "opening the store");
    db_.reset(db);
    return core::done{};
  }

  /// Notes first that a reindex is under way.
  outcome drop_derived_families() {
    auto* const meta = handle(family::meta);
    if (meta == nullptr)
      return error{errc::not_found, "the store has no family meta: its creation was not finished", {}};
    rocksdb::WriteOptions synced;
    synced.sync = true;
    const std::string key{reindexing_key};
    if (const auto status = db_->Put(synced, meta, key, encode_position(1)); !status.ok())
      return to_error(status, "noting the reindex");
    for (const auto f : made_anew) {
      auto* const dropped = handle(f);
      if (dropped == nullptr) continue;
      if (const auto status = db_->DropColumnFamily(dropped); !status.ok())
        return to_error(status, "dropping a family");
    }
    return core::done{};
  }

 private:
  rocksdb::ColumnFamilyHandle* handle(family f) const {
    const auto found =
        std::find_if(handles_.begin(), handles_.end(), [&](const auto* h) { return h->GetName() == to_string(f); });
    return found == handles_.end() ? nullptr : *found;
  }

  rocksdb::DBOptions options_;
  const std::string directory_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
};

class reindexing {
 public:
  reindexing(const partition_options& where, const entity_rebuild::progress_function& progress)
      : where_(where),
        progress_(progress),
        environment_(where.environment ? where.environment : rocks_environment::standard()),
        directory_(partition_directory(where.directory, where.log.partition)) {}

  result<reindex_report> run() {
    if (environment_->env->FileExists(directory_ + "/CURRENT").IsNotFound())
      return error{errc::not_found, "there is no store", {}};
    auto lock = directory_lock::take(directory_, environment_);
    if (!lock) return std::move(lock).error();
    if (auto sound = check_log(); !sound) return std::move(sound).error();
    if (auto dropped = drop(); !dropped) return std::move(dropped).error();
    auto store = rocks_store::open(directory_, environment_, where_.on_message);
    if (!store) return std::move(store).error();
    if (auto cold = (*store)->set_cold(where_.cold); !cold) return std::move(cold).error();
    if (auto made = make_anew(**store); !made) return std::move(made).error();
    if (auto done = finish(**store); !done) return std::move(done).error();
    return report_;
  }

 private:
  // For the eye only: the pass itself finds out where the log ends.
  core::gseq last_position(const log_store& store) const {
    const auto newest = find_frame_header(store, where_.log.partition, no_end);
    return newest ? newest->last() : core::gseq{};
  }

  // A store that cannot be read because of what will be dropped is checked while its rows are made.
  outcome check_log() {
    const auto store = rocks_store::open_read_only(directory_, environment_, where_.on_message);
    if (!store) return core::done{};
    if (auto cold = (*store)->set_cold(where_.cold); !cold) return cold;
    entity_rebuild check{nullptr, last_position(**store), progress_};
    log_pass pass{**store, where_.log.partition, {}, no_end, check};
    pass.run();
    if (auto sound = check.finish(); !sound) return sound;
    const auto reading = read_witness(*environment_, directory_);
    if (!reading) return reading.error();
    if (reading->newest && reading->newest->position > pass.mark().position)
      return error{errc::acknowledged_lost,
                   fmt::format("the log ends before gseq {}, which was acknowledged", reading->newest->position.value),
                   core::next(pass.mark().position)};
    file_check files;
    tail_findings ignored;
    const bool closed = reading->newest && reading->newest->closed;
    if (auto checked = check_files(**store, *environment_, directory_, closed, files, ignored); !checked)
      return checked.error().code == errc::store_corrupt ? core::done{} : std::move(checked);
    report_.cut = std::move(files.cut);
    return core::done{};
  }

  outcome drop() {
    raw_database database{*environment_, directory_, where_.on_message};
    if (auto opened = database.open(); !opened) return opened;
    return database.drop_derived_families();
  }

  outcome make_anew(rocks_store& store) {
    entity_rebuild entities{&store, last_position(store), progress_};
    log_pass pass{store, where_.log.partition, {}, no_end, entities};
    pass.run();
    if (auto written = entities.finish(); !written) return written;
    report_.records = pass.records();
    report_.head = pass.mark().position;
    report_.entity_rows = entities.written();
    log_state end;
    end.position = pass.mark().position;
    end.chain = pass.mark().chain;
    end.at = pass.mark().at;
    end.tree = pass.mark().tree;
    const auto caught_up = catch_up(store, where_.log.partition, end);
    if (!caught_up) return caught_up.error();
    return core::done{};
  }

  // The new rows are in no WAL: they must be on disk before the note goes.
  outcome finish(rocks_store& store) {
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    for (const auto f : made_anew)
      handles.push_back(store.handle(f));
    if (const auto status = store.database().Flush(rocksdb::FlushOptions{}, handles); !status.ok())
      return to_error(status, "flushing the new rows");
    const auto rows = store.make_batch();
    rows->erase(family::meta, reindexing_key);
    if (auto written = store.write(*rows, durability::synced); !written) return written;
    if (auto noted = note_option_files(store, *environment_, directory_); !noted) return noted;
    return store.close();
  }

  const partition_options& where_;
  const entity_rebuild::progress_function& progress_;
  const std::shared_ptr<rocks_environment> environment_;
  const std::string directory_;
  reindex_report report_;
};

}  // namespace

result<reindex_report> reindex_store(const partition_options& where,
                                     const std::function<bool(const verify_progress&)>& progress) {
  return reindexing{where, progress}.run();
}

}  // namespace logline::journal
