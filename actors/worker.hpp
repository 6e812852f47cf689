#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "actors/courier.hpp"
#include "actors/inbox.hpp"
#include "actors/reactor.hpp"
#include "actors/shell_handler.hpp"
#include "domain/core/process.hpp"

namespace logline::actors {

/// The worker inside the node: leases tasks of the kinds that have a handler, sends the commands each handler asks for,
/// and completes the task when they are durable. Commands carry keys derived from task and index, so that a task that
/// runs again after a crash has no second effect (TSK-14). What a former life of the worker still held is given back
/// first (WRK-04).
struct worker_state {
  static inline const char* name = "worker";

  struct shell_outcome {
    std::uint64_t job;
    core::result<core::task_outcome> outcome;
  };
  struct job {
    core::address queue;
    core::uuid task;
    core::uuid lease;
    std::string kind;
    core::document result;
    std::size_t unanswered = 0;
    std::optional<core::failure> trouble;  ///< the first refused command
  };
  struct release_errand {
    core::address queue;
  };
  struct poll_errand {
    core::address queue;
  };
  struct effect_errand {
    std::uint64_t job;
  };
  struct finish_errand {
    std::uint64_t job;
    bool completes;
  };
  using errand_purpose = std::variant<release_errand, poll_errand, effect_errand, finish_errand>;

  follower_actor::pointer self = nullptr;
  follower_services services;
  std::vector<const core::task_handler*> handlers;
  std::vector<shell_handler> shells;
  std::shared_ptr<inbox<shell_outcome>> outcomes = std::make_shared<inbox<shell_outcome>>();
  std::function<void()> notify;  ///< leads to collect(); any thread
  std::string worker_id;
  follower_bell bell;
  std::unique_ptr<courier> messenger;
  core::gseq next{1};  ///< to read: only new queues are of interest
  std::set<core::address> queues;
  std::map<core::address, std::size_t> busy;  ///< queue → jobs of its newest batch not finished
  std::map<std::uint64_t, job> jobs;
  std::map<std::uint64_t, errand_purpose> errands;
  std::uint64_t tokens = 0;

  void discover();
  void catch_up();
  void collect();
  void stop(const std::string& why);

 private:
  void adopt(const core::address& queue);
  void poll(const core::address& queue);
  void send(errand_purpose purpose, core::outgoing_command command, std::string key);
  void released(const core::address& queue, const core::result<command_reply>& answer);
  void polled(const core::address& queue, const core::result<command_reply>& answer);
  void run(const core::address& queue, core::uuid task, core::uuid lease, const std::string& kind,
           const core::document& payload);
  void handled(std::uint64_t id, core::result<core::task_outcome> outcome);
  void conclude(std::uint64_t id);
  void finished(std::uint64_t id, bool completed);
};

follower_actor::behavior_type worker(follower_actor::stateful_pointer<worker_state> self, follower_services services,
                                     std::vector<const core::task_handler*> handlers, std::vector<shell_handler> shells,
                                     std::string worker_id);

}  // namespace logline::actors
