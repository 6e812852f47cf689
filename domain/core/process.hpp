#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/core/bytes.hpp"
#include "domain/core/described.hpp"
#include "domain/core/envelope.hpp"

namespace logline::core {

/// A command that a reactor wants sent.
struct outgoing_command {
  address to;
  std::string command;
  document body;

  template <described C>
  static outgoing_command of(address to, const C& command) {
    return {std::move(to), std::string{codec<C>::about.name}, to_document(command)};
  }
};

/// A process manager: reacts to committed events with commands. Pure and stateless: what it must remember lives in
/// entities. The runtime gives the n-th command of the reaction to a record an idempotency key derived from reactor,
/// position and n, and keeps a durable cursor, so that every reaction takes effect exactly once across crashes.
struct reactor_type {
  std::string_view name;
  std::string_view doc;
  std::string_view entity_type;  ///< only records of this entity type …
  std::string_view event;        ///< … with this event
  /// The commands to send; the same for the same record, always. A payload it cannot read is an error, and stops the
  /// reactor.
  result<std::vector<outgoing_command>> (*react)(const record& event);
  /// Whether personal fields are opened for it. Otherwise, and where they are erased, it finds their defaults.
  bool reads_personal = false;
};

/// What an in-process worker does with a task of one kind. Pure: what it wants changed, it says by commands.
struct task_outcome {
  document result;  ///< stored with the completed task
  std::vector<outgoing_command>
      commands;  ///< sent before the task is completed, each with a key derived from task id and n (TSK-14)
};
struct task_handler {
  std::string_view kind;
  std::string_view doc;
  /// An error fails the attempt; `unavailable` kinds are retried, others are not.
  result<task_outcome> (*handle)(const address& queue, const uuid& task, const document& payload);
};

}  // namespace logline::core
