#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <stdlib.h>

#include "adapters/ndjson/mirror.hpp"
#include "adapters/ndjson/reader.hpp"
#include "journal/merkle.hpp"

namespace logline::sample {

/// A folder that goes with the object; in memory where the system has such a place, for it is synced a lot.
class folder {
 public:
  folder() {
    const std::filesystem::path memory{"/dev/shm"};
    const auto base = std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
    std::string pattern = (base / "logline-ndjson-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~folder() { std::filesystem::remove_all(path_); }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string content(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  REQUIRE(in);
  return {std::istreambuf_iterator<char>{in}, {}};
}

inline void replace(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream out{path, std::ios::binary | std::ios::trunc};
  out << bytes;
  REQUIRE(out.flush());
}

/// Every file's bytes by name, the lock left out.
inline std::map<std::string, std::string> contents(const std::filesystem::path& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    if (entry.path().filename() != "LOCK") files[entry.path().filename().string()] = content(entry.path());
  return files;
}

inline void restore(const std::filesystem::path& directory, const std::map<std::string, std::string>& files) {
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory);
  for (const auto& [name, bytes] : files)
    replace(directory / name, bytes);
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    lines.push_back(text.substr(at, end == std::string::npos ? end : end + 1 - at));
    at += lines.back().size();
  }
  return lines;
}

inline std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines)
    text += line;
  return text;
}

inline constexpr std::int64_t noon = 1'774'785'600'000'000;  // 2026-03-29T12:00:00Z

/// Records with their canonical bytes and chain, one second apart; their payloads hold `text` beside small things.
class log {
 public:
  explicit log(std::size_t records, core::duration_us step = core::seconds(1), std::string_view text = {}) {
    core::digest chain;
    chains_.push_back(chain);
    for (std::size_t i = 1; i <= records; ++i) {
      auto r = record(i, core::timestamp{noon} + core::duration_us{static_cast<std::int64_t>(i - 1) * step.us});
      if (!text.empty()) add_text(text, r.payload);
      bytes_.push_back(journal::encode_record(r));
      chain = journal::chain_hash(chain, journal::leaf_hash(bytes_.back()));
      chains_.push_back(chain);
    }
  }

  std::size_t size() const { return bytes_.size(); }
  const std::string& bytes(std::uint64_t position) const { return bytes_.at(position - 1); }
  journal::mirror_position at(std::uint64_t position) const { return {core::gseq{position}, chains_.at(position)}; }
  std::vector<journal::record_view> views(std::uint64_t first, std::uint64_t last) const {
    std::vector<journal::record_view> out(last + 1 - first);
    for (std::size_t i = 0; i < out.size(); ++i)
      REQUIRE(journal::read_record(bytes(first + i), out[i]));
    return out;
  }

 private:
  /// One more member of the map.
  static void add_text(std::string_view text, std::string& payload) {
    payload[0] = static_cast<char>(payload[0] + 1);
    payload += "\xa1x\xdb";
    for (int shift = 24; shift >= 0; shift -= 8)
      payload += static_cast<char>(text.size() >> shift & 0xff);
    payload += text;
  }

  static core::record record(std::uint64_t n, core::timestamp at) {
    core::record r;
    r.partition = core::partition_id{3};
    r.position = core::gseq{n};
    r.entity = {"acme", "task_queue", "email/" + std::to_string(n % 5)};
    r.sequence = core::eseq{n};
    r.event_id = core::make_uuid7(at.us / 1'000, n, 7);
    r.event = "task_enqueued";
    r.at = at;
    r.decided_at = at;
    r.site = "rio";
    r.principal = core::principal_id{"founder"};
    r.command_id = core::make_uuid7(at.us / 1'000, n, 8);
    r.correlation_id = r.command_id;
    if (n % 3 == 0) r.idempotency = core::idempotency{"key", core::sha256("body"), "\xc0"};
    if (n % 4 == 0) r.timeline = core::timeline_stamp{"orders", {"rio.1", n}, n, {{"rio.1", n}}};
    // A number that a JSON reader would round, binary, and a line end inside text.
    r.payload = std::string(
        "\x83\xa1n\xcf\xff\xff\xff\xff\xff\xff\xff\xfe\xa1t\xa3"
        "a\n\""
        "\xa1"
        "b\xc4\x02\x00\xff",
        24);
    return r;
  }

  std::vector<std::string> bytes_;
  std::vector<core::digest> chains_;
};

inline ndjson::line_key line_key(char of = 'k') {
  return *ndjson::line_key::from_raw(std::string(32, of));
}
inline journal::site_key site_key() {
  return *journal::site_key::from_seed(std::string(32, 's'));
}

inline ndjson::options options(const std::filesystem::path& directory, std::uint64_t shard_bytes = 50'000'000) {
  ndjson::options o;
  o.directory = directory;
  o.site = "rio";
  o.partition = core::partition_id{3};
  o.shard_bytes = shard_bytes;
  o.key = line_key();
  o.site_key = site_key();
  o.types = {{"task_queue", 1}, {"timeline", 2}};
  o.clock = [] { return core::timestamp{noon}; };
  return o;
}

/// Opens, and appends what is missing up to `last` in batches.
inline void feed(ndjson::mirror& to, const log& from, std::uint64_t last, std::uint64_t batch = 7) {
  const auto opened = to.open();
  INFO((opened ? std::string{} : opened.error().text()));
  REQUIRE(opened);
  REQUIRE(*opened == from.at(opened->position.value));
  for (auto at = opened->position.value; at < last;) {
    const auto end = std::min(at + batch, last);
    const auto done = to.append(from.views(at + 1, end), from.at(end));
    INFO((done ? std::string{} : done.error().text()));
    REQUIRE(done);
    at = end;
  }
}

inline ndjson::verify_report verify(const std::filesystem::path& directory) {
  return ndjson::verify(directory, {line_key()}, site_key().public_key());
}

/// Whether the directory holds exactly the log's records up to `last`, byte for byte.
inline void require_equal(const std::filesystem::path& directory, const log& with, std::uint64_t last,
                          std::vector<ndjson::line_key> keys = {line_key()}) {
  ndjson::reader reader{directory, std::move(keys), site_key().public_key()};
  std::uint64_t position = 0;
  bool same = true;
  const auto done = reader.read([&](const journal::parsed_line& line, const ndjson::line_place&) {
    ++position;
    same = same && position <= last && journal::encode_record(line.record) == with.bytes(position);
    return same;
  });
  INFO((done ? std::string{} : done.error().text()));
  REQUIRE(done);
  REQUIRE(same);
  REQUIRE(position == last);
  REQUIRE(reader.summary().head == with.at(last).chain);
  REQUIRE(reader.summary().unfinished_bytes == 0);
}

}  // namespace logline::sample
