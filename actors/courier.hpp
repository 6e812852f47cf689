#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/door.hpp"
#include "actors/inbox.hpp"
#include "actors/limits.hpp"
#include "actors/replay.hpp"
#include "domain/core/process.hpp"

namespace logline::actors {

/// A command to be carried, and on whose behalf.
struct errand {
  core::outgoing_command what;
  std::string key;  ///< idempotency key; the same errand always has the same
  core::principal_id principal;
  core::uuid correlation_id;
  core::uuid causation_id;
};

/// Carries commands of followers to their entities until each has an answer that is final: taken, or refused for good.
/// What is refused for now (overload, a host that died, a partition that stopped) is tried again with the same key,
/// after exponential backoff. Belongs to one actor; answers arrive through `notify`, which may be called from any
/// thread and must lead to a call of collect().
class courier {
 public:
  struct delivered {
    std::uint64_t token = 0;
    errand order;
    core::result<command_reply> answer;
  };

  courier(door& entrance, type_finder types, reactor_limits limits, std::function<void()> notify);

  /// Sends; the token comes back with the answer.
  void send(std::uint64_t token, errand order);

  /// The final answers that arrived; sends again what is due at `now`.
  std::vector<delivered> collect(core::timestamp now);

  std::size_t outstanding() const { return orders_.size(); }
  /// When collect() should be called again even without notice; core::never when nothing waits to be retried.
  core::timestamp next_retry() const;
  std::uint64_t retries() const { return retries_; }

 private:
  struct order_state {
    errand order;
    std::uint32_t attempts = 0;
    core::timestamp retry_at = core::never;  ///< never: under way
  };
  struct arrived {
    std::uint64_t token;
    core::result<command_reply> answer;
  };

  void submit(std::uint64_t token, const errand& order);

  door& entrance_;
  type_finder types_;
  reactor_limits limits_;
  std::function<void()> notify_;
  std::shared_ptr<inbox<arrived>> inbox_ = std::make_shared<inbox<arrived>>();
  std::unordered_map<std::uint64_t, order_state> orders_;
  std::uint64_t retries_ = 0;
};

}  // namespace logline::actors
