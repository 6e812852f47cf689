#include "journal/rocks_file_check.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <rocksdb/write_batch.h>

#include "journal/rocks_file_scan.hpp"

namespace logline::journal {

namespace {

/// Looks for rows of the log in a WAL's record.
class commit_finder final : public rocksdb::WriteBatch::Handler {
 public:
  explicit commit_finder(std::uint32_t log_family_id) : log_family_id_(log_family_id) {}

  rocksdb::Status PutCF(std::uint32_t id, const rocksdb::Slice&, const rocksdb::Slice&) override {
    found_ = found_ || id == log_family_id_;
    return rocksdb::Status::OK();
  }
  rocksdb::Status DeleteCF(std::uint32_t, const rocksdb::Slice&) override { return rocksdb::Status::OK(); }
  rocksdb::Status DeleteRangeCF(std::uint32_t, const rocksdb::Slice&, const rocksdb::Slice&) override {
    return rocksdb::Status::OK();
  }
  bool found() const { return found_; }

 private:
  const std::uint32_t log_family_id_;
  bool found_ = false;
};

/// Whether a WAL written after `file` holds a commit. A commit is synced, and with it all WALs before it: what is
/// damaged in one of those was whole once.
bool commits_follow(const rocks_store& store, rocksdb::Env& env, const std::string& directory, const store_files& files,
                    const std::string& file) {
  const auto at = std::find(files.write_ahead_logs.begin(), files.write_ahead_logs.end(), file);
  return std::any_of(std::next(at), files.write_ahead_logs.end(), [&](const std::string& later) {
    commit_finder finder{store.log_family_id()};
    scan_log_file(env, directory, later, [&](std::string_view record) {
      // A record that is no batch fails to iterate; it holds no commit either.
      rocksdb::WriteBatch{std::string{record}}.Iterate(&finder).PermitUncheckedError();
    });
    return finder.found();
  });
}

std::string options_key(const std::string& name) {
  return "options/" + name;
}

outcome check_option_files(const rocks_store& store, const store_files& files, tail_findings& findings) {
  std::string noted;
  for (const auto& [name, digest] : files.options) {
    const auto found = store.get(family::meta, options_key(name), noted);
    if (!found) return found.error();
    if (*found && noted != digest.view())
      findings.missing(tail_fact::files_sound,
                       {errc::store_corrupt, fmt::format("{} is not as it was written", name), {}});
  }
  return core::done{};
}

}  // namespace

std::vector<std::string> own_file_names() {
  return {std::string{witness_file_name}, std::string{witness_file_name} + ".part", std::string{lock_file_name}};
}

outcome check_files(const rocks_store& store, const rocks_environment& environment, const std::string& directory,
                    bool closed, file_check& check, tail_findings& findings) {
  auto files = scan_store(*environment.env, directory, own_file_names());
  if (!files) return files.error();
  for (const auto& damage : files->damages) {
    const bool is_wal = damage.file.ends_with(".log");
    const bool is_manifest = damage.file.starts_with("MANIFEST-");
    if (is_manifest && damage.file != files->manifest) {
      findings.notes.push_back("left over: " +
                               damage.text());  // a switch to a new manifest that was cut off, or behind one
    } else if (!closed && ((is_wal && !commits_follow(store, *environment.env, directory, *files, damage.file)) ||
                           (is_manifest && damage.code == errc::short_read))) {
      findings.facts.set(tail_fact::wal_torn, true);
      check.cut.push_back(damage.text());
    } else {
      findings.missing(tail_fact::files_sound, {errc::store_corrupt, damage.text(), {}});
    }
  }
  if (auto read = check_option_files(store, *files, findings); !read) return read;
  const auto tables = store.check_tables(check.table_bytes_max, check.table_bytes_left);
  if (!tables) return tables.error();
  for (const auto& table : *tables)
    findings.missing(
        tail_fact::files_sound,
        {errc::store_corrupt, fmt::format("{} (family {}): {}", table.name, to_string(table.where), table.message),
         table.position});
  return core::done{};
}

outcome note_option_files(rocks_store& store, const rocks_environment& environment, const std::string& directory) {
  auto files = scan_store(*environment.env, directory, own_file_names());
  if (!files) return files.error();
  const auto rows = store.make_batch();
  rows->erase_range(family::meta, options_key(""), options_key("\xff"));
  for (const auto& [name, digest] : files->options)
    rows->put(family::meta, options_key(name), digest.view());
  return store.write(*rows, durability::synced);
}

}  // namespace logline::journal
