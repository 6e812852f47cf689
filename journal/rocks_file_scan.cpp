#include "journal/rocks_file_scan.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <rocksdb/env.h>

#include "journal/crc32c.hpp"

namespace logline::journal {

namespace {

constexpr std::size_t block_size = 32'768;
constexpr std::size_t header_size = 4 + 2 + 1;  // masked CRC, length, type
constexpr std::size_t small_file_bytes_max = std::size_t{16} << 20;

enum fragment_type : unsigned char { full = 1, first = 2, middle = 3, last = 4 };

std::uint32_t little_endian_32(const char* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  static_assert(std::endian::native == std::endian::little);
  return value;
}

/// RocksDB stores CRCs masked, since a CRC over bytes that hold their own CRC is weak (util/crc32c.h).
std::uint32_t unmasked(std::uint32_t masked) {
  const std::uint32_t rotated = masked - 0xa282ead8u;
  return std::rotr(rotated, 17);
}

/// One pass over a log-format file, block by block.
class log_scanner {
 public:
  log_scanner(std::string file, const log_record_sink& records) : file_(std::move(file)), records_(records) {}

  /// `at` is the block's offset in the file; a block shorter than block_size is the last one.
  std::optional<file_damage> block(std::string_view bytes, std::uint64_t at) {
    const bool is_last = bytes.size() < block_size;
    while (bytes.size() >= header_size) {
      const std::size_t room = bytes.size() - header_size;
      const std::size_t length =
          static_cast<unsigned char>(bytes[4]) | static_cast<std::size_t>(static_cast<unsigned char>(bytes[5])) << 8;
      if (length > room)
        return damage(at, is_last ? errc::short_read : errc::bad_encoding,
                      fmt::format("a record of {} bytes where {} are left", length, room));
      const std::string_view typed = bytes.substr(6, 1 + length);
      if (crc32c(typed) != unmasked(little_endian_32(bytes.data())))
        return damage(at, errc::checksum_mismatch,
                      fmt::format("a record of {} bytes does not fit its checksum", length));
      if (auto wrong = fragment(static_cast<unsigned char>(typed.front()), typed.substr(1), at)) return wrong;
      bytes.remove_prefix(header_size + length);
      at += header_size + length;
    }
    if (is_last && !bytes.empty()) return damage(at, errc::short_read, "the file ends within a record's header");
    const auto not_zero = std::find_if(bytes.begin(), bytes.end(), [](char c) { return c != 0; });
    if (not_zero == bytes.end()) return std::nullopt;
    return damage(at + static_cast<std::uint64_t>(not_zero - bytes.begin()), errc::bad_encoding,
                  "padding that is not zero");
  }

  /// What is missing once all blocks are read.
  std::optional<file_damage> end() const {
    if (!in_record_) return std::nullopt;
    return damage(record_at_, errc::short_read, "the file ends within a record");
  }

 private:
  file_damage damage(std::uint64_t at, errc code, std::string message) const {
    return {file_, at, code, std::move(message)};
  }

  std::optional<file_damage> fragment(unsigned char type, std::string_view payload, std::uint64_t at) {
    if (type < full || type > last) return damage(at, errc::bad_encoding, fmt::format("unknown record type {}", type));
    const bool begins = type == full || type == first;
    // RocksDB itself leaves an empty first fragment where a block has room for a header only.
    if (begins && in_record_ && !record_is_empty_)
      return damage(record_at_, errc::bad_encoding, "a record without an end");
    if (!begins && !in_record_) return damage(at, errc::bad_encoding, "a record without a beginning");
    if (begins) {
      record_.clear();
      record_at_ = at;
      record_is_empty_ = true;
    }
    if (records_) record_.append(payload);
    record_is_empty_ = record_is_empty_ && payload.empty();
    in_record_ = type == first || type == middle;
    if (!in_record_ && records_) records_(record_);
    return std::nullopt;
  }

  std::string file_;
  const log_record_sink& records_;
  std::string record_;
  std::uint64_t record_at_ = 0;
  bool in_record_ = false;
  bool record_is_empty_ = true;
};

file_damage unreadable(const std::string& file, std::uint64_t offset, const rocksdb::Status& status) {
  return {file, offset, errc::store_failed, fmt::format("cannot be read: {}", status.ToString())};
}

struct file_content {
  std::string text;
  std::optional<file_damage> damage;
};

file_content read_small_file(rocksdb::Env& env, const std::string& directory, const std::string& file) {
  const std::string path = directory + '/' + file;
  std::uint64_t size = 0;
  if (auto status = env.GetFileSize(path, &size); !status.ok()) return {{}, unreadable(file, 0, status)};
  if (size > small_file_bytes_max)
    return {{}, file_damage{file, 0, errc::bad_encoding, fmt::format("has {} bytes", size)}};
  std::string text;
  if (auto status = rocksdb::ReadFileToString(&env, path, &text); !status.ok())
    return {{}, unreadable(file, 0, status)};
  return {std::move(text), std::nullopt};
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 20 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The number in a name like 000012.log or MANIFEST-000005; nothing for another name.
std::optional<std::uint64_t> numbered(std::string_view name, std::string_view prefix, std::string_view suffix) {
  if (name.size() <= prefix.size() + suffix.size() || !name.starts_with(prefix) || !name.ends_with(suffix))
    return std::nullopt;
  const auto digits = name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
  if (!is_number(digits)) return std::nullopt;
  return std::stoull(std::string{digits});
}

/// The database id that a version edit of the manifest sets (tag 8193, db/version_edit.h); empty for an edit without
/// one. RocksDB writes it as the first field of an edit.
std::string database_id_of(std::string_view edit) {
  constexpr std::string_view tag = "\x81\x40";
  if (!edit.starts_with(tag) || edit.size() < tag.size() + 1) return {};
  const auto length = static_cast<unsigned char>(edit[tag.size()]);
  if (length >= 0x80 || edit.size() < tag.size() + 1 + length) return {};
  return std::string{edit.substr(tag.size() + 1, length)};
}

/// First byte in which the texts differ.
std::uint64_t first_difference(std::string_view a, std::string_view b) {
  const auto [at, other] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<std::uint64_t>(at - a.begin());
}

/// Collects what the directory holds; one object per scan.
class store_scanner {
 public:
  store_scanner(rocksdb::Env& env, const std::string& directory) : env_(env), directory_(directory) {}

  void classify(const std::string& name) {
    if (const auto wal = numbered(name, "", ".log")) {
      logs_.emplace(*wal, name);
    } else if (numbered(name, "MANIFEST-", "")) {
      manifests_.push_back(name);
    } else if (numbered(name, "OPTIONS-", "")) {
      if (auto content = small(name)) found_.options[name] = core::sha256(*content);
    } else if (numbered(name, "", ".sst")) {
      found_.tables.push_back(name);
    } else if (name == "CURRENT" || name == "IDENTITY") {
      if (auto content = small(name)) (name == "CURRENT" ? current_ : identity_) = std::move(*content);
    } else if (name == "LOCK") {
      if (auto content = small(name); content && !content->empty())
        found_.damages.push_back({name, 0, errc::bad_encoding, "the lock file is not empty"});
    } else {
      found_.strangers.push_back(name);
    }
    std::uint64_t size = 0;
    if (env_.GetFileSize(directory_ + '/' + name, &size).ok()) found_.bytes += size;
  }

  store_files finish() && {
    check_current();
    for (const auto& manifest : manifests_)
      check_manifest(manifest);
    check_identity();
    for (const auto& [number, name] : logs_) {
      found_.write_ahead_logs.push_back(name);
      if (auto damage = scan_log_file(env_, directory_, name, {})) found_.damages.push_back(std::move(*damage));
    }
    return std::move(found_);
  }

 private:
  std::optional<std::string> small(const std::string& name) {
    auto content = read_small_file(env_, directory_, name);
    if (!content.damage) return std::move(content.text);
    found_.damages.push_back(std::move(*content.damage));
    return std::nullopt;
  }

  void check_current() {
    if (!current_) {
      found_.damages.push_back({"CURRENT", 0, errc::store_corrupt, "missing: no manifest is named"});
      return;
    }
    const std::string_view name = std::string_view{*current_}.substr(0, current_->find('\n'));
    const bool known = std::find(manifests_.begin(), manifests_.end(), name) != manifests_.end();
    if (known && *current_ == std::string{name} + '\n') {
      found_.manifest = name;
    } else {
      found_.damages.push_back({"CURRENT", 0, errc::bad_encoding, "does not name a manifest that is there"});
    }
  }

  void check_manifest(const std::string& name) {
    const bool is_current = name == found_.manifest;
    const auto take_id = [&](std::string_view edit) {
      if (auto id = database_id_of(edit); is_current && !id.empty()) found_.database_id = std::move(id);
    };
    if (auto damage = scan_log_file(env_, directory_, name, take_id)) found_.damages.push_back(std::move(*damage));
  }

  void check_identity() {
    if (!identity_) {
      found_.damages.push_back({"IDENTITY", 0, errc::store_corrupt, "missing"});
    } else if (!found_.manifest.empty() && *identity_ != found_.database_id) {
      found_.damages.push_back({"IDENTITY", first_difference(*identity_, found_.database_id), errc::bad_encoding,
                                "is not the database id in the manifest"});
    }
  }

  rocksdb::Env& env_;
  const std::string& directory_;
  store_files found_;
  std::map<std::uint64_t, std::string> logs_;
  std::vector<std::string> manifests_;
  std::optional<std::string> current_;
  std::optional<std::string> identity_;
};

}  // namespace

std::string file_damage::text() const {
  return fmt::format("{} at byte {}: {}: {}", file, offset, to_string(code), message);
}

std::optional<file_damage> scan_log_file(rocksdb::Env& env, const std::string& directory, const std::string& file,
                                         const log_record_sink& records) {
  std::unique_ptr<rocksdb::SequentialFile> in;
  if (auto status = env.NewSequentialFile(directory + '/' + file, &in, rocksdb::EnvOptions{}); !status.ok())
    return unreadable(file, 0, status);
  log_scanner scanner{file, records};
  const auto buffer = std::make_unique<char[]>(block_size);
  for (std::uint64_t at = 0;;) {
    rocksdb::Slice got;
    if (auto status = in->Read(block_size, &got, buffer.get()); !status.ok()) return unreadable(file, at, status);
    const std::string_view block{got.data(), got.size()};
    if (auto damage = scanner.block(block, at)) return damage;
    at += block.size();
    if (block.size() < block_size) return scanner.end();
  }
}

result<store_files> scan_store(rocksdb::Env& env, const std::string& directory,
                               const std::vector<std::string>& own_names) {
  std::vector<std::string> names;
  if (auto status = env.GetChildren(directory, &names); !status.ok())
    return error{errc::store_failed, fmt::format("cannot list the store: {}", status.ToString()), {}};
  std::sort(names.begin(), names.end());
  store_scanner scanner{env, directory};
  for (const auto& name : names) {
    if (name == "." || name == ".." || std::find(own_names.begin(), own_names.end(), name) != own_names.end()) continue;
    scanner.classify(name);
  }
  return std::move(scanner).finish();
}

}  // namespace logline::journal
