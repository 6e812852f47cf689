// Verification of a partition on disk: its files, then its log.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "journal/checkpoint.hpp"
#include "journal/log_reader.hpp"
#include "journal/reindex.hpp"
#include "journal/rocks_file_check.hpp"
#include "journal/rocks_file_scan.hpp"
#include "journal/rocks_store.hpp"
#include "journal/verify.hpp"
#include "journal/witness.hpp"

namespace logline::journal {

namespace {

constexpr std::string_view site_row = "site";

/// One verification of one directory.
class store_verification {
 public:
  store_verification(const partition_options& where, const verify_options& options)
      : where_(where),
        options_(options),
        environment_(where.environment ? where.environment : rocks_environment::standard()),
        directory_(partition_directory(where.directory, where.log.partition)) {}

  verify_report run() {
    if (!lock()) return std::move(report_);
    measure();
    auto reading = read_witness(*environment_, directory_);
    if (!reading) {
      add(reading.error(), std::string{witness_file_name});
      reading = witness_reading{};
    }
    auto store = rocks_store::open_read_only(directory_, environment_, where_.on_message);
    if (!store) {
      if (store.error().code != errc::not_found) scan_closed_files();
      add(store.error(), "store");
      return std::move(report_);
    }
    if (auto cold = (*store)->set_cold(where_.cold); !cold) add(cold.error(), "meta");
    check_reindexed(**store);
    check_open_files(**store, *reading);
    check_log(**store, *reading);
    check_witness(**store, *reading);
    return std::move(report_);
  }

 private:
  static std::string table_text(const error& e) {
    return e.position.value == 0 ? e.message
                                 : fmt::format("{}; it holds records from gseq {} on", e.message, e.position.value);
  }

  static std::string file_text(const error& e) {
    if (e.position.value == 0) return e.message;
    return fmt::format("{}; it holds records from gseq {} on", e.message, e.position.value);
  }

  void add(const error& e, std::string place) { report_.add({e.code, e.position, std::move(place), e.message}); }

  // Nobody opened a store without this file, so there is nobody to keep out of it either.
  bool lock() {
    const std::string path = directory_ + '/' + std::string{lock_file_name};
    if (environment_->env->FileExists(path).IsNotFound()) return true;
    std::uint64_t size = 0;
    if (environment_->env->GetFileSize(path, &size).ok() && size != 0)
      report_.add({errc::store_corrupt, {}, std::string{lock_file_name}, "the lock file is not empty"});
    auto taken = directory_lock::take(directory_, environment_);
    if (!taken) {
      add(taken.error(), "store");
      return false;
    }
    lock_.emplace(std::move(*taken));
    return true;
  }

  void measure() {
    std::vector<std::string> names;
    if (!environment_->env->GetChildren(directory_, &names).ok()) return;  // opening says why
    for (const auto& name : names) {
      std::uint64_t size = 0;
      if (environment_->env->GetFileSize(directory_ + '/' + name, &size).ok()) report_.file_bytes += size;
    }
  }

  /// What can be said of the files when RocksDB does not open them.
  void scan_closed_files() {
    const auto files = scan_store(*environment_->env, directory_, own_file_names());
    if (!files) return add(files.error(), "files");
    for (const auto& damage : files->damages)
      report_.add({errc::store_corrupt, {}, "files", damage.text()});
  }

  void check_reindexed(const rocks_store& store) {
    std::string value;
    const auto under_way = store.get(family::meta, reindexing_key, value);
    if (!under_way) return add(under_way.error(), "meta");
    if (*under_way)
      report_.add({errc::index_mismatch, {}, "meta", "a reindex was cut off; run: logline journal reindex"});
  }

  void check_open_files(const rocks_store& store, const witness_reading& reading) {
    file_check files{UINT64_MAX, 0, {}};
    tail_findings found;
    const bool closed = reading.newest && reading.newest->closed;
    if (auto checked = check_files(store, *environment_, directory_, closed, files, found); !checked)
      add(checked.error(), "files");
    // A damaged table need not damage a record: whether and where it does is for the check of the log to say.
    for (const auto& damage : found.damages)
      report_.add({damage.code, {}, "files", file_text(damage)});
    for (const auto& torn : files.cut)
      report_.notes.push_back(fmt::format("never acknowledged, opening for writing cuts it: {}", torn));
    for (auto& note : found.notes)
      report_.notes.push_back(std::move(note));
  }

  void check_log(const rocks_store& store, const witness_reading& reading) {
    const checkpoint_verifier* verifier = where_.log.signer ? &where_.log.signer->verifier() : where_.verifier.get();
    const core::gseq end = reading.newest ? reading.newest->position : core::gseq{};
    verify_report log = verify_log(store, store_use::quiet, where_.log.partition, end, verifier, options_);
    log.file_bytes = report_.file_bytes;
    log.notes = std::move(report_.notes);
    std::vector<finding> of_log = std::move(log.findings);
    log.findings = std::move(report_.findings);
    log.has_more_findings = log.has_more_findings || report_.has_more_findings;
    for (auto& one : of_log)
      log.add(std::move(one));
    report_ = std::move(log);
  }

  void check_witness(const rocks_store& store, const witness_reading& reading) {
    const auto damaged = [this](std::string message, core::gseq position = {}, errc code = errc::store_corrupt) {
      report_.add({code, position, std::string{witness_file_name}, std::move(message)});
    };
    if (!reading.newest) {
      if (reading.exists || report_.head.position.value > 0) damaged("missing, or damaged in both slots");
      return;
    }
    const witness& seen = *reading.newest;
    if (reading.has_damaged_slot && seen.closed) damaged("damaged in one slot, though the store was closed in order");
    if (reading.has_damaged_slot && !seen.closed)
      report_.notes.emplace_back("WITNESS: a write was cut off; the one before counts");
    if (seen.position.value == 0 || seen.position > report_.head.position) return;
    const auto frame = find_frame_header(store, where_.log.partition, seen.position);
    if (!frame) return;  // the log's own check has said so
    if (frame->last() != seen.position || frame->chain_after != seen.chain)
      damaged("the record here is not the one that was acknowledged", seen.position, errc::chain_broken);
  }

  const partition_options& where_;
  const verify_options& options_;
  const std::shared_ptr<rocks_environment> environment_;
  const std::string directory_;
  std::optional<directory_lock> lock_;
  verify_report report_;
};

}  // namespace

verify_report verify_store(const partition_options& where, const verify_options& options) {
  return store_verification{where, options}.run();
}

result<std::shared_ptr<const checkpoint_verifier>> find_verifier(const partition_options& where,
                                                                 const std::filesystem::path& keys_dir) {
  const auto store = open_store_read_only(where);
  if (!store) return store.error();
  std::string site;
  const auto found = (*store)->get(family::meta, site_row, site);
  if (!found) return found.error();
  if (!*found || !core::is_name(site))
    return error{errc::store_corrupt, "the store does not say which site it is of", {}};
  auto key = site_public_key::load(keys_dir);
  if (!key) return std::move(key).error();
  return std::make_shared<const checkpoint_verifier>(checkpoint_origin(site, where.log.partition), *key);
}

}  // namespace logline::journal
