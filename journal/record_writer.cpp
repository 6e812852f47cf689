#include "journal/record_writer.hpp"

#include <utility>

#include <fmt/format.h>

namespace logline::journal {

namespace {

constexpr std::size_t records_per_commit = 1'000;
constexpr std::size_t bytes_per_commit = std::size_t{4} << 20;

append_request request_for(core::record&& r) {
  append_request out;
  out.entity = std::move(r.entity);
  out.expected = core::eseq{r.sequence.value - 1};
  out.decided_at = r.decided_at;
  out.principal = std::move(r.principal);
  out.command_id = r.command_id;
  out.correlation_id = r.correlation_id;
  out.causation_id = r.causation_id;
  out.trace_id = std::move(r.trace_id);
  out.wake_at = r.wake_at;
  out.idempotency = std::move(r.idempotency);
  event_draft draft;
  draft.event_id = r.event_id;
  draft.event = std::move(r.event);
  draft.schema = r.schema;
  draft.payload = std::move(r.payload);
  draft.timeline = std::move(r.timeline);
  draft.visibility = r.visibility;
  draft.owner = std::move(r.owner);
  draft.sealed = std::move(r.sealed);
  out.events.push_back(std::move(draft));
  return out;
}

}  // namespace

record_writer::record_writer(partition_options options, core::gseq position, const core::digest& chain)
    : options_(std::move(options)), position_(position), hash_(chain) {
  options_.read_only = false;
  options_.log.clock = [now = now_] { return *now; };
}

record_writer::~record_writer() = default;

// A log stamps one site, generation and epoch: where the records go on with others, it is opened anew with those.
outcome record_writer::start(const core::record& first) {
  log_.reset();
  auto& log = options_.log;
  log.partition = first.partition;
  log.site = first.site;
  log.generation = first.generation;
  log.epoch = first.epoch;
  *now_ = first.at;
  auto opened = open_partition(options_);
  if (!opened) return std::move(opened).error();
  log_ = std::move(*opened);
  started_ = true;
  const log_head head = log_->head();
  if (head.position != position_ || head.chain != hash_)
    return error{errc::position_gap,
                 fmt::format("the log ends at gseq {}, not at {}", head.position.value, position_.value),
                 core::next(head.position)};
  return core::done{};
}

outcome record_writer::take(core::record r, const core::digest& hash) {
  if (r.position != core::next(position_))
    return error{errc::position_gap,
                 fmt::format("gseq {} where {} must follow", r.position.value, core::next(position_).value),
                 core::next(position_)};
  if (r.sequence.value == 0) return error{errc::sequence_gap, "an eseq of zero", r.position};
  const log_settings& log = options_.log;
  if (started_ && (r.partition != log.partition || r.site != log.site))
    return error{errc::unknown_format, "a record of another partition or site", r.position};
  const bool restamped = !log_ || r.generation != log.generation || r.epoch != log.epoch;
  // All records of a commit have its time, so another time begins another commit.
  const bool full = waiting_.size() >= records_per_commit || waiting_bytes_ >= bytes_per_commit;
  if (!waiting_.empty() && (full || restamped || r.at != *now_))
    if (auto written = flush(); !written) return written;
  if (restamped)
    if (auto started = start(r); !started) return started;
  *now_ = r.at;
  position_ = r.position;
  hash_ = hash;
  waiting_.push_back(request_for(std::move(r)));
  waiting_bytes_ += waiting_.back().weight();
  return core::done{};
}

outcome record_writer::flush() {
  const core::gseq first = core::next(log_->head().position);
  auto written = log_->append(waiting_);
  if (!written) return std::move(written).error();
  for (const auto& one : *written)
    if (!one) return error{one.error().code, one.error().message, first};
  waiting_.clear();
  waiting_bytes_ = 0;
  if (log_->head().chain != hash_)
    return error{errc::chain_broken,
                 fmt::format("records {} to {} do not give the hash that was kept with them", first.value,
                             log_->head().position.value),
                 first};
  return core::done{};
}

result<log_head> record_writer::finish() {
  if (!log_) return error{errc::not_found, "there is no record to write", {}};
  if (!waiting_.empty())
    if (auto written = flush(); !written) return std::move(written).error();
  const log_head head = log_->head();
  log_.reset();
  return head;
}

}  // namespace logline::journal
