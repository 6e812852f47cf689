#include "journal/open.hpp"

#include <utility>

#include <fmt/format.h>

#include "journal/catch_up.hpp"
#include "journal/checkpoint.hpp"
#include "journal/derived.hpp"
#include "journal/log_reader.hpp"
#include "journal/memory_store.hpp"
#include "journal/reindex.hpp"
#include "journal/rocks_file_check.hpp"
#include "journal/rocks_store.hpp"
#include "journal/stored_log.hpp"
#include "journal/tail_check.hpp"

namespace logline::journal {

namespace {

constexpr std::string_view format_key = "format";
constexpr std::string_view partition_key = "partition";
constexpr std::string_view site_key_name = "site";
constexpr std::uint64_t store_format = 1;

/// One attempt to open a partition.
class opening {
 public:
  opening(partition_options options, open_report& report)
      : options_(std::move(options)),
        environment_(options_.environment ? options_.environment : rocks_environment::standard()),
        directory_(partition_directory(options_.directory, options_.log.partition)),
        report_(report) {
    if (options_.data_directory.empty()) options_.data_directory = options_.directory;
  }

  result<std::unique_ptr<partition_log>> run() {
    const core::timestamp begin = now();
    if (auto prepared = prepare_directory(); !prepared) return std::move(prepared).error();
    auto fresh = inspect();
    if (!fresh) return std::move(fresh).error();
    const recovery_row& row = recover(findings_.facts);
    report(row);
    if (!options_.read_only && row.action == recovery_action::stop) return refusal(row);
    auto log = options_.read_only ? open_for_reading(*fresh) : open_for_writing(*fresh);
    report_.elapsed_us = (now() - begin).us;
    return log;
  }

 private:
  core::timestamp now() const { return options_.log.clock ? options_.log.clock() : core::timestamp{}; }

  const checkpoint_verifier* verifier() const {
    return options_.log.signer ? &options_.log.signer->verifier() : options_.verifier.get();
  }

  outcome prepare_directory() {
    rocksdb::Env& env = *environment_->env;
    if (!options_.read_only) {
      for (const auto& made : {options_.directory, directory_})
        if (const auto status = env.CreateDirIfMissing(made); !status.ok())
          return to_error(status, "creating the directory");
      std::unique_ptr<rocksdb::Directory> parent;
      auto status = env.NewDirectory(options_.directory, &parent);
      if (status.ok()) status = parent->Fsync();
      if (!status.ok()) return to_error(status, "syncing the directory");
    } else if (env.FileExists(directory_ + '/' + std::string{lock_file_name}).IsNotFound()) {
      return core::done{};  // never opened for writing: nobody to keep out
    }
    auto lock = directory_lock::take(directory_, environment_);
    if (!lock) return std::move(lock).error();
    lock_.emplace(std::move(*lock));
    return core::done{};
  }

  /// Looks at everything, changes nothing. Answers whether there is no store yet.
  result<bool> inspect() {
    auto reading = read_witness(*environment_, directory_);
    if (!reading) return std::move(reading).error();
    witness_ = std::move(*reading);
    auto store = rocks_store::open_read_only(directory_, environment_, options_.on_message);
    if (!store && store.error().code == errc::not_found && !witness_.exists) return missing_store();
    if (!store) {
      error e = std::move(store).error();
      if (e.code == errc::not_found) e.code = errc::store_corrupt;  // there was one: its witness is left
      findings_.missing(tail_fact::store_opens, std::move(e));
      return false;
    }
    store_ = std::move(*store);
    if (auto cold = store_->set_cold(options_.cold); !cold) return unreadable(std::move(cold).error());
    if (auto known = check_identity(); !known) return unreadable(std::move(known).error());
    if (auto whole = check_reindexed(); !whole) return unreadable(std::move(whole).error());
    file_check files{options_.open_check_bytes, 0, {}};
    const bool closed = witness_.newest && witness_.newest->closed;
    if (auto checked = check_files(*store_, *environment_, directory_, closed, files, findings_); !checked)
      return unreadable(std::move(checked).error());
    report_.cut = std::move(files.cut);
    report_.unchecked_bytes = files.table_bytes_left;
    check_tail(*store_, options_.log.partition, verifier(), witness_, findings_);
    return false;
  }

  // A row that RocksDB finds damaged is damage like any other: it has its row in the table.
  result<bool> unreadable(error e) {
    if (e.code != errc::store_corrupt) return e;
    findings_.missing(tail_fact::store_opens, std::move(e));
    return false;
  }

  // A creation that was cut off leaves no tables: it acknowledged nothing, so it is begun anew.
  result<bool> missing_store() {
    if (options_.read_only) return error{errc::not_found, fmt::format("no journal in {}", options_.data_directory), {}};
    std::vector<std::string> names;
    if (const auto status = environment_->env->GetChildren(directory_, &names); !status.ok())
      return to_error(status, "listing the directory");
    for (const auto& name : names)
      if (name.ends_with(".sst"))
        findings_.missing(tail_fact::store_opens,
                          {errc::store_corrupt, "CURRENT and WITNESS are missing, tables are not", {}});
    return true;
  }

  /// The store is of a format we know, and of this site's partition.
  outcome check_identity() const {
    std::string value;
    const auto format = store_->get(family::meta, format_key, value);
    if (!format) return format.error();
    if (!*format) return core::done{};  // creation was cut off before its first row
    if (parse_position(value) != store_format)
      return error{errc::unknown_format, "the store was written by another version of this program", {}};
    for (const auto& [key, expected] : {std::pair{partition_key, encode_position(options_.log.partition.value)},
                                        std::pair{site_key_name, options_.log.site}}) {
      const auto found = store_->get(family::meta, key, value);
      if (!found) return found.error();
      const bool matters = !options_.read_only || key == partition_key;
      if (*found && matters && value != expected)
        return error{errc::store_failed, fmt::format("the store belongs to another {}", key), {}};
    }
    return core::done{};
  }

  outcome check_reindexed() {
    std::string value;
    const auto under_way = store_->get(family::meta, reindexing_key, value);
    if (!under_way) return under_way.error();
    if (*under_way)
      findings_.missing(tail_fact::files_sound,
                        {errc::index_mismatch, "a reindex was cut off; run: logline journal reindex", {}});
    return core::done{};
  }

  void report(const recovery_row& row) {
    report_.label = row.label;
    report_.meaning = row.meaning;
    report_.head = findings_.state.position;
    report_.signed_head = findings_.state.checkpoint_position;
    report_.tail_records = findings_.records;
    report_.notes = findings_.notes;
    if (findings_.damage) report_.notes.push_back(findings_.damage->text());
  }

  error refusal(const recovery_row& row) const {
    const error found = findings_.damage.value_or(error{row.code, "no more is known", {}});
    return {found.code,
            fmt::format("{} {}: {}; inspect it with: logline journal verify --data {}", row.label, row.meaning,
                        found.message, options_.data_directory),
            found.position};
  }

  result<std::unique_ptr<partition_log>> open_for_reading(bool) {
    if (!findings_.facts.get(tail_fact::store_opens)) return *findings_.damage;
    if (lock_) store_->keep(std::move(*lock_));
    if (auto days = read_dedupe_days(*store_)) {
      findings_.state.keyed_days = std::move(*days);
    } else {
      report_.notes.push_back(days.error().text());
    }
    return std::unique_ptr<partition_log>{
        std::make_unique<stored_log>(options_.log, std::move(store_), std::move(findings_.state), true)};
  }

  result<std::unique_ptr<partition_log>> open_for_writing(bool fresh) {
    store_.reset();
    witness in_use = witness_.newest.value_or(witness{});
    in_use.closed = false;
    ++in_use.serial;
    // Before anything is written: what a crash leaves of the opening itself is no damage to a closed store. It says no
    // more than it did, since what is beyond, found in the log and never acknowledged, may not be on the disk yet.
    if (witness_.exists)
      if (auto begun = witness_file::open(*environment_, directory_, in_use); !begun) return std::move(begun).error();
    auto opened = rocks_store::open(directory_, environment_, options_.on_message,
                                    {.write_buffer_bytes = options_.write_buffer_bytes});
    if (!opened) return std::move(opened).error();
    store_ = std::move(*opened);
    store_->keep(std::move(*lock_));
    if (auto cold = store_->set_cold(options_.cold); !cold) return std::move(cold).error();
    if (auto erased = store_->erase_cold_again(); !erased) return std::move(erased).error();
    store_->set_floor({options_.measure_disk, options_.free_bytes_min, options_.free_fraction_min});
    if (auto same = check_same_end(); !same) return std::move(same).error();
    if (auto written = write_identity(); !written) return std::move(written).error();
    if (auto noted = note_option_files(*store_, *environment_, directory_); !noted) return std::move(noted).error();
    auto caught_up = catch_up(*store_, options_.log.partition, findings_.state);
    if (!caught_up) return std::move(caught_up).error();
    report_.derived_from = caught_up->from;
    report_.derived_records = caught_up->records;
    findings_.state.keyed_days = caught_up->keyed_days;
    for (const auto f : caught_up->restarted)
      report_.notes.push_back(fmt::format("family {} was ahead of the log and was made anew", to_string(f)));
    // By now it is: opening has made tables of it, and the identity was synced behind it.
    in_use = {in_use.serial + 1, findings_.state.position, findings_.state.chain, false};
    if (auto begun = store_->start_witness(in_use); !begun) return std::move(begun).error();
    report_.created = fresh;
    return std::unique_ptr<partition_log>{
        std::make_unique<stored_log>(options_.log, std::move(store_), std::move(findings_.state), false)};
  }

  // Opening for writing recovers once more; it must come to the very end that was checked.
  outcome check_same_end() const {
    const auto header = find_frame_header(*store_, options_.log.partition, core::gseq{UINT64_MAX});
    const log_state& checked = findings_.state;
    const bool empty = !header && header.error().code == errc::not_found && checked.position.value == 0;
    if (empty || (header && header->last() == checked.position && header->chain_after == checked.chain))
      return core::done{};
    return error{errc::store_corrupt, "the store recovered to another end for writing than for reading",
                 checked.position};
  }

  outcome write_identity() {
    const auto rows = store_->make_batch();
    rows->put(family::meta, format_key, encode_position(store_format));
    rows->put(family::meta, partition_key, encode_position(options_.log.partition.value));
    rows->put(family::meta, site_key_name, options_.log.site);
    return store_->write(*rows, durability::synced);
  }

  partition_options options_;
  const std::shared_ptr<rocks_environment> environment_;
  const std::string directory_;
  open_report& report_;
  std::optional<directory_lock> lock_;
  witness_reading witness_;
  tail_findings findings_;
  std::unique_ptr<rocks_store> store_;
};

}  // namespace

std::string open_report::text() const {
  std::string out = fmt::format("{} {}: head {}, signed head {}, {} records of the tail checked", label, meaning,
                                head.value, signed_head.value, tail_records);
  if (derived_from.value != 0)
    out += fmt::format(", {} records derived again from {}", derived_records, derived_from.value);
  for (const auto& one : cut)
    out += fmt::format("; cut {}", one);
  for (const auto& note : notes)
    out += fmt::format("; {}", note);
  return out;
}

std::string partition_directory(std::string_view directory, core::partition_id partition) {
  return fmt::format("{}/{:05}", directory, partition.value);
}

result<std::unique_ptr<partition_log>> open_partition(partition_options options, open_report* report) {
  open_report unread;
  return opening{std::move(options), report != nullptr ? *report : unread}.run();
}

result<std::unique_ptr<log_store>> open_store_read_only(const partition_options& options) {
  auto store = rocks_store::open_read_only(partition_directory(options.directory, options.log.partition),
                                           options.environment ? options.environment : rocks_environment::standard(),
                                           options.on_message);
  if (!store) return std::move(store).error();
  if (auto cold = (*store)->set_cold(options.cold); !cold) return std::move(cold).error();
  return std::unique_ptr<log_store>{std::move(*store)};
}

std::unique_ptr<partition_log> make_memory_log(log_settings settings) {
  return std::make_unique<stored_log>(std::move(settings), std::make_unique<memory_store>(), log_state{}, false);
}

}  // namespace logline::journal
