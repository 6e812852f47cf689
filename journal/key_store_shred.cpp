#include <fstream>
#include <iterator>
#include <string_view>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>
#include <rocksdb/write_batch.h>

#include "journal/aead.hpp"
#include "journal/key_file.hpp"
#include "journal/key_rows.hpp"
#include "journal/little_endian.hpp"

/// Erasing subjects (GDP-07). The note of what is under way is written together with the deletion, so whatever stops
/// the process, the next one knows what is left to do; every step may be taken twice.
namespace logline::journal {

namespace {

constexpr std::size_t rows_per_turn = 500;  // between two turns, others get at the rows

std::string file_text(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

// Eight bytes of a box are as good as unique. Two from each, since a WAL may cut a row in two.
std::unordered_set<std::uint64_t> marks_of(const std::vector<std::string>& boxes) {
  std::unordered_set<std::uint64_t> marks;
  for (const std::string& box : boxes)
    for (const std::size_t at : {std::size_t{0}, box.size() / 2})
      marks.insert(get_little_endian<std::uint64_t>(box.data() + at));
  return marks;
}

bool holds_any(std::string_view text, const std::unordered_set<std::uint64_t>& marks) {
  for (std::size_t at = 0; at + 8 <= text.size(); ++at)
    if (marks.contains(get_little_endian<std::uint64_t>(text.data() + at))) return true;
  return false;
}

}  // namespace

outcome key_store::shred(std::span<const erasure> subjects) {
  {
    const std::lock_guard one{in_->sweeping};
    std::uint64_t applied = erasures();
    while (!subjects.empty() && subjects.front().number <= applied)
      subjects = subjects.subspan(1);
    for (const auto& subject : subjects)
      if (subject.number != ++applied)
        return error{errc::position_gap, fmt::format("erasure {} where {} must follow", subject.number, applied), {}};
    if (!subjects.empty())
      if (auto deleted = delete_keys(subjects); !deleted) return deleted;
  }
  return finish_sweep();
}

outcome key_store::delete_keys(std::span<const erasure> subjects) {
  auto& in = *in_;
  options_.before_step("delete");
  const std::lock_guard making{in.making};
  rocksdb::WriteBatch batch;
  std::vector<std::string> doomed;
  std::vector<core::uuid> gone;
  for (const auto& subject : subjects)
    for (const auto& id : subject.keys) {
      auto row = in.find_key(id);
      if (!row) return std::move(row).error();
      // An older copy of the store may not have the key yet; it is noted all the same, for whoever meets its id.
      if (*row) {
        doomed.push_back((*row)->box.data);
        batch.Delete(subject_row_key(subject_name((*row)->tenant, (*row)->subject), (*row)->version));
      }
      batch.Delete(key_row_key(id));
      batch.Put(erased_row_key(id), core::to_msgpack(erased_row{subject.request, subject.at}));
      gone.push_back(id);
    }
  // Always an epoch of its own, also while an earlier sweep is unfinished: the keys deleted now are wrapped by this
  // one.
  const std::uint64_t target = status().epoch + 1;
  batch.Put(slice_of(erasures_key), number_text(subjects.back().number));
  batch.Put(slice_of(sweep_key), number_text(target));
  if (auto written = in.write(batch, true); !written) return written;
  for (const auto& id : gone)
    cache_.forget(id);
  const std::lock_guard lock{in.state};
  in.erasures = subjects.back().number;
  in.sweep_to = target;
  in.doomed.insert(in.doomed.end(), std::make_move_iterator(doomed.begin()), std::make_move_iterator(doomed.end()));
  return core::done{};
}

outcome key_store::finish_sweep() {
  auto& in = *in_;
  const std::lock_guard one{in.sweeping};
  std::uint64_t target = 0;
  {
    const std::lock_guard lock{in.state};
    target = in.sweep_to;
  }
  if (target == 0) return core::done{};
  options_.before_step("new_epoch");
  if (auto opened = open_epoch(target); !opened) return opened;
  options_.before_step("rewrap");
  if (auto wrapped = wrap_survivors(target); !wrapped) return wrapped;
  options_.before_step("destroy");
  if (auto destroyed = destroy_epochs_before(target); !destroyed) return destroyed;
  // A job of RocksDB's that ends just now may still hold a file: asked again, it has let go.
  outcome gone = core::done{};
  for (int purges = 0; purges == 0 || (!gone && purges < options_.purges_max); ++purges) {
    options_.before_step("purge");
    if (auto purged = purge(); !purged) return purged;
    options_.before_step("check");
    gone = check_gone();
  }
  if (!gone) return gone;
  options_.before_step("done");
  rocksdb::WriteBatch batch;
  batch.Delete(slice_of(sweep_key));
  if (auto written = in.write(batch, true); !written) return written;
  const std::lock_guard lock{in.state};
  in.sweep_to = 0;
  in.doomed.clear();
  return core::done{};
}

outcome key_store::open_epoch(std::uint64_t epoch) {
  auto& in = *in_;
  if (in.epoch_key(epoch) != nullptr) return core::done{};
  auto key = in.pages->make_key();
  if (!key) return error{errc::overloaded, "every place for a key in locked memory is in use", {}};
  auto wrapped = options_.root->wrap(key->raw(), epoch_key_context(epoch));
  if (!wrapped) return std::move(wrapped).error();
  const std::lock_guard making{in.making};
  rocksdb::WriteBatch batch;
  batch.Put(epoch_row_key(epoch), *wrapped);
  batch.Put(slice_of(epoch_now_key), number_text(epoch));
  if (auto written = in.write(batch, true); !written) return written;
  const std::lock_guard lock{in.state};
  in.epochs[epoch] = std::move(key);
  in.epoch = epoch;
  return core::done{};
}

outcome key_store::wrap_survivors(std::uint64_t epoch) {
  auto& in = *in_;
  const auto wrapping = in.epoch_key(epoch);
  {
    const std::lock_guard making{in.making};
    secret_row secret{epoch, {}};
    seal_box(wrapping->raw(), secret_context(epoch), in.pseudonyms->raw(), secret.box.data);
    rocksdb::WriteBatch batch;
    batch.Put(slice_of(secret_row_key), core::to_msgpack(secret));
    if (auto written = in.write(batch, false); !written) return written;
  }
  std::string from = "D";
  while (!from.empty()) {
    const std::lock_guard making{in.making};
    rocksdb::WriteBatch batch;
    std::size_t seen = 0;
    const std::unique_ptr<rocksdb::Iterator> each{in.db->NewIterator(rocksdb::ReadOptions{})};
    for (each->Seek(from); each->Valid() && each->key().starts_with("D") && seen < rows_per_turn;
         each->Next(), ++seen) {
      auto row = read_row<key_row>(each->value().ToString(), "a key");
      if (!row) return std::move(row).error();
      if (row->epoch == epoch) continue;
      const auto id = core::uuid::from(each->key().ToString().substr(1));
      const auto key = in.unwrap(id, *row);
      if (!key) return key.error();
      row->epoch = epoch;
      row->box.data.clear();
      seal_box(wrapping->raw(), data_key_context(id, subject_name(row->tenant, row->subject), epoch), (*key)->raw(),
               row->box.data);
      batch.Put(each->key(), core::to_msgpack(*row));
    }
    if (!each->status().ok()) return to_error(each->status(), "reading the key store");
    from = each->Valid() && each->key().starts_with("D") ? each->key().ToString() : std::string{};
    // The last turn syncs, and with it everything before it.
    if (auto written = in.write(batch, from.empty()); !written) return written;
  }
  return core::done{};
}

outcome key_store::destroy_epochs_before(std::uint64_t epoch) {
  auto& in = *in_;
  rocksdb::WriteBatch batch;
  std::vector<std::uint64_t> over;
  {
    const std::lock_guard lock{in.state};
    for (const auto& [number, key] : in.epochs)
      if (number < epoch) over.push_back(number);
  }
  std::vector<std::string> doomed;
  for (const auto number : over) {
    auto wrapped = in.get(epoch_row_key(number));
    if (!wrapped) return std::move(wrapped).error();
    if (*wrapped) doomed.push_back(**std::move(wrapped));
    batch.Delete(epoch_row_key(number));
  }
  if (auto written = in.write(batch, true); !written) return written;
  const std::lock_guard lock{in.state};
  for (const auto number : over)
    in.epochs.erase(number);
  in.doomed.insert(in.doomed.end(), std::make_move_iterator(doomed.begin()), std::make_move_iterator(doomed.end()));
  return core::done{};
}

// After the flush no WAL file before the newest is needed, after the compaction to the last level no table but its
// results: RocksDB then removes the others.
outcome key_store::purge() {
  auto& db = *in_->db;
  if (const auto status = db.Flush(rocksdb::FlushOptions{}); !status.ok()) return to_error(status, "flushing");
  rocksdb::CompactRangeOptions whole;
  whole.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  whole.exclusive_manual_compaction = true;
  if (const auto status = db.CompactRange(whole, nullptr, nullptr); !status.ok()) return to_error(status, "compacting");
  // Turning deletions off and on makes RocksDB look for files that nobody needs, and remove them before it returns.
  auto status = db.DisableFileDeletions();
  if (status.ok()) status = db.EnableFileDeletions(true);
  if (!status.ok()) return to_error(status, "removing files");
  return core::done{};
}

outcome key_store::check_gone() const {
  std::vector<std::string> doomed;
  {
    const std::lock_guard lock{in_->state};
    doomed = in_->doomed;
  }
  const auto marks = marks_of(doomed);
  std::error_code problem;
  for (const auto& file : std::filesystem::directory_iterator{options_.directory, problem})
    if (file.is_regular_file(problem) && holds_any(file_text(file.path()), marks))
      return error{errc::store_failed,
                   fmt::format("{} still holds a key that was destroyed", file.path().filename().string()),
                   {}};
  if (problem) return error{errc::store_failed, "reading the key store's files: " + problem.message(), {}};
  return core::done{};
}

}  // namespace logline::journal
