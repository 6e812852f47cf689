#include "journal/rocks_store.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

namespace logline::journal {

namespace {

// statvfs before every commit of a few hundred bytes would be most of its cost.
constexpr std::uint64_t unmeasured_bytes_max = std::uint64_t{1} << 20;
constexpr std::uint64_t commit_bytes_min =
    4096;  // counted for even the smallest, so that idle trickles measure as well

rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}
std::string_view view(const rocksdb::Slice& s) {
  return {s.data(), s.size()};
}

std::vector<rocksdb::ColumnFamilyDescriptor> descriptors(const memory_limits& limits) {
  const auto cache = rocksdb::NewLRUCache(block_cache_bytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> out;
  out.emplace_back(rocksdb::kDefaultColumnFamilyName, rocksdb::ColumnFamilyOptions{});
  for (const auto f : families)
    out.emplace_back(std::string{to_string(f)}, family_options(f, cache, limits));
  return out;
}

}  // namespace

class rocks_store::batch final : public store_batch {
 public:
  explicit batch(const rocks_store& store) : store_(store) {}

  // A batch in memory only fails when it runs into a size limit, and none is set.
  void put(family f, std::string_view key, std::string_view value) override {
    has_signed_head_ = has_signed_head_ || f == family::checkpoints;
    check(rows_.Put(store_.handle(f), slice(key), slice(value)));
  }
  void erase(family f, std::string_view key) override { check(rows_.Delete(store_.handle(f), slice(key))); }
  void erase_range(family f, std::string_view begin, std::string_view end) override {
    check(rows_.DeleteRange(store_.handle(f), slice(begin), slice(end)));
  }
  bool empty() const override { return rows_.Count() == 0; }
  void clear() override {
    rows_.Clear();
    has_signed_head_ = false;
  }
  rocksdb::WriteBatch& rows() { return rows_; }
  bool has_signed_head() const { return has_signed_head_; }

 private:
  static void check(const rocksdb::Status& status) {
    LL_INVARIANT(status.ok(), "batch in memory: {}", status.ToString());
  }

  const rocks_store& store_;
  rocksdb::WriteBatch rows_;
  bool has_signed_head_ = false;
};

class rocks_store::cursor final : public store_cursor {
 public:
  explicit cursor(std::unique_ptr<rocksdb::Iterator> rows) : rows_(std::move(rows)) {}

  void seek(std::string_view key) override { rows_->Seek(slice(key)); }
  void seek_back(std::string_view key) override { rows_->SeekForPrev(slice(key)); }
  void next() override { rows_->Next(); }
  void previous() override { rows_->Prev(); }
  bool valid() const override { return rows_->Valid(); }
  std::string_view key() const override { return view(rows_->key()); }
  std::string_view value() const override { return view(rows_->value()); }
  outcome status() const override {
    if (const auto status = rows_->status(); !status.ok()) return to_error(status, "reading rows");
    return core::done{};
  }

 private:
  std::unique_ptr<rocksdb::Iterator> rows_;
};

rocks_store::rocks_store(std::string directory, std::shared_ptr<rocks_environment> environment)
    : directory_(std::move(directory)), environment_(std::move(environment)) {}

rocks_store::~rocks_store() {
  for (auto* handle : owned_handles_)
    db_->DestroyColumnFamilyHandle(handle);
}

void rocks_store::take_handles(const std::vector<rocksdb::ColumnFamilyHandle*>& handles) {
  owned_handles_ = handles;
  for (std::size_t i = 0; i < families.size(); ++i)
    handles_[i] = handles[i + 1];
}

result<std::unique_ptr<rocks_store>> rocks_store::open(const std::string& directory,
                                                       std::shared_ptr<rocks_environment> environment,
                                                       message_sink on_message, const memory_limits& limits) {
  rocksdb::DBOptions options = database_options(*environment, std::move(on_message));
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  std::unique_ptr<rocks_store> store{new rocks_store{directory, std::move(environment)}};
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  if (const auto status = rocksdb::DB::Open(options, directory, descriptors(limits), &handles, &db); !status.ok())
    return to_error(status, "opening the store");
  store->db_.reset(db);
  store->take_handles(handles);
  return store;
}

result<std::unique_ptr<rocks_store>> rocks_store::open_read_only(const std::string& directory,
                                                                 std::shared_ptr<rocks_environment> environment,
                                                                 message_sink on_message) {
  const rocksdb::DBOptions options = database_options(*environment, std::move(on_message));
  if (environment->env->FileExists(directory + "/CURRENT").IsNotFound())
    return error{errc::not_found, "there is no store", {}};
  std::vector<std::string> names;
  if (const auto status = rocksdb::DB::ListColumnFamilies(options, directory, &names); !status.ok())
    return to_error(status, "opening the store");
  for (const auto f : families)
    if (std::find(names.begin(), names.end(), to_string(f)) == names.end())
      return error{
          errc::not_found, fmt::format("the store has no family {}: its creation was not finished", to_string(f)), {}};
  std::unique_ptr<rocks_store> store{new rocks_store{directory, std::move(environment)}};
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  if (const auto status = rocksdb::DB::OpenForReadOnly(options, directory, descriptors({}), &handles, &db);
      !status.ok())
    return to_error(status, "opening the store");
  store->db_.reset(db);
  store->take_handles(handles);
  return store;
}

std::unique_ptr<store_batch> rocks_store::make_batch() const {
  return std::make_unique<batch>(*this);
}

outcome rocks_store::write(store_batch& given, durability how) {
  rocksdb::WriteBatch& rows = static_cast<batch&>(given).rows();
  rocksdb::WriteOptions options;
  options.sync = how == durability::synced;
  options.disableWAL = how == durability::derived;
  if (const auto status = db_->Write(options, &rows); !status.ok()) return to_error(status, "writing");
  if (static_cast<batch&>(given).has_signed_head()) head_signed_.store(true, std::memory_order_relaxed);
  unmeasured_.fetch_add(std::max<std::uint64_t>(rows.GetDataSize(), commit_bytes_min), std::memory_order_relaxed);
  return core::done{};
}

result<bool> rocks_store::get(family f, std::string_view key, std::string& value) const {
  if (f == family::log && cold_floor().value > 0) {
    auto found = find_cold_row(*cold_, cold_->ranges(), key, value);
    if (!found || *found) return found;
  }
  const auto status = db_->Get(rocksdb::ReadOptions{}, handle(f), slice(key), &value);
  // It may have gone cold since we looked.
  if (status.IsNotFound()) return f == family::log ? find_cold_row(*cold_, cold_->ranges(), key, value) : false;
  if (!status.ok()) return to_error(status, "reading a row");
  return true;
}

std::unique_ptr<store_cursor> rocks_store::walk(family f, access hint) const {
  rocksdb::ReadOptions options;
  if (hint == access::many) {
    options.total_order_seek = true;
    options.fill_cache = false;
    options.readahead_size = std::size_t{1} << 20;
  } else {
    options.prefix_same_as_start = f == family::entity;
  }
  const auto make = [&] {
    return std::make_unique<cursor>(std::unique_ptr<rocksdb::Iterator>{db_->NewIterator(options, handle(f))});
  };
  if (f != family::log) return make();
  // Rows go cold by being noted first and erased then: an iterator made while nothing was noted holds all the others.
  for (;;) {
    auto ranges = cold_->ranges();
    auto hot = make();
    if (ranges == cold_->ranges()) return walk_cold_and_hot(*cold_, std::move(ranges), std::move(hot));
  }
}

outcome rocks_store::set_cold(std::shared_ptr<cold_place> place) {
  auto cold = std::make_shared<cold_log>(std::move(place));
  const auto rows = walk(family::meta, access::few);
  const auto prefix = cold_row_prefix();
  for (rows->seek(prefix); rows->valid() && rows->key().starts_with(prefix); rows->next()) {
    const auto range = parse_cold_range(rows->key(), rows->value());
    if (!range) return range.error();
    if (range->first != core::next(cold_log::floor_of(cold->ranges())))
      return error{errc::index_mismatch, "the cold ranges do not follow one another", range->first};
    cold->add(*range);
  }
  if (auto status = rows->status(); !status) return status;
  cold_ = std::move(cold);
  return core::done{};
}

outcome rocks_store::erase_log(const cold_range& up_to) {
  const auto begin = log_key(up_to.partition, core::gseq{0});
  const auto end = log_key(up_to.partition, core::next(up_to.last));
  const rocksdb::Slice first = slice(begin);
  const rocksdb::Slice last = slice(end);
  // Whole tables go at once, without being read; what straddles the end is erased row by row.
  if (const auto status = rocksdb::DeleteFilesInRange(db_.get(), handle(family::log), &first, &last, false);
      !status.ok())
    return to_error(status, "dropping tables of cold rows");
  const auto rows = make_batch();
  rows->erase_range(family::log, begin, end);
  return write(*rows, durability::derived);
}

outcome rocks_store::erase_cold_again() {
  const auto ranges = cold_->ranges();
  if (ranges->empty()) return core::done{};
  const std::unique_ptr<rocksdb::Iterator> rows{db_->NewIterator(rocksdb::ReadOptions{}, handle(family::log))};
  rows->SeekToFirst();
  if (!rows->status().ok()) return to_error(rows->status(), "reading rows");
  const auto& last = ranges->back();
  if (!rows->Valid() || view(rows->key()) >= log_key(last.partition, core::next(last.last))) return core::done{};
  return erase_log(last);
}

outcome rocks_store::cool(const cold_range& range, const cold_rows& rows) {
  if (cold_->place() == nullptr) return error{errc::stopped, "nowhere is said where cold rows go", range.first};
  if (auto put = cold_->place()->put(range, pack_rows(rows)); !put) return put;
  std::vector<rocksdb::ColumnFamilyHandle*> derived;
  for (const auto f : derived_families)
    derived.push_back(handle(f));
  if (const auto status = db_->Flush(rocksdb::FlushOptions{}, derived); !status.ok())
    return to_error(status, "flushing derived rows");
  const auto noted = make_batch();
  noted->put(family::meta, cold_row_key(range), encode_cold_range(range));
  if (auto written = write(*noted, durability::synced); !written) return written;
  cold_->add(range);
  return erase_log(range);
}

outcome rocks_store::acknowledge(core::gseq position, const core::digest& chain) {
  LL_INVARIANT(witness_, "gseq {} acknowledged without a witness", position.value);
  auto noted = witness_->note(position, chain);
  // With each signed head, so that not only the death of the process but that of the machine leaves a recent witness.
  return noted && head_signed_.exchange(false, std::memory_order_relaxed) ? witness_->sync() : noted;
}

outcome rocks_store::start_witness(const witness& now) {
  auto opened = witness_file::open(*environment_, directory_, now);
  if (!opened) return std::move(opened).error();
  witness_.emplace(std::move(*opened));
  return core::done{};
}

result<disk_space> rocks_store::measure() const {
  if (floor_.measure) return floor_.measure();
  std::error_code failed;
  const auto space = std::filesystem::space(directory_, failed);
  if (failed) return error{errc::store_failed, fmt::format("measuring free space: {}", failed.message()), {}};
  return disk_space{space.available, space.capacity};
}

outcome rocks_store::has_room() {
  if (unmeasured_.load(std::memory_order_relaxed) >= unmeasured_bytes_max ||
      below_floor_.load(std::memory_order_relaxed)) {
    const auto space = measure();
    if (!space) return space.error();
    const auto fraction =
        static_cast<std::uint64_t>(static_cast<double>(space->total_bytes) * floor_.free_fraction_min);
    below_floor_.store(space->free_bytes < std::max(floor_.free_bytes_min, fraction), std::memory_order_relaxed);
    unmeasured_.store(0, std::memory_order_relaxed);
  }
  if (below_floor_.load(std::memory_order_relaxed))
    return error{errc::disk_full, "less room on the disk than the floor", {}};
  return core::done{};
}

outcome rocks_store::flush_derived() {
  rocksdb::FlushOptions options;
  options.wait = false;
  options.allow_write_stall = true;
  std::vector<rocksdb::ColumnFamilyHandle*> derived;
  for (const auto f : {family::dedupe, family::wakes, family::tree, family::snapshots, family::views})
    derived.push_back(handle(f));
  if (const auto status = db_->Flush(options, derived); !status.ok()) return to_error(status, "flushing derived rows");
  return core::done{};
}

result<std::vector<frozen_table>> rocks_store::freeze(const std::string& directory, core::gseq position,
                                                      const core::digest& chain) {
  rocksdb::Checkpoint* made = nullptr;
  if (const auto status = rocksdb::Checkpoint::Create(db_.get(), &made); !status.ok())
    return to_error(status, "freezing the store");
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint{made};
  // Flushes first: rows that have no WAL are in it, too.
  if (const auto status = checkpoint->CreateCheckpoint(directory); !status.ok())
    return to_error(status, "freezing the store");
  // The manifest names the database by it, and a store without it counts as damaged.
  rocksdb::Env& env = *environment_->env;
  std::string identity;
  auto copied = rocksdb::ReadFileToString(&env, directory_ + "/IDENTITY", &identity);
  if (copied.ok()) copied = rocksdb::WriteStringToFile(&env, identity, directory + "/IDENTITY", true);
  if (!copied.ok()) return to_error(copied, "freezing the store");
  if (auto noted = witness_file::open(*environment_, directory, {1, position, chain, false}); !noted)
    return std::move(noted).error();
  std::vector<rocksdb::LiveFileMetaData> tables;
  db_->GetLiveFilesMetaData(&tables);
  std::vector<frozen_table> out;
  for (const auto& table : tables) {
    if (table.file_checksum.size() != sizeof(std::uint32_t)) continue;
    std::uint32_t crc = 0;
    for (const char octet : table.file_checksum)  // RocksDB's generator writes it big-endian
      crc = crc << 8 | static_cast<unsigned char>(octet);
    out.push_back({table.name.substr(table.name.front() == '/' ? 1 : 0), crc});
  }
  return out;
}

outcome rocks_store::close() {
  std::vector<rocksdb::ColumnFamilyHandle*> all{handles_.begin(), handles_.end()};
  if (const auto status = db_->Flush(rocksdb::FlushOptions{}, all); !status.ok()) return to_error(status, "flushing");
  if (const auto status = db_->SyncWAL(); !status.ok()) return to_error(status, "syncing the WAL");
  for (auto* handle : owned_handles_)
    db_->DestroyColumnFamilyHandle(handle);
  owned_handles_.clear();
  if (const auto status = db_->Close(); !status.ok()) return to_error(status, "closing");
  return witness_ ? witness_->close() : core::done{};
}

std::uint32_t rocks_store::log_family_id() const {
  return handle(family::log)->GetID();
}

std::vector<std::pair<std::string, double>> rocks_store::figures() const {
  const auto property = [this](family f, const std::string& name) {
    std::uint64_t value = 0;
    return db_->GetIntProperty(handle(f), name, &value) ? static_cast<double>(value) : 0.0;
  };
  std::vector<std::pair<std::string, double>> out;
  double bytes = 0;
  double memory = 0;
  for (const auto f : families) {
    const double of_family = property(f, rocksdb::DB::Properties::kLiveSstFilesSize);
    out.emplace_back(fmt::format("journal_{}_bytes", to_string(f)), of_family);
    bytes += of_family;
    memory += property(f, rocksdb::DB::Properties::kCurSizeAllMemTables);
  }
  out.emplace_back("journal_bytes", bytes);
  out.emplace_back("journal_memtable_bytes", memory);
  out.emplace_back("journal_cache_bytes", property(family::log, rocksdb::DB::Properties::kBlockCacheUsage));
  return out;
}

result<directory_lock> directory_lock::take(const std::string& directory,
                                            std::shared_ptr<rocks_environment> environment) {
  rocksdb::FileLock* lock = nullptr;
  const auto status = environment->files->LockFile(directory + '/' + std::string{lock_file_name}, {}, &lock, nullptr);
  if (!status.ok())
    return error{errc::store_locked, fmt::format("another process has the journal open: {}", status.ToString()), {}};
  return directory_lock{std::move(environment), lock};
}

directory_lock::directory_lock(directory_lock&& other) noexcept
    : environment_(std::move(other.environment_)), lock_(std::exchange(other.lock_, nullptr)) {}

directory_lock::~directory_lock() {
  if (lock_ != nullptr) environment_->files->UnlockFile(lock_, {}, nullptr).PermitUncheckedError();
}

}  // namespace logline::journal
