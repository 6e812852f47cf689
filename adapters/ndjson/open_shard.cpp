#include "adapters/ndjson/open_shard.hpp"

#include <fcntl.h>

#include <utility>

#include "adapters/ndjson/sealed_shard.hpp"

namespace logline::ndjson {

using journal::outcome;

namespace {

constexpr std::size_t write_bytes = std::size_t{1} << 20;
constexpr std::size_t trailer_bytes_max = 320;  // two digests, two numbers, the signature

}  // namespace

open_shard::open_shard(const std::filesystem::path& directory, const shard_name& name, const line_key& key)
    : sealed_(directory / name.text()), name_(name), key_(key) {}

journal::result<open_shard> open_shard::create(const std::filesystem::path& directory, const shard_name& name,
                                               const shard_header& header, const schema_line& schema,
                                               const line_key& key) {
  open_shard shard{directory, name, key};
  auto opened = file::open(part_path(shard.sealed_), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
  if (!opened) return journal::error{journal::errc::store_failed, opened.error().message, {}};
  shard.file_ = std::move(*opened);
  if (auto synced = sync_directory(directory); !synced) return std::move(synced).error();
  std::string lines;
  append_meta_line(header, key, lines);
  append_meta_line(schema, key, lines);
  shard.content_.position = header.first_gseq - 1;
  shard.content_.chain = header.previous;
  shard.content_.header = header;
  shard.content_.schema = schema;
  shard.content_.lines = 1;
  if (auto put = shard.put(lines); !put) return std::move(put).error();
  return shard;
}

journal::result<open_shard> open_shard::resume(const std::filesystem::path& directory, const shard_name& name,
                                               shard_scan scan, const line_key& key) {
  open_shard shard{directory, name, key};
  auto opened = file::open(part_path(shard.sealed_), O_WRONLY | O_NOFOLLOW);
  if (!opened) return std::move(opened).error();
  shard.file_ = std::move(*opened);
  shard.content_ = std::move(scan);
  if (auto cut = shard.file_.truncate(shard.content_.bytes); !cut) return std::move(cut).error();
  if (auto synced = shard.file_.sync(); !synced) return std::move(synced).error();
  return shard;
}

bool open_shard::has_room(std::size_t line_bytes, std::uint64_t shard_bytes) const {
  return content_.bytes + line_bytes + trailer_bytes_max <= shard_bytes;
}

outcome open_shard::add(std::string_view line, std::uint64_t position, const core::digest& chain) {
  content_.position = position;
  content_.chain = chain;
  ++content_.events;
  return put(line);
}

outcome open_shard::put(std::string_view lines) {
  content_.digest.add(lines);
  content_.bytes += lines.size();
  ++content_.lines;
  waiting_ += lines;
  return waiting_.size() >= write_bytes ? flush() : outcome{core::done{}};
}

outcome open_shard::flush() {
  auto written = file_.write(waiting_);
  waiting_.clear();
  return written;
}

outcome open_shard::sync() {
  if (auto flushed = flush(); !flushed) return flushed;
  if (auto synced = file_.sync(); !synced) return synced;
  return file_.still_linked();
}

outcome open_shard::seal() {
  if (!content_.has_trailer) {
    shard_trailer trailer;
    trailer.last_gseq = content_.position;
    trailer.lines = content_.events;
    trailer.hash = content_.chain;
    trailer.sha256 = content_.digest.value();
    std::string line;
    append_meta_line(trailer, key_, line);
    LL_INVARIANT(line.size() <= trailer_bytes_max, "a trailer of {} bytes", line.size());
    if (auto put_trailer = put(line); !put_trailer) return put_trailer;
    content_.has_trailer = true;
  }
  if (auto synced = sync(); !synced) return synced;
  return rename_durably(part_path(sealed_), sealed_);
}

}  // namespace logline::ndjson
