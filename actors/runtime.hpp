#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "actors/alerts.hpp"
#include "actors/clock.hpp"
#include "actors/door.hpp"
#include "actors/limits.hpp"
#include "actors/mirror_part.hpp"
#include "actors/replay.hpp"
#include "actors/shell_handler.hpp"
#include "actors/tail.hpp"
#include "domain/core/process.hpp"
#include "journal/commit_queue.hpp"
#include "journal/partition_log.hpp"

namespace logline::actors {

struct duty;

/// What a runtime is built from. References outlive it.
struct runtime_parts {
  journal::partition_log& log;
  journal::commit_queue& commits;  ///< tells `feed` about each commit
  tail& feed;
  engine_clock& clock;
  type_finder types;
  std::vector<const core::reactor_type*> reactors = {};
  std::vector<const core::task_handler*> handlers = {};
  std::vector<shell_handler> shell_handlers = {};
  std::vector<mirror_part> mirrors = {};
  std::vector<std::shared_ptr<const duty>> duties = {};
  std::vector<std::function<std::vector<door::figure>()>> more_figures = {};  ///< of parts outside; any thread
  std::shared_ptr<actors::alerts> alerts = {};  ///< empty: the runtime's own, which say by `report`
  const core::secret_box* secrets = nullptr;
  journal::sealer* privacy = nullptr;           ///< null: personal fields are journaled as they are
  std::string origin = {};                      ///< "site.generation"
  std::string worker_id = {};                   ///< of the in-process worker; the same after every restart
  std::function<std::uint64_t()> entropy = {};  ///< any thread
  std::function<void(std::string)> report = [](const std::string&) {};   ///< a line for the node's log; any thread
  std::function<void(std::string)> give_up = [](const std::string&) {};  ///< the node cannot go on; any thread
  node_limits limits = {};
  /// The log is a replay (journal REP-01): no reactors, workers, mirrors, duties or wake-ups run, whatever is listed
  /// above, and commands are refused; entities, views and queries work.
  bool replay = false;
  bool deterministic = false;  ///< no threads: nothing happens until step(); time stands still until advance()
};

/// The living part of a node: hosts, router, timekeeper, projector, reactors and worker around one partition. Hides the
/// actor system.
class runtime final : public door {
 public:
  explicit runtime(runtime_parts parts);
  ~runtime() override;

  /// Starts followers and timers. Before this the door refuses.
  void start();

  /// Refuses new commands, sends followers home, stops those that wait, and returns when everything taken has been
  /// answered or `wait` has passed; false in the latter case. Reads go on.
  bool drain(core::duration_us wait);

  void submit(command_request request, reply<command_reply> answer) override;
  void show(core::address entity, as_of when, reply<entity_view> answer) override;
  void history(core::address entity, core::eseq from, std::size_t limit,
               reply<std::vector<core::record>> answer) override;
  void read(std::function<void(journal::partition_log&)> task) override;
  void directory(std::string tenant, std::string type, std::string after, std::size_t limit,
                 reply<std::vector<directory_entry>> answer) override;
  void pull(pull_request request, reply<pulled> answer) override;
  void subscriptions(std::string tenant, reply<std::vector<subscription_lag>> answer) override;
  /// Measures how far subscriptions are behind, for metrics, and raises or clears SUB_LAG (SUB-04). Any thread; may
  /// block on the disk.
  core::outcome watch_subscriptions();
  std::vector<mirror_status> mirrors() const override;
  /// Raises MIRROR_LAG when a mirror has lacked records older than 60 s for a minute, and clears it (MIR-03). As
  /// watch_subscriptions().
  core::outcome watch_mirrors();
  core::result<std::vector<projection_status>> projections() const override;
  core::outcome rebuild_projection(std::string_view name) override;
  void live_digest(reply<state_digest> answer) override;
  core::outcome ready() const override;
  std::vector<figure> figures() const override;
  std::string_view origin() const override;
  const core::secret_box* secrets() const override;
  void unseal(core::record& r) const override;

  // -- deterministic mode only (simulation, tests)

  /// Deterministic mode only, as advance(). Runs one actor chosen by `pick(n) → [0, n)` among the n that have messages;
  /// false when none has.
  bool step(const std::function<std::size_t(std::size_t)>& pick);
  /// Lets simulated time pass for the actors' timers. The wall clock given to engine_clock must move by the same
  /// amount.
  void advance(core::duration_us by);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace logline::actors
