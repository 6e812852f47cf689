#include "journal/inspect.hpp"

#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "domain/core/bytes.hpp"
#include "domain/core/json.hpp"
#include "journal/checkpoint.hpp"
#include "journal/layout.hpp"
#include "journal/little_endian.hpp"
#include "journal/log_reader.hpp"
#include "journal/log_store.hpp"
#include "journal/merkle.hpp"
#include "journal/record.hpp"

namespace logline::journal {

namespace {

constexpr core::gseq no_end{std::numeric_limits<std::uint64_t>::max() - 1};

void count(record_count& to, const record_view& r) {
  ++to.records;
  to.bytes += r.bytes.size();
}

/// Counts in maps without making a key for each record.
class counter {
 public:
  explicit counter(journal_stats& stats) : stats_(stats) {}

  void take(const record_view& r) {
    if (stats_.all.records == 0) stats_.first_at = r.at;
    stats_.last_at = r.at;
    stats_.head = r.position;
    count(stats_.all, r);
    if (r.has_idempotency) ++stats_.commands_with_key;
    key_.first.assign(r.type);
    key_.second.assign(r.event);
    count(stats_.events[key_], r);
    tenant_.assign(r.tenant);
    count(stats_.tenants[tenant_], r);
  }

 private:
  journal_stats& stats_;
  std::pair<std::string, std::string> key_;
  std::string tenant_;
};

outcome count_entities(const log_store& store, journal_stats& stats) {
  const auto rows = store.walk(family::entity, access::many);
  std::string prefix;
  for (rows->seek({}); rows->valid(); rows->next()) {
    if (!prefix.empty() && rows->key().starts_with(prefix)) continue;
    const auto entity = parse_entity_prefix(rows->key());
    if (!entity) return error{errc::index_mismatch, "a malformed row in the entity index", {}};
    prefix = entity_prefix(*entity);
    ++stats.entities[entity->type];
  }
  return rows->status();
}

outcome count_checkpoints(const log_store& store, journal_stats& stats) {
  const auto rows = store.walk(family::checkpoints, access::many);
  for (rows->seek({}); rows->valid(); rows->next()) {
    const auto head = parse_checkpoint(rows->value());
    if (!head) return head.error();
    ++stats.checkpoints;
    stats.signed_head = core::gseq{head->content.size};
  }
  return rows->status();
}

/// A JSON object of text, numbers and what can be written by hand.
class object_writer {
 public:
  explicit object_writer(std::string& out) : out_(out) { out_ += '{'; }
  ~object_writer() { out_ += '}'; }
  object_writer(const object_writer&) = delete;
  object_writer& operator=(const object_writer&) = delete;

  void number(std::string_view name, std::uint64_t value) {
    key(name);
    core::json_sink{out_}.unsigned_integer(value);
  }
  void text(std::string_view name, std::string_view value) {
    key(name);
    core::append_json_text(out_, value);
  }
  void counts(std::string_view name, const record_count& c) {
    key(name);
    out_ += fmt::format(R"({{"records":{},"bytes":{}}})", c.records, c.bytes);
  }
  void digests(std::string_view name, std::span<const core::digest> values) {
    key(name);
    out_ += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i != 0) out_ += ',';
      core::append_json_text(out_, values[i].hex());
    }
    out_ += ']';
  }
  std::string& member(std::string_view name) {
    key(name);
    return out_;
  }

 private:
  void key(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    core::append_json_text(out_, name);
    out_ += ':';
  }

  std::string& out_;
  bool first_ = true;
};

void write_maps(const journal_stats& stats, object_writer& json) {
  {
    object_writer entities{json.member("entities")};
    for (const auto& [type, n] : stats.entities)
      entities.number(type, n);
  }
  {
    object_writer types{json.member("events")};
    for (auto i = stats.events.begin(); i != stats.events.end();) {
      object_writer events{types.member(i->first.first)};
      for (const std::string& type = i->first.first; i != stats.events.end() && i->first.first == type; ++i)
        events.counts(i->first.second, i->second);
    }
  }
  object_writer tenants{json.member("tenants")};
  for (const auto& [tenant, c] : stats.tenants)
    tenants.counts(tenant, c);
}

/// The newest signed head that covers `size` records, a fresh one if need be.
result<checkpoint> covering_checkpoint(partition_log& log, std::uint64_t size, std::string& text) {
  for (const bool fresh : {false, true}) {
    auto found = log.checkpoint(fresh);
    // A log that is open for reading only, or has no key, cannot sign.
    if (!found && (found.error().code == errc::stopped || found.error().code == errc::key_missing)) break;
    if (!found) return std::move(found).error();
    text = std::move(*found);
    if (text.empty()) continue;
    auto parsed = parse_checkpoint(text);
    if (!parsed) return std::move(parsed).error();
    if (parsed->content.size >= size) return std::move(parsed->content);
  }
  return error{errc::not_found, fmt::format("no signed head covers gseq {} yet", size), core::gseq{size}};
}

void write_head(const checkpoint& head, const std::string& text, const site_public_key& key, object_writer& json) {
  json.number("tree_size", head.size);
  json.text("root", head.root.hex());
  json.text("checkpoint", text);
  json.text("verifier_key", note_verifier_key(head.origin, key));
}

}  // namespace

result<journal_stats> collect_stats(const log_store& store, core::partition_id partition) {
  journal_stats stats;
  counter records{stats};
  outcome status = core::done{};
  const auto newest = find_frame_header(store, partition, no_end);
  if (!newest && newest.error().code != errc::not_found) return newest.error();
  const core::gseq last = newest ? newest->last() : core::gseq{};
  const auto walked = walk_frames(store, partition, core::gseq{1}, last, [&](const frame_view& frame) {
    ++stats.frames;
    if (frame.header.first == frame.header.commit_first) ++stats.commits;
    stats.plain_bytes += frame.header.plain_bytes;
    stats.stored_bytes += frame.header.stored_bytes + frame_header_bytes;
    const auto read = walk_frame_records(frame, frame.header.first, [&](const record_view& r) {
      records.take(r);
      return true;
    });
    if (!read) status = read.error();
    return read.has_value();
  });
  if (!walked) return walked.error();
  if (!status) return status.error();
  if (auto counted = count_entities(store, stats); !counted) return std::move(counted).error();
  if (auto counted = count_checkpoints(store, stats); !counted) return std::move(counted).error();
  return stats;
}

std::string to_json(const journal_stats& stats) {
  std::string out;
  {
    object_writer json{out};
    json.number("gseq", stats.head.value);
    json.number("signed_gseq", stats.signed_head.value);
    if (stats.all.records > 0) {
      json.text("first_at", core::to_rfc3339(stats.first_at));
      json.text("last_at", core::to_rfc3339(stats.last_at));
    }
    json.number("records", stats.all.records);
    json.number("record_bytes", stats.all.bytes);
    json.number("commits", stats.commits);
    json.number("frames", stats.frames);
    json.number("plain_bytes", stats.plain_bytes);
    json.number("stored_bytes", stats.stored_bytes);
    json.number("checkpoints", stats.checkpoints);
    json.number("commands_with_key", stats.commands_with_key);
    write_maps(stats, json);
  }
  return out;
}

result<std::string> prove_record(partition_log& log, core::gseq position, const site_public_key& key) {
  if (position.value == 0 || position > log.head().position)
    return error{errc::not_found,
                 fmt::format("no record at gseq {}; the log ends at {}", position.value, log.head().position.value),
                 position};
  std::string text;
  const auto head = covering_checkpoint(log, position.value, text);
  if (!head) return head.error();
  std::string bytes;
  const auto read = log.scan(position, [&](const record_view& r) {
    bytes = r.bytes;
    return false;
  });
  if (!read) return read.error();
  const auto path = log.inclusion_proof(position, head->size);
  if (!path) return path.error();
  const core::digest leaf = leaf_hash(bytes);
  // A proof that does not verify is damage of ours, and must not leave as a proof.
  if (!verify_inclusion(position.value - 1, head->size, leaf, *path, head->root))
    return error{errc::checkpoint_mismatch,
                 fmt::format("the record does not fit the head signed at gseq {}", head->size), position};
  std::string out;
  {
    object_writer json{out};
    json.text("origin", head->origin);
    json.number("gseq", position.value);
    json.number("leaf_index", position.value - 1);
    json.text("record", core::to_base64(bytes));
    json.text("leaf", leaf.hex());
    json.digests("path", *path);
    write_head(*head, text, key, json);
  }
  return out;
}

result<std::string> prove_consistency(partition_log& log, std::uint64_t old_size, const site_public_key& key) {
  if (old_size > log.head().position.value)
    return error{
        errc::not_found, fmt::format("the log ends at gseq {}, before {}", log.head().position.value, old_size), {}};
  std::string text;
  const auto head = covering_checkpoint(log, old_size, text);
  if (!head) return head.error();
  const auto old_root = log.root_at(old_size);
  if (!old_root) return old_root.error();
  const auto path = log.consistency_proof(old_size, head->size);
  if (!path) return path.error();
  if (!verify_consistency(old_size, head->size, *old_root, head->root, *path))
    return error{errc::checkpoint_mismatch, fmt::format("the log does not fit the head signed at gseq {}", head->size),
                 core::gseq{head->size}};
  std::string out;
  {
    object_writer json{out};
    json.text("origin", head->origin);
    json.number("old_size", old_size);
    json.text("old_root", old_root->hex());
    json.digests("path", *path);
    write_head(*head, text, key, json);
  }
  return out;
}

}  // namespace logline::journal
