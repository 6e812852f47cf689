#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/clock.hpp"
#include "actors/counters.hpp"
#include "actors/door.hpp"
#include "actors/limits.hpp"
#include "actors/replay.hpp"
#include "actors/reply_queue.hpp"
#include "domain/core/entity.hpp"
#include "journal/commit_queue.hpp"
#include "journal/partition_log.hpp"
#include "journal/sealing.hpp"

namespace logline::actors {

/// A command on its way, with the duty to answer it.
struct pending_command {
  command_request request;
  reply<command_reply> answer;
};
using command_ptr = std::shared_ptr<pending_command>;

/// A question for the state as it is once everything decided before is durable.
struct pending_view {
  core::address entity;
  reply<entity_view> answer;
};
using view_ptr = std::shared_ptr<pending_view>;

/// What an entity's host is given by the node. Everything outlives every host.
struct host_services {
  journal::partition_log* log = nullptr;
  journal::commit_queue* commits = nullptr;
  engine_clock* clock = nullptr;
  counters* count = nullptr;
  const core::secret_box* secrets = nullptr;
  journal::sealer* privacy = nullptr;      ///< null: personal fields are journaled as they are
  std::string origin;                      ///< "site.generation"
  std::function<std::uint64_t()> entropy;  ///< seeds draws; any thread
  std::function<void(const core::address&, core::timestamp)>
      arm;  ///< next wake-up of the entity; `never` disarms; any thread
  host_limits limits;
};

/// One awake entity, without the actor around it: takes commands one at a time, decides on its newest state, hands
/// events to the committer, and answers in order once they are durable (pipelining, architecture §2). Not thread-safe:
/// its owner serialises calls.
///
///   decided    1 2 3 4 5      state_ is the fold of all of these
///   durable    1 2            replies 3, 4, 5 wait in replies_, and so does every answer that saw their state
class hosted_entity {
 public:
  /// `tell_owner` asks the owner to call attend(); any thread.
  hosted_entity(host_services services, const core::entity_type& type, core::address address,
                std::function<void()> tell_owner);
  ~hosted_entity();
  hosted_entity(const hosted_entity&) = delete;
  hosted_entity& operator=(const hosted_entity&) = delete;

  /// Folds the durable state. Call once, after a barrier of the commit queue has passed: only then is everything that
  /// an earlier host of this entity submitted either durable or failed.
  core::outcome load();

  void handle(command_ptr command);
  void show(view_ptr view);
  /// The timekeeper says that the time of next_wake has come.
  void wake();
  /// A waiting command's deadline passed.
  void ask_again();
  /// The node is draining: nobody waits any longer.
  void stop_waiting();

  /// False: a commit failed, so everything not yet answered has been answered with that failure, and the host must die:
  /// its state is ahead of the journal.
  bool attend();

  /// Nothing in flight, nobody waits.
  bool quiet() const { return replies_->empty() && parked_.empty(); }
  /// The earliest deadline of waiting commands; `never` when none waits.
  core::timestamp next_deadline() const;

 private:
  struct parked {
    command_ptr command;
    core::timestamp asked_at;
    core::timestamp until;
  };
  struct pending_snapshot {
    core::eseq sequence;
    core::digest hash;
    std::string state;
  };

  bool joins_twin(pending_command& command);
  bool answer_from_past(pending_command& command);
  core::context context_for(const command_request& request, core::timestamp asked_at, const core::uuid& command_id);
  /// `asked_at` is zero the first time. False when the command would have to wait and too many wait already.
  bool decide_on(const command_ptr& command, core::timestamp asked_at);
  void carry_out(command_ptr command, core::decision decision, const core::context& ctx);
  core::outcome draft(const core::decision& decision, const core::context& ctx, journal::append_request& append);
  void evolve(const core::decision& decision, const journal::append_request& append);
  void refuse(pending_command& command, core::failure why);
  void send(outgoing one) { replies_->push(std::move(one), *services_.log, address_); }
  void reconsider_parked();
  /// True when it took a snapshot.
  bool note_growth(const journal::append_request& request);
  void keep_snapshot(const journal::appended& appended);
  std::string request_key(const command_request& request) const;

  host_services services_;
  const core::entity_type& type_;
  core::address address_;
  const std::shared_ptr<reply_queue> replies_;  ///< shared with completions on their way, which may outlive the host

  core::state_ptr state_{nullptr, nullptr};
  core::eseq decided_;
  core::timestamp wake_recorded_ = core::never;
  std::deque<parked> parked_;
  bool changed_ = false;

  std::uint64_t events_since_snapshot_ = 0;
  std::uint64_t bytes_since_snapshot_ = 0;
  std::uint64_t snapshot_size_ = 0;
  std::optional<pending_snapshot> snapshot_;
};

}  // namespace logline::actors
