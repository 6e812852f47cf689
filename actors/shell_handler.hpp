#pragma once

#include <functional>
#include <string>

#include "domain/core/process.hpp"

namespace logline::actors {

/// Does the tasks of one kind that reach outside the domain: files, keys, servers.
struct shell_handler {
  std::string kind;
  std::string doc;
  /// Returns at once, and has the work done elsewhere. `done` is called once, on any thread, with what a
  /// core::task_handler would answer. May be called again for a task whose lease was lost: the work must bear that.
  std::function<void(const core::address& queue, const core::uuid& task, const core::document& payload,
                     std::function<void(core::result<core::task_outcome>)> done)>
      begin;
};

}  // namespace logline::actors
