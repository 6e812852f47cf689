#include "journal/key_store.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include "domain/core/digest.hpp"
#include "journal/aead.hpp"
#include "journal/key_file.hpp"
#include "journal/key_rows.hpp"
#include "journal/little_endian.hpp"
#include "journal/rocks_options.hpp"

namespace logline::journal {

namespace {

// Keys in use by callers, beside the cached ones, the epochs' and the pseudonyms'.
constexpr std::size_t spare_places = 256;
// The first reservation costs no write of its own, later ones double: a key that is used much is written rarely.
constexpr std::uint64_t first_reservation = 1'024;
constexpr std::uint64_t reservation_max = std::uint64_t{1} << 20;

rocksdb::Options store_options(const rocks_environment& environment,
                               const std::function<void(std::string_view)>& on_message) {
  rocksdb::Options options{database_options(environment, on_message), rocksdb::ColumnFamilyOptions{}};
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;  // the read-back check looks for boxes as they are
  options.write_buffer_size = std::size_t{4} << 20;
  return options;
}

error no_room_for_keys() {
  return {errc::overloaded, "every place for a key in locked memory is in use", {}};
}

}  // namespace

std::string key_row_key(const core::uuid& id) {
  return 'D' + std::string{id.view()};
}
std::string erased_row_key(const core::uuid& id) {
  return 'X' + std::string{id.view()};
}
std::string epoch_row_key(std::uint64_t epoch) {
  std::string key = "K";
  append_big_endian(key, epoch);
  return key;
}
std::string subject_name(std::string_view tenant, const core::uuid& id) {
  return std::string{tenant}.append(1, '\0').append(id.view());
}
std::string subject_row_key(const std::string& subject, std::uint64_t version) {
  std::string key = 'S' + subject;
  append_big_endian(key, version);
  return key;
}
std::string data_key_context(const core::uuid& id, const std::string& subject, std::uint64_t epoch) {
  std::string context = "logline data key 1";
  append_big_endian(context, epoch);
  return context.append(id.view()).append(subject);
}
std::string epoch_key_context(std::uint64_t epoch) {
  std::string context = "logline epoch key 1";
  append_big_endian(context, epoch);
  return context;
}
std::string secret_context(std::uint64_t epoch) {
  std::string context = "logline pseudonyms 1";
  append_big_endian(context, epoch);
  return context;
}
std::string number_text(std::uint64_t n) {
  std::string out;
  append_big_endian(out, n);
  return out;
}

result<std::optional<std::string>> key_store::rows::get(std::string_view key) const {
  std::string value;
  const auto status = db->Get(rocksdb::ReadOptions{}, slice_of(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>{};
  if (!status.ok()) return to_error(status, "reading the key store");
  return std::optional{std::move(value)};
}

result<std::optional<key_row>> key_store::rows::find_key(const core::uuid& id) const {
  auto stored = get(key_row_key(id));
  if (!stored) return std::move(stored).error();
  if (!*stored) return std::optional<key_row>{};
  auto row = read_row<key_row>(**stored, "a key");
  if (!row) return std::move(row).error();
  return std::optional{*std::move(row)};
}

outcome key_store::rows::write(rocksdb::WriteBatch& batch, bool synced) const {
  rocksdb::WriteOptions options;
  options.sync = synced;
  if (const auto status = db->Write(options, &batch); !status.ok()) return to_error(status, "writing the key store");
  return core::done{};
}

key_handle key_store::rows::epoch_key(std::uint64_t of) const {
  const std::lock_guard lock{state};
  const auto found = epochs.find(of);
  return found == epochs.end() ? nullptr : found->second;
}

result<key_handle> key_store::rows::unwrap(const core::uuid& id, const key_row& row) const {
  const auto wrapping = epoch_key(row.epoch);
  if (!wrapping) return error{errc::not_found, fmt::format("epoch {} is over", row.epoch), {}};
  std::string raw;
  const auto opened = open_box(wrapping->raw(), data_key_context(id, subject_name(row.tenant, row.subject), row.epoch),
                               row.box.data, raw);
  if (!opened || raw.size() != key_bytes) {
    wipe(raw);
    return error{errc::store_corrupt, "a data key of the key store is damaged", {}};
  }
  auto key = pages->keep(raw);
  wipe(raw);
  if (!key) return no_room_for_keys();
  return key;
}

key_store::key_store(key_store_options options)
    : options_(std::move(options)), in_(std::make_unique<rows>()), cache_(options_.cached_keys) {
  in_->environment = rocks_environment::standard();
  in_->pages = locked_keys::make(options_.cached_keys + spare_places);
}

key_store::~key_store() {
  if (in_->db) static_cast<void>(in_->db->Close());  // everything that matters was synced when it was written
}

result<std::unique_ptr<key_store>> key_store::open(key_store_options options) {
  std::error_code problem;
  const bool made = std::filesystem::create_directories(options.directory, problem);
  if (!problem && made) std::filesystem::permissions(options.directory, std::filesystem::perms::owner_all, problem);
  if (problem) return error{errc::store_failed, "making the key store's directory: " + problem.message(), {}};
  std::unique_ptr<key_store> store{new key_store{std::move(options)}};
  rocksdb::DB* db = nullptr;
  const auto status = rocksdb::DB::Open(store_options(*store->in_->environment, store->options_.on_message),
                                        store->options_.directory.string(), &db);
  if (status.IsIOError() && status.ToString().find("lock") != std::string::npos)
    return error{errc::store_locked, "another process has the key store open: " + status.ToString(), {}};
  if (!status.ok()) return to_error(status, "opening the key store");
  store->in_->db.reset(db);
  if (auto loaded = store->load(); !loaded) return std::move(loaded).error();
  return store;
}

outcome key_store::load() {
  auto& in = *in_;
  for (const auto& [key, to] : {std::pair{epoch_now_key, &in.epoch}, std::pair{erasures_key, &in.erasures},
                                std::pair{sweep_key, &in.sweep_to}}) {
    auto stored = in.get(key);
    if (!stored) return std::move(stored).error();
    if (*stored && (*stored)->size() != 8) return error{errc::store_corrupt, "the key store's own rows", {}};
    if (*stored) *to = get_big_endian<std::uint64_t>(**stored);
  }
  if (in.epoch == 0) return begin();
  const std::unique_ptr<rocksdb::Iterator> each{in.db->NewIterator(rocksdb::ReadOptions{})};
  for (each->Seek("K"); each->Valid() && each->key().starts_with("K") && each->key().size() == 9; each->Next()) {
    const auto epoch = get_big_endian<std::uint64_t>(each->key().ToString().substr(1));
    auto key = options_.root->unwrap(each->value().ToString(), epoch_key_context(epoch), *in.pages);
    if (!key) return std::move(key).error();
    in.epochs[epoch] = *std::move(key);
  }
  if (!each->status().ok()) return to_error(each->status(), "reading the key store");
  auto stored = in.get(secret_row_key);
  if (!stored) return std::move(stored).error();
  if (!*stored || !in.epochs.contains(in.epoch)) return error{errc::store_corrupt, "the key store has lost rows", {}};
  auto row = read_row<secret_row>(**stored, "the pseudonyms' secret");
  if (!row) return std::move(row).error();
  const auto wrapping = in.epoch_key(row->epoch);
  std::string raw;
  if (!wrapping || !open_box(wrapping->raw(), secret_context(row->epoch), row->box.data, raw) ||
      raw.size() != key_bytes)
    return error{errc::store_corrupt, "the pseudonyms' secret is damaged", {}};
  in.pseudonyms = in.pages->keep(raw);
  wipe(raw);
  return core::done{};
}

// All of a new store in one synced write: there is no half of one.
outcome key_store::begin() {
  auto& in = *in_;
  const auto epoch_key = in.pages->make_key();
  in.pseudonyms = in.pages->make_key();
  auto wrapped = options_.root->wrap(epoch_key->raw(), epoch_key_context(1));
  if (!wrapped) return std::move(wrapped).error();
  secret_row secret{1, {}};
  seal_box(epoch_key->raw(), secret_context(1), in.pseudonyms->raw(), secret.box.data);
  rocksdb::WriteBatch batch;
  batch.Put(epoch_row_key(1), *wrapped);
  batch.Put(slice_of(secret_row_key), core::to_msgpack(secret));
  batch.Put(slice_of(epoch_now_key), number_text(1));
  if (auto written = in.write(batch, true); !written) return written;
  in.epochs[1] = epoch_key;
  in.epoch = 1;
  return core::done{};
}

core::uuid key_store::pseudonym(std::string_view tenant, std::string_view subject_id) const {
  std::string message;
  message.append(tenant).append(1, '\0').append(subject_id);  // a tenant's name holds no zero
  const auto mark = core::hmac_sha256(in_->pseudonyms->raw(), message);
  wipe(message);
  return core::uuid::from(mark.view().substr(0, 16));
}

result<data_key> key_store::key_for(std::string_view tenant, const core::uuid& subject) {
  const std::string name = subject_name(tenant, subject);
  if (auto known = cache_.use(name)) return *std::move(known);
  auto& in = *in_;
  const std::lock_guard making{in.making};
  if (auto known = cache_.use(name)) return *std::move(known);
  auto ids = keys_of(tenant, subject);
  if (!ids) return std::move(ids).error();
  std::uint64_t version = 1;
  if (!ids->empty()) {
    const core::uuid& id = ids->back();
    auto row = in.find_key(id);
    if (!row) return std::move(row).error();
    if (!*row) return error{errc::store_corrupt, "the key store names a key that it does not have", {}};
    version = (*row)->version + 1;
    const std::uint64_t used = (*row)->reserved;
    if (used < options_.seals_per_key) {
      auto key = in.unwrap(id, **row);
      if (!key) return std::move(key).error();
      const std::uint64_t more =
          std::min({std::max(used, first_reservation), reservation_max, options_.seals_per_key - used});
      (*row)->reserved = used + more;
      rocksdb::WriteBatch batch;
      batch.Put(key_row_key(id), core::to_msgpack(**row));
      // Not synced: the count guards a bound that random nonces make far too low, and survives the process.
      if (auto written = in.write(batch, false); !written) return std::move(written).error();
      cache_.put(id, *key, name, more);
      return *cache_.use(name);
    }
  }
  return make_key(name, version);
}

// On disk before anything is sealed with it.
result<data_key> key_store::make_key(const std::string& subject, std::uint64_t version) {
  auto& in = *in_;
  auto fresh = in.pages->make_key();
  if (!fresh) return no_room_for_keys();
  const auto id_source = in.pages->make_key();
  if (!id_source) return no_room_for_keys();
  const core::uuid id = core::uuid::from(id_source->raw().substr(0, 16));
  key_row row;
  row.tenant = subject.substr(0, subject.find('\0'));
  row.subject = core::uuid::from(std::string_view{subject}.substr(row.tenant.size() + 1));
  row.version = version;
  row.reserved = std::min(first_reservation, options_.seals_per_key);
  {
    const std::lock_guard lock{in.state};
    row.epoch = in.epoch;
  }
  seal_box(in.epoch_key(row.epoch)->raw(), data_key_context(id, subject, row.epoch), fresh->raw(), row.box.data);
  rocksdb::WriteBatch batch;
  batch.Put(key_row_key(id), core::to_msgpack(row));
  batch.Put(subject_row_key(subject, version), slice_of(id.view()));
  if (auto written = in.write(batch, true); !written) return std::move(written).error();
  cache_.put(id, std::move(fresh), subject, row.reserved);
  return *cache_.use(subject);
}

result<data_key> key_store::find_key(const core::uuid& id) {
  if (auto known = cache_.find(id)) return *std::move(known);
  // A sweep may wrap the row anew between the look at it and the use of its epoch's key: then the second look succeeds.
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto row = in_->find_key(id);
    if (!row) return std::move(row).error();
    if (!*row) return error{errc::not_found, "no such key", {}};
    auto key = in_->unwrap(id, **row);
    if (!key && key.error().code == errc::not_found) continue;
    if (!key) return std::move(key).error();
    // Between the look and here the key may have been erased; it must not stay behind in memory.
    cache_.put(id, *key, subject_name((*row)->tenant, (*row)->subject), 0);
    if (auto still = in_->find_key(id); !still || !*still) cache_.forget(id);
    return data_key{id, *std::move(key)};
  }
  return error{errc::store_corrupt, "a data key is wrapped by a key that is no more", {}};
}

result<std::optional<std::string>> key_store::erased_by(const core::uuid& id) const {
  auto stored = in_->get(erased_row_key(id));
  if (!stored) return std::move(stored).error();
  if (!*stored) return std::optional<std::string>{};
  auto row = read_row<erased_row>(**stored, "the note of an erasure");
  if (!row) return std::move(row).error();
  return std::optional{std::move(row->request)};
}

result<std::vector<core::uuid>> key_store::keys_of(std::string_view tenant, const core::uuid& subject) const {
  const std::string prefix = 'S' + subject_name(tenant, subject);
  std::vector<core::uuid> ids;
  const std::unique_ptr<rocksdb::Iterator> each{in_->db->NewIterator(rocksdb::ReadOptions{})};
  for (each->Seek(prefix); each->Valid() && each->key().starts_with(prefix); each->Next())
    if (each->value().size() == 16) ids.push_back(core::uuid::from(each->value().ToString()));
  if (!each->status().ok()) return to_error(each->status(), "reading the key store");
  return ids;
}

std::uint64_t key_store::erasures() const {
  const std::lock_guard lock{in_->state};
  return in_->erasures;
}

bool key_store::is_sweeping() const {
  const std::lock_guard lock{in_->state};
  return in_->sweep_to != 0;
}

key_store::figures key_store::status() const {
  const std::lock_guard lock{in_->state};
  return {in_->epoch, cache_.size(), in_->pages->are_locked()};
}

outcome key_store::back_up(const std::filesystem::path& directory) const {
  rocksdb::Checkpoint* raw = nullptr;
  auto status = rocksdb::Checkpoint::Create(in_->db.get(), &raw);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint{raw};
  if (status.ok()) status = checkpoint->CreateCheckpoint(directory.string());
  if (!status.ok()) return to_error(status, "backing up the key store");
  return core::done{};
}

}  // namespace logline::journal
