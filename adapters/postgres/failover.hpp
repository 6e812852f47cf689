#pragma once

#include <cstdint>
#include <optional>

#include "domain/core/time.hpp"

/// Which of two servers the mirror writes to (journal §11.1), decided without touching either: the shell (watch.hpp)
/// does what a step says and tells what came of it.
namespace logline::postgres {

struct failover_rules {
  core::duration_us confirm = core::seconds(1);         ///< between the two probes that make a server down
  core::duration_us promotion_max = core::seconds(30);  ///< until the standby takes writes (PGF-02)
  core::duration_us promotion_poll = core::milliseconds(200);
  core::duration_us switch_min = core::minutes(5);  ///< between two switches (PGF-05)
};

/// What outlives the process.
struct failover_state {
  std::uint64_t active = 0;  ///< 0: the first server of the configuration, 1: the other
  std::uint64_t epoch = 0;   ///< rises with each switch; 0: there was none
  std::optional<core::timestamp> last_switch;
};

enum class server_role : std::uint8_t {
  silent,   ///< does not answer, or not in time
  standby,  ///< answers, and is in recovery
  writable,
};
struct probe_result {
  server_role role = server_role::silent;
  std::uint64_t epoch = 0;  ///< of its newest commit; 0: it holds none
};

enum class watch_step : std::uint8_t {
  probe_active,
  probe_other,
  fence,            ///< keep the old primary from coming back as one, where there is a way
  promote,          ///< ask the other to take writes
  await_promotion,  ///< wait a little, then probe the other
  take_over,        ///< make state() durable; from then on the mirror writes to the other
  rest,             ///< until the next round
};

/// What a round found.
enum class watch_verdict : std::uint8_t {
  level,         ///< the active server takes writes
  down,          ///< it does not, and nothing else can be done
  paused,        ///< the standby is there, and may not be promoted yet (PGF-05)
  not_promoted,  ///< it was asked to, and did not in time
  switched,
  split,  ///< both take writes: the lower epoch is refused (PGF-03)
};

/// One round is begin(), then told() after each step, until the step is `rest`. Never switches back by itself: the
/// other server is taken only when the active one does not take writes. By one thread.
class failover {
 public:
  failover(failover_rules rules, failover_state state, bool has_other)
      : rules_(rules), state_(state), has_other_(has_other) {}

  watch_step begin();
  /// After probe_active, probe_other and await_promotion.
  watch_step told(core::timestamp now, probe_result found);
  /// After fence, promote (whether or not it could be asked) and take_over.
  watch_step done(core::timestamp now);
  /// An operator's order: the other server, when it takes writes and has not fallen behind in epoch. False: refused.
  bool order_switch(core::timestamp now, probe_result other);

  const failover_state& state() const { return state_; }
  watch_verdict verdict() const { return verdict_; }
  bool active_takes_writes() const { return active_takes_writes_ || verdict_ == watch_verdict::switched; }
  /// Whether the other server is a standby, as far as the round saw.
  bool has_standby() const { return other_.role == server_role::standby; }
  std::uint64_t other_index() const { return 1 - state_.active; }

 private:
  watch_step told_of_active(probe_result found);
  watch_step told_of_other(core::timestamp now, probe_result found);
  watch_step told_of_promotion(core::timestamp now, probe_result found);
  watch_step take_over(core::timestamp now, probe_result other);
  watch_step end(watch_verdict verdict);

  failover_rules rules_;
  failover_state state_;
  bool has_other_;
  watch_step step_ = watch_step::rest;
  watch_verdict verdict_ = watch_verdict::level;
  int refusals_ = 0;  ///< probes of the active server that failed in this round
  bool active_takes_writes_ = false;
  probe_result other_;
  core::timestamp promotion_ends_;
};

}  // namespace logline::postgres
