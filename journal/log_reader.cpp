#include "journal/log_reader.hpp"

#include <fmt/format.h>

namespace logline::journal {

namespace {

error gap(core::gseq position, std::string message) {
  return {errc::position_gap, std::move(message), position};
}

/// The value's own idea of its position is worth nothing when it is damaged; its key's is.
error at_position(error e, core::gseq position) {
  e.position = position;
  return e;
}

outcome check_header(const frame_header& header, core::partition_id partition, core::gseq key,
                     const core::digest* chain) {
  if (header.first != key || header.partition != partition)
    return gap(key, fmt::format("the frame under this key is gseq {} of partition {}", header.first.value,
                                header.partition.value));
  if (chain != nullptr && header.chain_before != *chain)
    return error{errc::chain_broken, "the frame does not continue the hash chain of the one before", key};
  return core::done{};
}

}  // namespace

outcome walk_frames(const log_store& store, core::partition_id partition, core::gseq from, core::gseq last,
                    frame_visitor visit) {
  if (from > last) return core::done{};
  const auto rows = store.walk(family::log, access::many);
  std::string plain;
  core::gseq expected = from;
  core::digest chain;
  bool first = true;
  for (rows->seek_back(log_key(partition, from)); rows->valid(); rows->next()) {
    const auto key = parse_log_key(partition, rows->key());
    if (!key) return gap(expected, "a key that is none of this partition's");
    const auto frame = open_frame(rows->value(), plain);
    if (!frame) return at_position(frame.error(), *key);
    if (auto sound = check_header(frame->header, partition, *key, first ? nullptr : &chain); !sound) return sound;
    if (first && frame->header.last() < from)
      return gap(expected, fmt::format("the frame before ends at gseq {}", frame->header.last().value));
    if (!first && *key != expected) return gap(expected, fmt::format("the log goes on at gseq {}", key->value));
    if (!visit(*frame) || frame->header.last() >= last) return core::done{};
    expected = core::next(frame->header.last());
    chain = frame->header.chain_after;
    first = false;
  }
  if (auto status = rows->status(); !status) return at_position(status.error(), expected);
  return gap(expected, fmt::format("the log ends here, {} was expected", last.value));
}

result<bool> walk_frame_records(const frame_view& frame, core::gseq from,
                                core::function_ref<bool(const record_view&)> visit) {
  frame_records records{frame};
  record_view view;
  std::string_view bytes;
  for (core::gseq position = frame.header.first;; position = core::next(position)) {
    const auto more = records.next(bytes);
    if (!more) return at_position(more.error(), position);
    if (!*more) return true;
    if (position < from) continue;
    if (auto read = read_record(bytes, view); !read) return at_position(read.error(), position);
    if (view.position != position || view.partition != frame.header.partition)
      return gap(position,
                 fmt::format("the record here is gseq {} of partition {}", view.position.value, view.partition.value));
    if (!visit(view)) return false;
  }
}

result<core::gseq> walk_records(const log_store& store, core::partition_id partition, core::gseq from, core::gseq last,
                                core::function_ref<bool(const record_view&)> visit) {
  core::gseq next = from;
  outcome records = core::done{};
  const auto visit_frame = [&](const frame_view& frame) {
    const auto went_on = walk_frame_records(frame, from, [&](const record_view& view) {
      if (view.position > last) return false;
      next = core::next(view.position);
      return visit(view);
    });
    if (!went_on) records = went_on.error();
    return went_on && *went_on;
  };
  auto frames = walk_frames(store, partition, from, last, visit_frame);
  if (!records) return std::move(records).error();
  if (!frames) return std::move(frames).error();
  return next;
}

result<frame_header> find_frame_header(const log_store& store, core::partition_id partition, core::gseq at) {
  const auto rows = store.walk(family::log, access::few);
  rows->seek_back(log_key(partition, at));
  if (!rows->valid()) {
    if (auto status = rows->status(); !status) return at_position(status.error(), at);
    return error{errc::not_found, "no frame begins at or before this position", at};
  }
  const auto key = parse_log_key(partition, rows->key());
  if (!key) return error{errc::not_found, "no frame begins at or before this position", at};
  auto header = read_frame_header(rows->value());
  if (!header) return at_position(std::move(header).error(), *key);
  if (auto sound = check_header(*header, partition, *key, nullptr); !sound) return sound.error();
  return header;
}

}  // namespace logline::journal
