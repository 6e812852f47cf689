#include "journal/framer.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "domain/core/invariant.hpp"
#include "journal/derived.hpp"
#include "journal/little_endian.hpp"

namespace logline::journal {

namespace {

error too_large(std::string message) {
  return {errc::too_large, std::move(message), {}};
}

}  // namespace

std::string checkpoint_key(core::gseq size) {
  std::string key;
  append_big_endian(key, size.value);
  return key;
}

result<sequence_cache::entry> find_last_record(const log_store& store, const core::address& entity, core::gseq last) {
  const std::string prefix = entity_prefix(entity);
  const auto rows = store.walk(family::entity, access::few);
  rows->seek_back(entity_key(prefix, last));
  if (!rows->valid()) {
    if (auto status = rows->status(); !status) return status.error();
    return sequence_cache::entry{};
  }
  if (!rows->key().starts_with(prefix)) return sequence_cache::entry{};
  const auto row = parse_entity_row(rows->value());
  if (!row || rows->key().size() != prefix.size() + 8)
    return error{errc::index_mismatch, fmt::format("malformed entity row of {}", entity.text()), {}};
  const auto frame_first = get_big_endian<std::uint64_t>(rows->key().substr(prefix.size()));
  return sequence_cache::entry{core::eseq{row->first.value + row->positions.size() - 1},
                               core::gseq{frame_first + row->positions.back()}};
}

framer::framer(const log_settings& settings, const log_store& store, log_state from)
    : settings_(settings), store_(store), state_(std::move(from)), sequences_(settings.sequence_cache_entries) {
  keep_node_ = [this](unsigned level, std::uint64_t index, const core::digest& node) {
    if (level < tree_level_min) return;
    put_tree_row(*commit_->derived_rows, level, index, node);
    has_tree_rows_ = true;
  };
}

result<prepared_commit_ptr> framer::prepare(std::span<const append_request> requests, core::gseq durable) {
  requests = requests.first(admissible(requests));
  prepared_commit_ptr commit{new prepared_commit};
  commit_ = commit.get();
  commit_->log_rows = store_.make_batch();
  commit_->derived_rows = store_.make_batch();
  commit_->results.reserve(requests.size());
  commit_->first = core::next(state_.position);
  frames_used_ = entities_used_ = 0;
  has_dedupe_rows_ = has_wake_rows_ = has_tree_rows_ = false;
  now_ = commit_time(requests);

  for (const auto& request : requests) {
    const core::gseq first = core::next(state_.position);
    const auto refusal = frame_request(request, durable);
    if (!refusal) return refusal.error();
    if (*refusal) {
      commit_->results.emplace_back(**refusal);
      continue;
    }
    const appended where{first, state_.position, core::eseq{request.expected.value + request.events.size()}, now_};
    add_derived_rows(request, where);
    commit_->results.emplace_back(where);
  }
  if (commit_->first <= state_.position) {
    state_.at = now_;
    seal_frames();
    put_entity_rows();
    finish_derived_rows();
    add_checkpoint();
  }
  commit_->after = state_;
  return commit;
}

// How many of the requests fit into one commit; the first always does, on its own it is refused rather than put off.
std::size_t framer::admissible(std::span<const append_request> requests) const {
  std::size_t records = 0;
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (const auto& request : requests) {
    records += request.events.size();
    bytes += request.weight();
    if (count > 0 && (records > batch_records_max || bytes > batch_bytes_max)) break;
    ++count;
  }
  return count;
}

// Never earlier than what came before, nor than what any of the deciders saw: folds must not meet a record that was
// committed before it was decided.
core::timestamp framer::commit_time(std::span<const append_request> requests) const {
  core::timestamp at = std::max(settings_.clock(), state_.at);
  for (const auto& request : requests)
    at = std::max(at, request.decided_at);
  return at;
}

result<std::optional<error>> framer::frame_request(const append_request& request, core::gseq durable) {
  LL_INVARIANT(!request.events.empty(), "an append of no events to {}", request.entity.text());
  if (request.events.size() > batch_records_max)
    return std::optional{
        too_large(fmt::format("{} events in one command, at most {}", request.events.size(), batch_records_max))};
  if (request.weight() > batch_bytes_max)
    return std::optional{
        too_large(fmt::format("{} bytes in one command, at most {}", request.weight(), batch_bytes_max))};
  auto entry = entry_of(request.entity, durable);
  if (!entry) return entry.error();
  sequence_cache::entry& known = **entry;
  if (known.last != request.expected)
    return std::optional{error{errc::conflict,
                               fmt::format("expected eseq {}, actual {}", request.expected.value, known.last.value),
                               known.last_position}};
  if (!encode_events(request))
    return std::optional{too_large(fmt::format("a record of more than {} bytes", record_bytes_max))};
  std::size_t begin = 0;
  for (const std::size_t end : encoded_ends_) {
    add_record(request.entity, std::string_view{encoded_}.substr(begin, end - begin), known);
    begin = end;
  }
  return std::optional<error>{};
}

result<sequence_cache::entry*> framer::entry_of(const core::address& entity, core::gseq durable) {
  if (auto* known = sequences_.find(entity)) return known;
  const auto stored = find_last_record(store_, entity, durable);
  if (!stored) return stored.error();
  return sequences_.add(entity, *stored, durable);
}

// All records of the request before any of them counts: a record that turns out too large refuses the request as a
// whole.
bool framer::encode_events(const append_request& request) {
  encoded_.clear();
  encoded_ends_.clear();
  record_view r;
  r.partition = settings_.partition;
  r.tenant = request.entity.tenant;
  r.type = request.entity.type;
  r.key = request.entity.key;
  r.at = now_;
  r.decided_at = request.decided_at;
  r.site = settings_.site;
  r.generation = settings_.generation;
  r.epoch = settings_.epoch;
  r.principal = request.principal.value;
  r.command_id = request.command_id.view();
  r.correlation_id = request.correlation_id.view();
  r.causation_id = request.causation_id.view();
  r.trace_id = request.trace_id;
  r.has_idempotency = request.idempotency.has_value();
  if (request.idempotency) {
    r.idempotency_key = request.idempotency->key;
    r.idempotency_request = request.idempotency->request.view();
    r.idempotency_reply = request.idempotency->reply;
  }
  r.position = state_.position;
  r.sequence = request.expected;
  std::string timeline;
  std::string sealed;
  for (const auto& draft : request.events) {
    r.position = core::next(r.position);
    r.sequence = core::next(r.sequence);
    r.event_id = draft.event_id.view();
    r.event = draft.event;
    r.schema = draft.schema;
    if (&draft == &request.events.back()) r.wake_at = request.wake_at;
    timeline = draft.timeline ? encode_timeline(*draft.timeline) : std::string{};
    r.timeline = timeline;
    sealed = draft.sealed.empty() ? std::string{} : encode_sealed(draft.sealed);
    r.sealed = sealed;
    r.visibility = draft.visibility;
    r.owner = draft.owner;
    r.payload = draft.payload;
    const std::size_t begin = encoded_.size();
    encode_record(r, encoded_);
    if (encoded_.size() - begin > record_bytes_max) return false;
    encoded_ends_.push_back(encoded_.size());
    r.has_idempotency = false;
  }
  return true;
}

void framer::add_record(const core::address& entity, std::string_view record, sequence_cache::entry& entry) {
  const core::digest leaf = leaf_hash(record);
  const core::digest before = state_.chain;
  state_.chain = chain_hash(before, leaf);
  state_.tree.append(leaf, keep_node_);
  state_.position = core::next(state_.position);
  if (frames_used_ == 0 || !frames_[frames_used_ - 1].records.has_room(record.size())) {
    if (frames_used_ == frames_.size()) frames_.emplace_back();
    frame_header& header = frames_[frames_used_++].header;
    header.partition = settings_.partition;
    header.first = state_.position;
    header.commit_first = commit_->first;
    header.first_at = header.last_at = now_;
    header.chain_before = before;
    ++frame_serial_;
  }
  open_frame& frame = frames_[frames_used_ - 1];
  index_record(entity, entry, frame.records.count());
  frame.records.add(record);
  frame.header.chain_after = state_.chain;
}

void framer::index_record(const core::address& entity, sequence_cache::entry& entry, std::uint32_t place) {
  entry.last = core::next(entry.last);
  entry.last_position = state_.position;
  if (entry.frame_serial != frame_serial_) {
    entry.frame_serial = frame_serial_;
    entry.frame_slot = static_cast<std::uint32_t>(entities_used_);
    if (entities_used_ == entities_.size()) entities_.emplace_back();
    frame_entity& fresh = entities_[entities_used_++];
    fresh.frame_first = frames_[frames_used_ - 1].header.first;
    fresh.prefix.clear();
    append_entity_prefix(entity.tenant, entity.type, entity.key, fresh.prefix);
    fresh.row.first = entry.last;
    fresh.row.positions.clear();
  }
  entities_[entry.frame_slot].row.positions.push_back(place);
}

void framer::add_derived_rows(const append_request& request, const appended& where) {
  if (request.idempotency) {
    if (state_.keyed_days.add(day_of(now_))) erase_old_dedupe_rows(*commit_->derived_rows, state_.keyed_days.oldest());
    put_dedupe_row(*commit_->derived_rows, request.entity, request.idempotency->key, now_, where.first);
    has_dedupe_rows_ = true;
  }
  if (request.wake_at) {
    put_wake_row(*commit_->derived_rows, request.entity, *request.wake_at);
    has_wake_rows_ = true;
  }
}

void framer::seal_frames() {
  for (std::size_t i = 0; i < frames_used_; ++i) {
    open_frame& frame = frames_[i];
    frame.header.commit_last = state_.position;
    const core::gseq first = frame.header.first;
    frame.records.seal(frame.header, codec_, settings_.compression_level, value_);
    commit_->log_rows->put(family::log, log_key(settings_.partition, first), value_);
    commit_->bytes += value_.size();
  }
}

// In key order, so that the store's insertions each start where the last one ended.
void framer::put_entity_rows() {
  entity_order_.clear();
  for (std::size_t i = 0; i < entities_used_; ++i)
    entity_order_.push_back(&entities_[i]);
  std::sort(entity_order_.begin(), entity_order_.end(), [](const frame_entity* a, const frame_entity* b) {
    const int order = a->prefix.compare(b->prefix);
    return order != 0 ? order < 0 : a->frame_first < b->frame_first;
  });
  for (const auto* entity : entity_order_) {
    key_ = entity->prefix;
    append_big_endian(key_, entity->frame_first.value);
    value_.clear();
    append_entity_row(entity->row, value_);
    commit_->log_rows->put(family::entity, key_, value_);
  }
}

void framer::finish_derived_rows() {
  store_batch& rows = *commit_->derived_rows;
  if (has_dedupe_rows_) put_cursor_row(rows, family::dedupe, state_.position);
  if (has_wake_rows_) put_cursor_row(rows, family::wakes, state_.position);
  if (has_tree_rows_) put_cursor_row(rows, family::tree, state_.position);
}

void framer::add_checkpoint() {
  if (settings_.signer == nullptr) return;
  const std::uint64_t moved = state_.position.value - state_.checkpoint_position.value;
  const core::duration_us age = state_.at - state_.checkpoint_at;
  if (moved < settings_.checkpoint_records && age < settings_.checkpoint_interval) return;
  state_.checkpoint_position = state_.position;
  state_.checkpoint_at = state_.at;
  commit_->log_rows->put(family::checkpoints, checkpoint_key(state_.position), settings_.signer->sign(state_.head()));
}

}  // namespace logline::journal
