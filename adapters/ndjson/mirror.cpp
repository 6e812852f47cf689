#include "adapters/ndjson/mirror.hpp"

#include <fcntl.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "journal/merkle.hpp"
#include "journal/record_line.hpp"

namespace logline::ndjson {

using journal::errc;
using journal::error;
using journal::outcome;

namespace {

/// Damage that no crash makes: cutting it off would destroy what another key or version can still read.
bool is_ours_to_cut(const shard_scan& scan) {
  const auto code = scan.damage->code;
  return code != errc::key_missing && code != errc::unknown_format && (scan.header || code != errc::bad_signature);
}

error misplaced(const shard_files& files, std::string_view what) {
  return {errc::store_corrupt, fmt::format("{}: {}", files.name.text(), what), {}};
}

}  // namespace

mirror::mirror(options settings) : settings_(std::move(settings)) {
  keys_.current = settings_.key;
  keys_.all = settings_.older_keys;
  keys_.all.push_back(settings_.key);
  keys_.site = settings_.site_key;
}

journal::result<journal::mirror_position> mirror::open() {
  ready_ = false;
  open_.reset();
  at_ = settings_.begin.at;
  sealed_ = {at_.position.value, at_.chain, settings_.begin.shard};
  has_sealed_ = false;
  last_name_ = settings_.begin.name;
  schema_number_ = 0;
  schema_types_.clear();
  plain_.clear();
  recovered_ = {};
  if (auto opened = open_files(); !opened) {
    open_.reset();
    return std::move(opened).error();
  }
  ready_ = true;
  return at_;
}

outcome mirror::lock_directory() {
  // A lock on a file that was removed keeps nobody out.
  if (lock_.is_open() && lock_.still_linked()) return core::done{};
  auto opened = file::open(settings_.directory / "LOCK", O_RDWR | O_CREAT | O_NOFOLLOW);
  if (!opened) return error{errc::store_failed, opened.error().message, {}};
  if (auto locked = opened->lock(); !locked) return locked;
  lock_ = std::move(*opened);
  return core::done{};
}

outcome mirror::open_files() {
  if (auto made = make_directory(settings_.directory); !made) return made;
  if (auto locked = lock_directory(); !locked) return locked;
  const auto listing = list_shards(settings_.directory);
  if (!listing) return listing.error();
  for (const auto& name : listing->unfinished) {
    if (auto removed = remove_durably(settings_.directory / name); !removed) return removed;
    ++recovered_.removed;
  }
  for (const auto& files : listing->shards) {
    const bool last = &files == &listing->shards.back();
    if (!files.open && !files.plain && !files.packed) return misplaced(files, "there is only its manifest");
    if (files.open && !last) return misplaced(files, "is still open, and later shards are there");
    if (files.open && (files.plain || files.packed || files.manifest))
      return misplaced(files, "is there both open and sealed");
    if (auto adopted = files.open ? adopt_part(files) : adopt_sealed(files); !adopted) return adopted;
  }
  if (has_sealed_ && !open_) at_ = {core::gseq{sealed_.position}, sealed_.chain};
  return core::done{};
}

outcome mirror::check_owner(const std::string& site, std::uint16_t partition) const {
  if (site == settings_.site && partition == settings_.partition.value) return core::done{};
  return error{errc::chain_broken, "the directory holds the mirror of another site or partition", {}};
}

outcome mirror::adopt_sealed(const shard_files& files) {
  const auto sealed = path_of(files.name);
  last_name_ = files.name;
  has_sealed_ = true;
  // The plain file goes last: while it is there, the packed one may not be whole.
  if (files.plain && files.packed) {
    if (auto removed = remove_durably(packed_path(sealed)); !removed) return removed;
  }
  if (files.plain) plain_.push_back(files.name);
  auto manifest = read_manifest(sealed, keys_.all, std::nullopt);
  if (!manifest && manifest.error().code != errc::not_found) return std::move(manifest).error();
  if (!manifest) {
    const auto scan = scan_shard(files.plain ? sealed : packed_path(sealed), keys_.all);
    if (!scan) return scan.error();
    if (scan->damage) return *scan->damage;
    if (!scan->has_trailer || scan->unfinished_bytes != 0) return misplaced(files, "has no trailer at its end");
    manifest = manifest_of(*scan);
    if (!files.plain) manifest->packed_sha256 = scan->stored_sha256;
    if (auto written = write_manifest(sealed, *manifest, keys_); !written) return written;
    ++recovered_.finished;
  }
  if (auto owner = check_owner(manifest->site, manifest->partition); !owner) return owner;
  sealed_ = {manifest->last_gseq, manifest->hash, manifest->sha256};
  schema_number_ = manifest->schema_number;
  schema_types_ = manifest->types;
  return core::done{};
}

outcome mirror::adopt_part(const shard_files& files) {
  const auto sealed = path_of(files.name);
  auto scan = scan_shard(part_path(sealed), keys_.all);
  if (!scan) return std::move(scan).error();
  if (scan->damage && !is_ours_to_cut(*scan)) return *scan->damage;
  if (scan->header) {
    if (auto owner = check_owner(scan->header->site, scan->header->partition); !owner) return owner;
    if (auto following = follows(*scan->header, sealed_); has_sealed_ && !following)
      return placed(std::move(following).error(), part_path(sealed), 1);
  }
  std::error_code unknown;
  const auto size = std::filesystem::file_size(part_path(sealed), unknown);
  if (unknown) return error{errc::store_failed, files.name.text() + ".part: " + unknown.message(), {}};
  const auto kept = scan->events == 0 ? 0 : scan->bytes;
  if (size > kept) {
    recovered_.file = part_path(sealed).filename().string();
    recovered_.cut_bytes = size - kept;
    recovered_.why = scan->damage;
  }
  // Without an event it says nothing that the next begin_shard() would not say.
  if (scan->events == 0) return remove_durably(part_path(sealed));
  last_name_ = files.name;
  schema_number_ = scan->schema->number;
  schema_types_ = scan->schema->types;
  at_ = {core::gseq{scan->position}, scan->chain};
  const auto* key = find_key(keys_.all, scan->header->key_id);
  auto resumed = open_shard::resume(settings_.directory, files.name, std::move(*scan), *key);
  if (!resumed) return std::move(resumed).error();
  open_ = std::move(*resumed);
  const bool whole = open_->content().has_trailer;
  if (whole) ++recovered_.finished;
  return whole || schema_types_ != settings_.types || key->id != settings_.key.id ? seal() : outcome{core::done{}};
}

outcome mirror::failed(outcome what) {
  ready_ = false;
  open_.reset();
  return what;
}

outcome mirror::append(std::span<const journal::record_view> records, const journal::mirror_position& after) {
  if (!ready_) return error{errc::store_failed, "the mirror is not open: open() it again", {}};
  if (auto sound = check_chain(records, after); !sound) return sound;
  for (std::size_t i = 0; i < records.size(); ++i)
    if (auto appended = append_one(records[i], hashes_[i]); !appended) return failed(std::move(appended));
  if (open_)
    if (auto synced = open_->sync(); !synced) return failed(std::move(synced));
  return core::done{};
}

outcome mirror::check_chain(std::span<const journal::record_view> records, const journal::mirror_position& after) {
  hashes_.clear();
  auto position = at_.position;
  auto chain = at_.chain;
  std::string encoded;
  for (const auto& record : records) {
    position = core::next(position);
    if (record.position != position)
      return error{errc::position_gap, fmt::format("gseq {} was handed over", record.position.value), position};
    if (record.partition != settings_.partition)
      return error{errc::chain_broken, "a record of another partition was handed over", position};
    encoded.clear();
    if (record.bytes.empty()) journal::encode_record(record, encoded);
    chain = journal::chain_hash(chain, journal::leaf_hash(record.bytes.empty() ? encoded : record.bytes));
    hashes_.push_back(chain);
  }
  if (position == after.position && chain == after.chain) return core::done{};
  return error{errc::chain_broken, "the records do not lead from the mirror's position to where they should", position};
}

outcome mirror::append_one(const journal::record_view& record, const core::digest& hash) {
  line_.clear();
  if (auto formed = journal::append_record_line(record, at_.chain, hash, line_); !formed) return formed;
  sign_line(settings_.key, line_, 0);
  // Commit times never go back, so a shard's day is that of all its records.
  if (open_ && (utc_day(record.at) > open_->name().day || !open_->has_room(line_.size(), settings_.shard_bytes)))
    if (auto sealed = seal(); !sealed) return sealed;
  if (!open_)
    if (auto begun = begin_shard(record); !begun) return begun;
  if (auto added = open_->add(line_, record.position.value, hash); !added) return added;
  at_ = {record.position, hash};
  return core::done{};
}

outcome mirror::begin_shard(const journal::record_view& first) {
  shard_name name{utc_day(first.at), 0};
  if (last_name_ && last_name_->day >= name.day) name = {last_name_->day, last_name_->number + 1};
  if (schema_number_ == 0 || schema_types_ != settings_.types) {
    ++schema_number_;
    schema_types_ = settings_.types;
  }
  shard_header header;
  header.name = name.text();
  header.site = settings_.site;
  header.partition = settings_.partition.value;
  header.first_gseq = first.position.value;
  header.previous = at_.chain;
  header.previous_shard = sealed_.sha256;
  header.filter = "all";
  header.key_id = settings_.key.id;
  auto begun =
      open_shard::create(settings_.directory, name, header, {schema_number_, first.at, schema_types_}, settings_.key);
  if (!begun) return std::move(begun).error();
  open_ = std::move(*begun);
  last_name_ = name;
  return core::done{};
}

outcome mirror::seal() {
  if (auto sealed = open_->seal(); !sealed) return sealed;
  const auto manifest = manifest_of(open_->content());
  const auto path = path_of(open_->name());
  plain_.push_back(open_->name());
  open_.reset();
  sealed_ = {manifest.last_gseq, manifest.hash, manifest.sha256};
  has_sealed_ = true;
  if (auto written = write_manifest(path, manifest, keys_); !written) return written;
  if (settings_.zstd_level == 0) return core::done{};
  if (auto packed = pack_shard(path, manifest, keys_, settings_.zstd_level); !packed) return packed;
  plain_.pop_back();
  return core::done{};
}

outcome mirror::rest() {
  if (!ready_) return error{errc::store_failed, "the mirror is not open: open() it again", {}};
  if (open_ && settings_.clock && utc_day(settings_.clock()) > open_->name().day)
    if (auto sealed = seal(); !sealed) return failed(std::move(sealed));
  if (settings_.zstd_level == 0 || plain_.empty()) return core::done{};
  const auto path = path_of(plain_.back());
  const auto manifest = read_manifest(path, keys_.all, std::nullopt);
  if (!manifest) return failed(manifest.error());
  if (auto packed = pack_shard(path, *manifest, keys_, settings_.zstd_level); !packed) return failed(std::move(packed));
  plain_.pop_back();
  return core::done{};
}

}  // namespace logline::ndjson
