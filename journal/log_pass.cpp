#include "journal/log_pass.hpp"

#include <utility>

#include <fmt/format.h>

namespace logline::journal {

namespace {

constexpr std::uint64_t progress_bytes = std::uint64_t{4} << 20;

}  // namespace

log_pass::log_pass(const log_store& store, core::partition_id partition, log_mark from, core::gseq end,
                   log_pass_visitor& visitor)
    : store_(store),
      partition_(partition),
      end_(end),
      visitor_(visitor),
      keep_node_([this](unsigned level, std::uint64_t index, const core::digest& node) {
        visitor_.on_node(level, index, node);
      }),
      mark_(std::move(from)),
      commit_last_(mark_.position) {}

void log_pass::run() {
  const auto rows = store_.walk(family::log, access::many);
  std::uint64_t told = 0;
  for (rows->seek(log_key(partition_, core::next(mark_.position))); rows->valid(); rows->next()) {
    const auto first = parse_log_key(partition_, rows->key());
    if (first && *first > end_) break;
    check_row(rows->key(), rows->value());
    if (stored_bytes_ - told < progress_bytes) continue;
    told = stored_bytes_;
    if (!visitor_.on_progress(mark_.position, stored_bytes_)) return;
  }
  if (auto status = rows->status(); !status)
    damage(status.error().code, core::next(mark_.position), status.error().message);
  finish();
}

void log_pass::check_row(std::string_view key, std::string_view value) {
  stored_bytes_ += value.size();
  const auto first = parse_log_key(partition_, key);
  if (!first)
    return damage(errc::index_mismatch, {},
                  fmt::format("a row of {} bytes under a key that is no position", value.size()));
  const auto frame = open_frame(value, plain_);
  if (!frame || frame->header.first != *first) {
    if (frame) {
      damage(errc::bad_encoding, *first,
             fmt::format("a frame of gseq {} is under this key", frame->header.first.value));
    } else {
      damage(frame.error().code, *first, frame.error().message);
    }
    // How far the frame reached is known once the next one says where it begins.
    position_known_ = chain_known_ = false;
    mark_.position = *first;
    return;
  }
  check_header(frame->header);
  check_commit(frame->header);
  check_records(*frame);
  ++frames_;
  plain_bytes_ += frame->header.plain_bytes;
}

void log_pass::check_header(const frame_header& header) {
  const core::gseq expected = core::next(mark_.position);
  if (header.partition != partition_)
    damage(errc::bad_encoding, header.first, fmt::format("frame of partition {}", header.partition.value));
  if (position_known_ && header.first != expected) {
    damage(errc::position_gap, expected, fmt::format("the next frame begins at gseq {}", header.first.value));
    chain_known_ = false;
  }
  if (chain_known_ && header.chain_before != mark_.chain)
    damage(errc::chain_broken, header.first, "frame does not continue the hash chain");
  if (!chain_known_) mark_.chain = header.chain_before;
  mark_.position = core::gseq{header.first.value - 1};
  chain_known_ = position_known_ = true;
}

void log_pass::check_commit(const frame_header& header) {
  if (header.commit_first == header.first) {
    if (intact_ && mark_.position < commit_last_)
      damage(errc::incomplete_commit, header.first,
             fmt::format("the commit that began at gseq {} reaches to {}", commit_first_.value, commit_last_.value));
    ++commits_;
  } else if (intact_ && (header.commit_first != commit_first_ || header.commit_last != commit_last_)) {
    damage(errc::incomplete_commit, header.first,
           fmt::format("frame of a commit that began at gseq {}, which has no beginning", header.commit_first.value));
  }
  commit_first_ = header.commit_first;
  commit_last_ = header.commit_last;
}

void log_pass::check_records(const frame_view& frame) {
  const frame_header& header = frame.header;
  frame_records records{frame};
  bool readable = true;
  std::string_view bytes;
  index_.start(header.first);
  for (;;) {
    const auto more = records.next(bytes);
    if (!more) {
      damage(more.error().code, core::next(mark_.position), more.error().message);
      position_known_ = chain_known_ = false;
      mark_.position = header.last();
      return;
    }
    if (!*more) break;
    check_record(header, bytes, readable);
  }
  if (mark_.chain != header.chain_after)
    damage(
        errc::chain_broken, header.first,
        fmt::format("the records up to gseq {} do not give the hash that their frame ends with", header.last().value));
  mark_.chain = header.chain_after;
  if (mark_.at != header.last_at && readable)
    damage(errc::bad_encoding, header.last(), "frame says another time than its last record");
  if (readable) visitor_.on_frame(header, index_);
}

void log_pass::check_record(const frame_header& header, std::string_view bytes, bool& readable) {
  const core::gseq expected = core::next(mark_.position);
  const core::digest leaf = leaf_hash(bytes);
  mark_.chain = chain_hash(mark_.chain, leaf);
  mark_.position = expected;
  ++records_;
  if (intact_) mark_.tree.append(leaf, keep_node_);
  if (auto read = read_record(bytes, record_); !read) {
    damage(read.error().code, expected, read.error().message);
    readable = false;
    return;
  }
  if (record_.position != expected || record_.partition != partition_)
    damage(errc::position_gap, expected,
           fmt::format("the record here says partition {} gseq {}", record_.partition.value, record_.position.value));
  if (record_.at < mark_.at || record_.at < header.first_at || record_.at > header.last_at)
    damage(errc::bad_encoding, expected,
           "commit time is earlier than the record's before it, or not within its frame's");
  mark_.at = record_.at;
  if (auto fits = index_.add(record_); !fits) damage(fits.error().code, expected, fits.error().message);
  visitor_.on_record(record_, mark_);
}

void log_pass::finish() {
  if (intact_ && mark_.position < commit_last_)
    damage(errc::incomplete_commit, core::next(mark_.position),
           fmt::format("the last commit, from gseq {}, reaches to {}", commit_first_.value, commit_last_.value));
}

void log_pass::damage(errc code, core::gseq position, std::string message) {
  intact_ = false;
  visitor_.on_damage({code, std::move(message), position});
}

}  // namespace logline::journal
