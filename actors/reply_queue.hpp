#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/counters.hpp"
#include "actors/door.hpp"
#include "actors/replay.hpp"
#include "journal/partition_log.hpp"

namespace logline::actors {

/// An answer that is made and waits to be allowed out.
struct outgoing {
  reply<command_reply> answer;
  command_reply said;
  std::vector<quote> quotes;             ///< payloads that `said` still has to be filled in with
  std::optional<core::failure> refusal;  ///< an answer that saw undurable state waits like any other
  reply<entity_view> view_answer;
  std::optional<entity_view> view;
  std::string key;  ///< idempotency key, when the submission is the first with it
  core::digest request_digest;
  bool submitted = false;  ///< waits for a commit of its own
  bool snapshot = false;   ///< the host took a snapshot at this command's last event
};

/// The answers of one awake entity on their way out: in the order of its decisions, and none before everything decided
/// before it is durable. An answer leaves on the thread that learns that it may, nearly always the committer's: going
/// through the host's mailbox first would cost as much as deciding.
///
/// Threads: settled() on the committer's, everything else by the host. Receivers are called without the lock, one at a
/// time.
class reply_queue {
 public:
  /// `tell_host`: asks the host to call attend(); any thread. Bound before the first push(). `privacy` opens what
  /// replies quote; null where nothing is sealed.
  reply_queue(counters& count, std::function<void()> tell_host, journal::sealer* privacy = nullptr)
      : count_(count), tell_host_(std::move(tell_host)), privacy_(privacy) {}

  /// Queues an answer, and lets out what may leave. Registers the key of a submission for join().
  void push(outgoing one, const journal::partition_log& log, const core::address& entity);

  enum class joined { no, yes, other_request };
  /// A repeat waits for the answer of the submission with its key that is under way. Takes `answer` only when `yes`.
  joined join(const std::string& key, const core::digest& request, reply<command_reply>& answer);

  /// The outcome of the oldest unsettled submission.
  void settled(const journal::result<journal::appended>& outcome);

  struct news {
    std::optional<core::failure> failure;       ///< a commit failed: everything queued is answered with that
    std::optional<journal::appended> snapshot;  ///< the commit of the newest snapshot is durable
  };
  /// What the host has to do after `tell_host`; lets out answers that need the log read.
  news attend(const journal::partition_log& log, const core::address& entity);

  bool empty() const;

  /// The host goes: what is queued is answered UNAVAILABLE, and outcomes that still come are ignored.
  void close();

 private:
  using twins = std::vector<reply<command_reply>>;
  struct first_request {
    core::digest request_digest;
    twins others;
  };
  struct reader {
    const journal::partition_log& log;
    const core::address& entity;
  };

  void count_ready();
  void let_out(std::unique_lock<std::mutex>& lock, const reader* may_read);
  void deliver(outgoing one, twins others, const reader* may_read);

  counters& count_;
  const std::function<void()> tell_host_;
  journal::sealer* const privacy_;

  mutable std::mutex mutex_;  // guards what follows
  std::deque<outgoing> queue_;
  std::size_t ready_ = 0;  ///< so many at the front wait for no commit any more
  std::unordered_map<std::string, first_request> under_way_;
  std::optional<core::failure> failure_;
  std::optional<journal::appended> snapshot_;
  bool letting_out_ = false;
  bool told_ = false;
  bool closed_ = false;
};

}  // namespace logline::actors
