#include "journal/backup.hpp"

#include <fcntl.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <rocksdb/rate_limiter.h>

#include "domain/core/bytes.hpp"
#include "journal/crc32c.hpp"
#include "journal/file.hpp"
#include "journal/open.hpp"
#include "journal/rocks_store.hpp"
#include "journal/sealed_store.hpp"

namespace logline::journal {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t chunk_bytes = std::size_t{1} << 20;
constexpr std::string_view manifest_file_name = "/backup_manifest.json";
constexpr std::string_view journal_folder = "journal";

error stopped_error() {
  return {errc::stopped, "the backup was called off", {}};
}

error named(std::string_view what, error e) {
  e.message = fmt::format("{}: {}", what, e.message);
  return e;
}

/// Lets so many bytes pass a second; 0: all.
class pace {
 public:
  explicit pace(std::uint64_t bytes_per_second)
      : limiter_(bytes_per_second == 0 ? nullptr
                                       : rocksdb::NewGenericRateLimiter(static_cast<std::int64_t>(bytes_per_second))) {}
  /// Waits until they may pass.
  void pass(std::uint64_t bytes) {
    if (!limiter_) return;
    for (auto left = static_cast<std::int64_t>(bytes); left > 0;) {
      const std::int64_t some = std::min(left, limiter_->GetSingleBurstBytes());
      limiter_->Request(some, rocksdb::Env::IO_LOW, nullptr, rocksdb::RateLimiter::OpType::kWrite);
      left -= some;
    }
  }

 private:
  std::unique_ptr<rocksdb::RateLimiter> limiter_;
};

/// A directory that is gone again when this ends.
class scratch_directory {
 public:
  static result<scratch_directory> make(const fs::path& path) {
    std::error_code problem;
    fs::remove_all(path, problem);
    if (problem) return error{errc::store_failed, fmt::format("{}: {}", path.string(), problem.message()), {}};
    if (auto made = make_directory(path); !made) return std::move(made).error();
    return scratch_directory{path};
  }
  ~scratch_directory() {
    std::error_code ignored;  // the next backup clears it away
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  scratch_directory(scratch_directory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  scratch_directory& operator=(scratch_directory&&) = delete;

 private:
  explicit scratch_directory(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

/// One backup being made.
class making {
 public:
  making(object_store& to, const backup_request& request)
      : to_(to), request_(request), pace_(request.bytes_per_second) {}

  result<backup_report> run() {
    const core::timestamp began = request_.clock();
    report_.name = backup_name(began, request_.label);
    if (!request_.label.empty() && !is_backup_label(request_.label))
      return error{errc::bad_encoding, "a label is 1 to 32 characters of a-z 0-9 _ -", {}};
    auto there = load_backup(to_, report_.name, request_.keys);
    if (there) return existing(*std::move(there));
    if (there.error().code != errc::not_found) return std::move(there).error();
    auto made = make(began);
    // Whoever prunes waits for this one to go.
    auto cleared = to_.remove(pending_name(report_.name));
    if (!made) return std::move(made).error();
    if (!cleared) return std::move(cleared).error();
    return std::move(report_);
  }

 private:
  backup_report existing(stored_backup there) {
    report_.existed = true;
    report_.content = std::move(there.content);
    for (const auto& file : report_.content.files)
      report_.bytes += file.bytes;
    return std::move(report_);
  }

  outcome make(core::timestamp began) {
    auto scratch = scratch_directory::make(request_.scratch);
    if (!scratch) return std::move(scratch).error();
    if (auto noted = to_.put(pending_name(report_.name), core::to_rfc3339(began)); !noted) return noted;
    auto frozen = request_.freeze(request_.scratch / journal_folder);
    if (!frozen) return std::move(frozen).error();
    for (auto& table : *frozen)
      tables_.emplace(std::move(table.name), table.crc32c);
    if (auto described = describe(began); !described) return described;
    if (auto known = read_known(); !known) return known;
    if (auto stored = store_files(); !stored) return stored;
    return store_manifest(began);
  }

  /// Head and identity of what was frozen, which must open clean.
  outcome describe(core::timestamp began) {
    partition_options options;
    options.directory = (request_.scratch / journal_folder).string();
    options.log.partition = request_.partition;
    options.log.clock = request_.clock;
    options.read_only = true;
    options.open_check_bytes = 0;  // tables are compared with their checksums as they are stored
    open_report opened;
    const auto log = open_partition(std::move(options), &opened);
    if (!log) return log.error();
    if (opened.label != "@A" && opened.label != "@B")
      return error{errc::store_corrupt, "the journal is damaged: " + opened.text(), {}};
    const log_head head = (*log)->head();
    auto& m = report_.content;
    m.name = report_.name;
    m.at = began;
    m.label = request_.label;
    m.versions = request_.versions;
    m.schemas = request_.schemas;
    m.erasures = request_.erasures;
    for (const auto& key : request_.signers)
      m.keys.push_back(key.public_key().id());
    m.journals.push_back(
        {request_.site, request_.partition.value, request_.generation, head.position, head.chain, head.root, head.at});
    return core::done{};
  }

  /// What the place holds already, and the newest backup's tables, whose contents need not be read again.
  outcome read_known() {
    auto contents = to_.list(contents_prefix);
    if (!contents) return std::move(contents).error();
    for (auto& each : *contents)
      held_.emplace(std::move(each.name), each.bytes);
    auto names = backup_names(to_);
    if (!names) return std::move(names).error();
    for (auto name = names->rbegin(); name != names->rend(); ++name) {
      auto last = load_backup(to_, *name, request_.keys);
      if (!last) continue;  // not one to rely on; what it holds is read again
      for (auto& file : last->content.files)
        if (file.crc32c != 0) known_.emplace(file.path, file);
      return core::done{};
    }
    return core::done{};
  }

  outcome store_files() {
    std::vector<std::string> paths;
    std::error_code problem;
    fs::recursive_directory_iterator each{request_.scratch, problem};
    for (; !problem && each != fs::recursive_directory_iterator{}; each.increment(problem))
      if (each->is_regular_file(problem)) paths.push_back(each->path().lexically_relative(request_.scratch));
    if (problem) return error{errc::store_failed, "reading what was frozen: " + problem.message(), {}};
    for (const auto& path : paths)
      if (auto stored = store_file(path); !stored) return named(path, std::move(stored).error());
    for (const auto& [path, content] : request_.files) {
      const auto sha256 = core::sha256(content);
      if (auto stored = to_.put(content_name(sha256), content); !stored) return stored;
      report_.bytes += content.size();
      report_.content.files.push_back({path, content.size(), sha256, 0});
    }
    auto& files = report_.content.files;
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return core::done{};
  }

  outcome store_file(const std::string& path) {
    const fs::path source = request_.scratch / path;
    std::error_code problem;
    manifest_file file{path, fs::file_size(source, problem), {}, 0};
    if (problem) return error{errc::store_failed, problem.message(), {}};
    const auto table = tables_.find(source.filename());
    if (table != tables_.end()) file.crc32c = table->second;
    report_.bytes += file.bytes;
    const auto known = known_.find(path);
    const bool unchanged = known != known_.end() && file.crc32c != 0 && known->second.crc32c == file.crc32c &&
                           known->second.bytes == file.bytes && holds(known->second);
    if (unchanged) {
      file.sha256 = known->second.sha256;
    } else {
      auto digest = read_content(source, file);
      if (!digest) return std::move(digest).error();
      file.sha256 = *digest;
      const std::string name = content_name(file.sha256);
      if (!holds(file)) {
        if (auto stored = to_.put_file(name, source, file.sha256); !stored) return stored;
        pace_.pass(file.bytes);
        held_[name] = file.bytes;
        report_.new_bytes += file.bytes;
      }
    }
    report_.content.files.push_back(std::move(file));
    return core::done{};
  }

  /// A content that was cut is stored anew.
  bool holds(const manifest_file& file) const {
    const auto found = held_.find(content_name(file.sha256));
    return found != held_.end() && found->second == file.bytes;
  }

  result<core::digest> read_content(const fs::path& source, const manifest_file& expected) {
    auto opened = file::open(source, O_RDONLY);
    if (!opened) return std::move(opened).error();
    running_digest digest;
    std::uint32_t crc = 0;
    std::string chunk(chunk_bytes, '\0');
    for (;;) {
      if (request_.wanted.stop_requested()) return stopped_error();
      const auto got = opened->read(chunk.data(), chunk.size());
      if (!got) return got.error();
      if (*got == 0) break;
      const std::string_view bytes{chunk.data(), *got};
      digest.add(bytes);
      crc = crc32c(bytes, crc);
      pace_.pass(bytes.size());
    }
    if (expected.crc32c != 0 && crc != expected.crc32c)
      return error{errc::store_corrupt,
                   fmt::format("not the table that was written: crc32c {:08x} where {:08x} was", crc, expected.crc32c),
                   {}};
    return digest.value();
  }

  // The signature first: a manifest that is there is one that can be checked.
  outcome store_manifest(core::timestamp began) {
    if (request_.wanted.stop_requested()) return stopped_error();
    const core::timestamp now = request_.clock();
    report_.content.duration_ms = std::max<std::int64_t>(0, (now - began).us / 1'000);
    const std::string text = manifest_text(report_.content);
    const std::string signature = sign_content(core::sha256(text), now, request_.signers);
    if (auto put = to_.put(signature_name(report_.name), signature); !put) return put;
    return to_.put(manifest_name(report_.name), text);
  }

  object_store& to_;
  const backup_request& request_;
  pace pace_;
  backup_report report_;
  std::map<std::string, std::uint32_t> tables_;  ///< name → crc32c
  std::map<std::string, manifest_file> known_;   ///< path → as the last backup has it
  std::map<std::string, std::uint64_t> held_;    ///< names of contents → bytes
};

error damaged_file(const manifest_file& file, std::string_view found) {
  return {errc::checksum_mismatch,
          fmt::format("{}: expected sha256 {}, found {}", file.path, file.sha256.hex(), found),
          {}};
}

/// A path that stays below the directory it is put into.
bool is_safe(const std::string& path) {
  const fs::path parts{path};
  return !path.empty() && parts.is_relative() &&
         std::none_of(parts.begin(), parts.end(), [](const fs::path& p) { return p == ".." || p == "."; });
}

}  // namespace

std::string backup_name(core::timestamp at, std::string_view label) {
  const std::string day = core::to_rfc3339(at).substr(0, 10);
  return fmt::format("{}{}{}{}", backups_prefix, day, label.empty() ? "" : "-", label);
}

bool is_backup_label(std::string_view label) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789_-";
  return !label.empty() && label.size() <= 32 && label.find_first_not_of(allowed) == std::string_view::npos;
}

std::string content_name(const core::digest& sha256) {
  const std::string hex = sha256.hex();
  return fmt::format("{}{}/{}", contents_prefix, hex.substr(0, 2), hex);
}
std::string manifest_name(std::string_view backup) {
  return fmt::format("{}{}", backup, manifest_file_name);
}
std::string signature_name(std::string_view backup) {
  return manifest_name(backup) + ".sig";
}
std::string pending_name(std::string_view backup) {
  return fmt::format("{}/pending", backup);
}
std::string verified_name(std::string_view backup) {
  return fmt::format("{}/verified", backup);
}

freezer freeze_stopped(const fs::path& journal, core::partition_id partition) {
  return [=](const fs::path& directory) -> result<std::vector<frozen_table>> {
    const fs::path from = partition_directory(journal.string(), partition);
    const fs::path to = partition_directory(directory.string(), partition);
    std::error_code problem;
    if (!fs::exists(from / "CURRENT", problem)) return error{errc::not_found, "there is no journal", {}};
    const auto lock = directory_lock::take(from.string(), rocks_environment::standard());
    if (!lock) return lock.error();
    if (auto made = make_directory(to); !made) return std::move(made).error();
    fs::directory_iterator each{from, problem};
    for (; !problem && each != fs::directory_iterator{}; each.increment(problem)) {
      const auto name = each->path().filename();
      if (name == lock_file_name || name == "LOCK" || !each->is_regular_file(problem)) continue;
      if (name.extension() == ".sst")
        fs::create_hard_link(each->path(), to / name, problem);
      else
        fs::copy_file(each->path(), to / name, problem);
      if (problem) break;
    }
    if (problem) return error{errc::store_failed, "freezing the journal: " + problem.message(), {}};
    return std::vector<frozen_table>{};
  };
}

result<backup_report> make_backup(object_store& to, const backup_request& request) {
  return making{to, request}.run();
}

result<std::vector<std::string>> backup_names(object_store& from) {
  const auto listed = from.list(backups_prefix);
  if (!listed) return listed.error();
  std::vector<std::string> out;
  for (const auto& each : *listed)
    if (each.name.ends_with(manifest_file_name))
      out.push_back(each.name.substr(0, each.name.size() - manifest_file_name.size()));
  std::sort(out.begin(), out.end());
  return out;
}

result<stored_backup> load_backup(object_store& from, const std::string& name, const key_history& keys) {
  const std::string file = manifest_name(name);
  const auto text = from.get(file, manifest_bytes_max);
  if (!text && text.error().code == errc::not_found)
    return error{errc::not_found, fmt::format("{}: there is no manifest, so there is no backup", name), {}};
  if (!text) return named(file, text.error());
  if (is_sealed(*text)) return error{errc::key_missing, fmt::format("{}: the place is sealed; name its key", file), {}};
  const auto signature = from.get(signature_name(name), std::size_t{64} << 10);
  if (!signature && signature.error().code == errc::not_found)
    return error{errc::bad_signature, fmt::format("{}: the manifest is not signed", file), {}};
  if (!signature) return named(signature_name(name), signature.error());
  auto by = verify_content(core::sha256(*text), *signature, keys);
  if (!by) return named(file, std::move(by).error());
  auto content = parse_manifest(*text);
  if (!content) return named(file, std::move(content).error());
  if (content->journals.empty()) return error{errc::bad_encoding, fmt::format("{}: names no journal", file), {}};
  if (content->name != name)
    return error{
        errc::bad_encoding, fmt::format("{}: it is the manifest of {}", file, core::excerpt(content->name)), {}};
  for (const auto& each : content->files)
    if (!is_safe(each.path))
      return error{errc::bad_encoding, fmt::format("{}: lists \"{}\"", file, core::excerpt(each.path)), {}};
  return stored_backup{name, *std::move(content), *std::move(by)};
}

outcome fetch_files(object_store& from, const manifest& content, const fs::path& target,
                    const std::function<bool(std::string_view path)>& wanted, const byte_progress& progress) {
  std::uint64_t total = 0;
  std::uint64_t done = 0;
  for (const auto& file : content.files)
    if (!wanted || wanted(file.path)) total += file.bytes;
  for (const auto& file : content.files) {
    if (wanted && !wanted(file.path)) continue;
    const fs::path path = target / file.path;
    if (auto made = make_directory(path.parent_path()); !made) return made;
    auto found = from.get_file(content_name(file.sha256), path);
    if (!found && found.error().code == errc::not_found) return damaged_file(file, "no such file");
    if (!found) return named(file.path, std::move(found).error());
    if (*found != file.sha256) return damaged_file(file, found->hex());
    if (auto synced = sync_directory(path.parent_path()); !synced) return synced;
    done += file.bytes;
    if (progress) progress(done, total);
  }
  return core::done{};
}

result<std::vector<tree_difference>> check_files_of(object_store& from, const manifest& content,
                                                    const fs::path& scratch, const byte_progress& progress) {
  using kind = tree_difference::kind;
  auto held = scratch_directory::make(scratch);
  if (!held) return std::move(held).error();
  std::vector<tree_difference> out;
  std::uint64_t total = 0;
  std::uint64_t done = 0;
  for (const auto& file : content.files)
    total += file.bytes;
  for (const auto& file : content.files) {
    const auto found = from.get_file(content_name(file.sha256), scratch / "content");
    if (!found && found.error().code == errc::not_found)
      out.push_back({file.path, kind::missing, file.sha256.hex(), {}});
    else if (!found && (found.error().code == errc::store_failed || found.error().code == errc::key_missing))
      return named(file.path, found.error());
    else if (!found)
      out.push_back({file.path, kind::changed, file.sha256.hex(), found.error().message});
    else if (*found != file.sha256)
      out.push_back({file.path, kind::changed, file.sha256.hex(), found->hex()});
    done += file.bytes;
    if (progress) progress(done, total);
  }
  return out;
}

result<std::uint64_t> copy_backup(object_store& from, object_store& to, const stored_backup& which,
                                  const fs::path& scratch, const std::stop_token& wanted) {
  auto held = scratch_directory::make(scratch);
  if (!held) return std::move(held).error();
  const auto listed = to.list(contents_prefix);
  if (!listed) return listed.error();
  std::set<std::string> there;
  for (const auto& each : *listed)
    there.insert(each.name);
  if (auto noted = to.put(pending_name(which.name), core::to_rfc3339(which.content.at)); !noted)
    return std::move(noted).error();
  std::uint64_t sent = 0;
  for (const auto& file : which.content.files) {
    if (wanted.stop_requested()) return stopped_error();
    const std::string name = content_name(file.sha256);
    if (!there.insert(name).second) continue;
    const auto digest = from.get_file(name, scratch / "content");
    if (!digest) return named(file.path, digest.error());
    if (*digest != file.sha256) return damaged_file(file, digest->hex());
    if (auto put = to.put_file(name, scratch / "content", file.sha256); !put) return std::move(put).error();
    sent += file.bytes;
  }
  for (const auto& name : {signature_name(which.name), manifest_name(which.name)}) {
    const auto text = from.get(name, manifest_bytes_max);
    if (!text) return text.error();
    if (auto put = to.put(name, *text); !put) return std::move(put).error();
    sent += text->size();
  }
  if (auto cleared = to.remove(pending_name(which.name)); !cleared) return std::move(cleared).error();
  return sent;
}

}  // namespace logline::journal
