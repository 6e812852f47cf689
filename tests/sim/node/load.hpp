#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/fixtures/checkers.hpp"
#include "tests/fixtures/sim_draws.hpp"
#include "tests/fixtures/sim_node.hpp"

namespace logline::sim {

/// How clients behave; shares are per mille.
struct load_options {
  std::size_t accounts = 3;
  std::size_t queues = 1;
  std::size_t streams = 1;
  std::size_t connectors = 1;
  std::size_t open_max = 12;     ///< commands under way at once
  std::uint64_t keyed = 500;     ///< of commands that carry an idempotency key
  std::uint64_t expected = 100;  ///< of account commands that name an eseq
  std::uint64_t twin = 50;       ///< of keyed commands that are sent again before the answer
  std::uint64_t repeat = 50;     ///< of actions that repeat an answered key
  std::uint64_t account_share =
      400;  ///< of commands that go to accounts; likewise for the others, the rest to connectors
  std::uint64_t queue_share = 250;
  std::uint64_t stream_share = 150;
  std::uint64_t payload_bytes_max = 200;
};

/// Clients: send commands, repeat those that were never answered under the same key, and remember what they were told.
class load {
 public:
  load(load_options options, fixtures::sim_draws draws, fixtures::sim_trace& trace);

  /// Opens the connectors; call on the first node until ready().
  void act(fixtures::sim_node& on);
  /// The process is gone: whoever waits hears nothing any more.
  void node_died();
  /// Sends everything again that carried a key and was never answered, for the last time.
  void repeat_unanswered(fixtures::sim_node& on);

  std::size_t open() const { return open_; }
  const fixtures::acknowledged_checker& acknowledged() const { return acknowledged_; }
  const fixtures::account_checker& accounts() const { return accounts_; }

 private:
  /// What a client wants. Attempts under one key are one request.
  struct request {
    core::address to;
    std::string command;
    std::string json;
    std::string key;
    std::optional<core::eseq> expected;
    core::timestamp first_sent;
    bool done = false;        ///< has a final answer
    bool remembered = false;  ///< … that a repetition would find
    std::function<void(const actors::command_reply&)> learn;
  };
  using request_ptr = std::shared_ptr<request>;
  struct held_task {
    core::address queue;
    std::string task;
    std::string lease;
  };

  void new_command(fixtures::sim_node& on);
  request account_command();
  request queue_command(core::timestamp now);
  request finish_task(const core::address& queue);
  request stream_command();
  request connector_command();
  void send(fixtures::sim_node& on, const request_ptr& r);
  void answered(const request_ptr& r, const core::uuid& attempt, core::eseq known,
                const core::result<actors::command_reply>& said);
  bool repeat_something(fixtures::sim_node& on);
  void learn_leases(const core::address& queue, const actors::command_reply& said);
  core::address pick(std::string_view type, std::size_t count);
  std::string payload();

  const load_options options_;
  fixtures::sim_draws draws_;
  fixtures::sim_trace& trace_;
  fixtures::acknowledged_checker acknowledged_;
  fixtures::account_checker accounts_;
  std::vector<request_ptr> keyed_;  ///< those that may be repeated
  std::vector<held_task> held_;
  std::vector<std::string> task_ids_;
  std::vector<core::uuid> entries_;  ///< of timelines
  std::uint64_t requests_ = 0;
  std::uint64_t deliveries_ = 0;
  std::uint64_t life_ = 0;
  std::size_t open_ = 0;
};

}  // namespace logline::sim
