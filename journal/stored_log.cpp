#include "journal/stored_log.hpp"

#include <utility>

#include <fmt/format.h>

#include "domain/core/invariant.hpp"
#include "journal/derived.hpp"
#include "journal/file.hpp"
#include "journal/open.hpp"

namespace logline::journal {

namespace {

// After a crash the derived families read again at most about this many records: a second's work.
constexpr std::uint64_t derived_lag_max = 262'144;

}  // namespace

stored_log::stored_log(log_settings settings, std::unique_ptr<log_store> store, log_state state, bool read_only)
    : settings_(std::move(settings)),
      store_(std::move(store)),
      read_only_(read_only),
      framer_(settings_, *store_, state),
      state_(std::move(state)),
      durable_(state_.position.value),
      derived_noted_(state_.position) {
  LL_INVARIANT(read_only_ || settings_.clock != nullptr, "a writable log of partition {} without a clock",
               settings_.partition.value);
}

stored_log::~stored_log() {
  if (!writable()) return;
  // An error here stops the log as any other; the next open finds what is missing.
  if (settings_.signer != nullptr && !checkpoint(true)) return;
  if (!note_derived_positions(durable())) return;
  if (auto closed = store_->close(); !closed) stop(closed.error());
}

outcome stored_log::writable() const {
  if (read_only_) return error{errc::stopped, "the log is open for reading only", {}};
  if (!stopped_.load(std::memory_order_acquire)) return core::done{};
  const std::lock_guard lock{mutex_};
  return error{errc::stopped, fmt::format("stopped after {}", failure_->text()), failure_->position};
}

error stored_log::stop(error e) {
  const std::lock_guard lock{mutex_};
  if (!failure_) failure_ = e;
  stopped_.store(true, std::memory_order_release);
  return e;
}

outcome stored_log::accepting() {
  auto ready = writable();
  return ready ? store_->has_room() : ready;
}

result<prepared_commit_ptr> stored_log::prepare(std::span<const append_request> requests) {
  if (auto ready = accepting(); !ready) return std::move(ready).error();
  auto commit = framer_.prepare(requests, durable());
  if (!commit) return stop(std::move(commit).error());
  return commit;
}

result<append_results> stored_log::write(prepared_commit_ptr commit) {
  if (auto ready = writable(); !ready) return std::move(ready).error();
  if (commit->first > commit->after.position) return std::move(commit->results);
  LL_INVARIANT(commit->first == core::next(durable()), "a commit from gseq {} is written after gseq {}",
               commit->first.value, durable().value);
  if (auto written = write_rows(*commit); !written) return stop(std::move(written).error());
  const core::gseq position = commit->after.position;
  {
    const std::lock_guard lock{mutex_};
    state_ = std::move(commit->after);
  }
  durable_.store(position.value, std::memory_order_release);
  if (position.value - derived_noted_.value >= derived_lag_max) {
    if (auto noted = note_derived_positions(position); !noted) return stop(std::move(noted).error());
    if (auto flushing = store_->flush_derived(); !flushing) return stop(std::move(flushing).error());
  }
  return std::move(commit->results);
}

outcome stored_log::write_rows(prepared_commit& commit) {
  if (auto synced = store_->write(*commit.log_rows, durability::synced); !synced) return synced;
  if (auto noted = store_->acknowledge(commit.after.position, commit.after.chain); !noted) return noted;
  return commit.derived_rows->empty() ? core::done{} : store_->write(*commit.derived_rows, durability::derived);
}

outcome stored_log::note_derived_positions(core::gseq position) {
  const auto rows = store_->make_batch();
  for (const auto f : derived_families)
    put_cursor_row(*rows, f, position);
  auto written = store_->write(*rows, durability::derived);
  if (written) derived_noted_ = position;
  return written;
}

outcome stored_log::write_aside(store_batch& batch, durability how) {
  if (auto ready = writable(); !ready) return ready;
  auto written = store_->write(batch, how);
  if (!written) return stop(std::move(written).error());
  return written;
}

log_state stored_log::durable_state() const {
  const std::lock_guard lock{mutex_};
  return state_;
}

recent_days stored_log::keyed_days() const {
  const std::lock_guard lock{mutex_};
  return state_.keyed_days;
}

log_head stored_log::head() const {
  return durable_state().head();
}

result<std::vector<frozen_table>> stored_log::freeze(const std::string& directory) const {
  if (auto made = make_directory(directory); !made) return std::move(made).error();
  const log_head now = head();
  return store_->freeze(partition_directory(directory, settings_.partition), now.position, now.chain);
}

std::vector<std::pair<std::string, double>> stored_log::figures() const {
  auto out = store_->figures();
  out.emplace_back("journal_head_gseq", static_cast<double>(durable().value));
  out.emplace_back("journal_stopped", stopped_.load(std::memory_order_acquire) ? 1 : 0);
  return out;
}

}  // namespace logline::journal
