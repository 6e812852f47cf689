#include "journal/rebuild.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

namespace logline::journal {

namespace {

constexpr std::size_t records_per_commit = 1'000;
constexpr std::size_t bytes_per_commit = std::size_t{4} << 20;

error failed(std::string_view doing, const std::string& why) {
  return {errc::store_failed, fmt::format("{}: {}", doing, why), {}};
}

outcome sync_directory(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const int problem = errno;
  if (fd >= 0) ::close(fd);
  if (!synced) return failed("syncing the directory", std::strerror(problem));
  return core::done{};
}

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
  out.events.push_back(std::move(draft));
  return out;
}

}  // namespace

struct rebuilding::workshop {
  explicit workshop(partition_options with) : options(std::move(with)), place(options.directory) {
    unfinished = place;
    unfinished += ".rebuilding";
  }

  partition_options options;
  std::filesystem::path place;
  std::filesystem::path unfinished;
  std::shared_ptr<core::timestamp> now = std::make_shared<core::timestamp>();
  std::unique_ptr<partition_log> log;
  std::vector<append_request> waiting;
  std::size_t waiting_bytes = 0;
  core::gseq next{1};
  core::digest hash;  ///< behind the last record taken
};

rebuilding::rebuilding(partition_options options) : in_(std::make_unique<workshop>(std::move(options))) {}

rebuilding::~rebuilding() {
  if (!in_) return;
  in_->log.reset();
  std::error_code ignored;  // what stays behind has a name that nobody opens, and the next attempt removes it
  std::filesystem::remove_all(in_->unfinished, ignored);
}

result<std::unique_ptr<rebuilding>> rebuilding::begin(partition_options options) {
  std::unique_ptr<rebuilding> made{new rebuilding{std::move(options)}};
  std::error_code problem;
  if (std::filesystem::exists(made->in_->place, problem) && !std::filesystem::is_empty(made->in_->place, problem))
    return error{errc::conflict, "REFUSED_NOT_EMPTY: there is a journal already; name another data directory", {}};
  if (!problem) std::filesystem::remove_all(made->in_->unfinished, problem);
  if (problem) return failed("looking at the directory", problem.message());
  return made;
}

outcome rebuilding::start(const core::record& first) {
  auto& in = *in_;
  partition_options options = in.options;
  options.directory = in.unfinished;
  options.read_only = false;
  options.log.partition = first.partition;
  options.log.site = first.site;
  options.log.generation = first.generation;
  options.log.epoch = first.epoch;
  options.log.clock = [now = in.now] { return *now; };
  auto opened = open_partition(std::move(options));
  if (!opened) return std::move(opened).error();
  in.options.log.partition = first.partition;
  in.options.log.site = first.site;
  in.options.log.generation = first.generation;
  in.options.log.epoch = first.epoch;
  in.log = std::move(*opened);
  return core::done{};
}

outcome rebuilding::take(core::record r, const core::digest& hash) {
  auto& in = *in_;
  if (r.position != in.next)
    return error{errc::position_gap, fmt::format("gseq {} where {} must follow", r.position.value, in.next.value),
                 in.next};
  if (!r.sealed.empty()) return error{errc::unknown_format, "a record with sealed fields", r.position};
  if (r.sequence.value == 0) return error{errc::sequence_gap, "an eseq of zero", r.position};
  if (!in.log)
    if (auto started = start(r); !started) return started;
  const log_settings& log = in.options.log;
  if (r.partition != log.partition || r.site != log.site || r.generation != log.generation || r.epoch != log.epoch)
    return error{errc::unknown_format, "a record of another partition, site, generation or epoch", r.position};
  // All records of a commit have its time, so another time begins another commit.
  const bool full = in.waiting.size() >= records_per_commit || in.waiting_bytes >= bytes_per_commit;
  if (!in.waiting.empty() && (full || r.at != *in.now))
    if (auto written = flush(); !written) return written;
  *in.now = r.at;
  in.next = core::next(in.next);
  in.hash = hash;
  in.waiting.push_back(request_for(std::move(r)));
  in.waiting_bytes += in.waiting.back().weight();
  return core::done{};
}

outcome rebuilding::flush() {
  auto& in = *in_;
  const core::gseq first = core::next(in.log->head().position);
  auto written = in.log->append(in.waiting);
  if (!written) return std::move(written).error();
  for (const auto& one : *written)
    if (!one) return error{one.error().code, one.error().message, first};
  in.waiting.clear();
  in.waiting_bytes = 0;
  if (in.log->head().chain != in.hash)
    return error{errc::chain_broken,
                 fmt::format("records {} to {} do not give the hash that was kept with them", first.value,
                             in.log->head().position.value),
                 first};
  return core::done{};
}

result<log_head> rebuilding::finish() {
  auto& in = *in_;
  if (!in.log) return error{errc::not_found, "there is no record to rebuild from", {}};
  if (!in.waiting.empty())
    if (auto written = flush(); !written) return std::move(written).error();
  const log_head head = in.log->head();
  in.log.reset();
  std::error_code problem;
  std::filesystem::remove(in.place, problem);  // an empty directory may stand there
  if (!problem) std::filesystem::rename(in.unfinished, in.place, problem);
  if (problem) return failed("moving the journal to its place", problem.message());
  auto parent = in.place.parent_path();
  if (auto synced = sync_directory(parent.empty() ? "." : parent); !synced) return std::move(synced).error();
  in_.reset();
  return head;
}

}  // namespace logline::journal
