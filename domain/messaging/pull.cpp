#include <algorithm>
#include <set>

#include "domain/messaging/subscription.hpp"

/// pull: what goes out, and how the cursor moves.
namespace logline::messaging {

using core::context;
using core::decision;

namespace {

// A cursor that nothing was taken at is written down only so often: it is found again by reading.
constexpr std::uint64_t quiet_step = 4'096;

core::outcome check(const in_force& now, const pull& command, const context& ctx) {
  if (ctx.principal.value != reader_principal)
    return core::failure{core::failure_kind::forbidden, "FORBIDDEN",
                         "only the node reads the log: POST /v2/subscriptions/NAME/pull"};
  if (!now.members.empty() && std::find(now.members.begin(), now.members.end(), command.member) == now.members.end())
    return core::failure{core::failure_kind::forbidden, "NOT_A_MEMBER", "the group does not know this member"};
  if (now.deliveries.parked_count() >= parked_max)
    return core::failure{core::failure_kind::conflict, "SUBSCRIPTION_STALLED",
                         "too many events are parked; replay or discard them first"};
  return core::done{};
}

/// What was read for this very subscription as it stands.
bool is_of_use(const in_force& now, const pull& command) {
  if (command.revision != now.revision || command.to < command.from) return false;
  return !now.cursor || (command.from <= *now.cursor && *now.cursor <= command.to);
}

/// What one answer carries: so many events and bytes, and one however large it is.
class parcel {
 public:
  explicit parcel(std::size_t wanted) : wanted_(wanted) {}
  bool add(core::gseq position, std::uint32_t bytes) {
    if (!takes(bytes)) return false;
    bytes_ += bytes;
    events_.push_back(position);
    return true;
  }
  bool takes(std::uint32_t bytes) const {
    return events_.empty() || (events_.size() < wanted_ && bytes_ + bytes <= pull_bytes_max);
  }
  std::vector<core::gseq>& events() { return events_; }

 private:
  std::size_t wanted_;
  std::uint64_t bytes_ = 0;
  std::vector<core::gseq> events_;
};

/// Takes from the log as long as there is room, until enough can go out at once.
consumer_offset_moved take(const in_force& now, const pull& command, parcel& out) {
  consumer_offset_moved moved{command.to, {}};
  const auto cursor = now.cursor.value_or(command.from);
  const auto window = static_cast<std::size_t>(now.window);
  std::set<std::uint64_t> lanes;
  for (const auto& found : command.found) {
    if (found.gseq <= cursor || found.gseq > command.to) continue;
    if (!moved.took.empty() && found.gseq <= moved.took.back().gseq) continue;
    if (now.deliveries.find(found.gseq) != nullptr) continue;  // parked before a reset
    if (!out.takes(found.bytes) || now.deliveries.held_count() + moved.took.size() >= window) {
      moved.to = moved.took.empty() ? cursor : moved.took.back().gseq;
      break;
    }
    moved.took.push_back(found);
    if (now.deliveries.is_free(found.lane) && lanes.insert(found.lane).second) out.add(found.gseq, found.bytes);
  }
  return moved;
}

}  // namespace

decision decide(const subscription& state, const pull& command, const context& ctx) {
  const auto* now = find_in_force(state);
  if (now == nullptr) return not_in_force(state);
  if (auto good = check(*now, command, ctx); !good) return good.error();

  const auto wanted = static_cast<std::size_t>(command.limit);
  parcel out{wanted};
  for (const auto position : now->deliveries.deliverable(ctx.now, wanted))
    if (!out.add(position, now->deliveries.find(position)->bytes)) break;
  decision decided;
  pulled_events reply;
  reply.cursor = now->cursor;
  auto held = now->deliveries.held_count();
  if (is_of_use(*now, command)) {
    auto moved = take(*now, command, out);
    const auto before = now->cursor.value_or(command.from);
    if (!moved.took.empty() || moved.to.value >= before.value + quiet_step) {
      reply.cursor = moved.to;
      held += moved.took.size();
      decided.emit(std::move(moved));
    }
  }
  reply.is_full = held >= static_cast<std::size_t>(now->window);
  if (command.revision != now->revision) reply.plan = plan_of(*now);
  if (const auto due = now->deliveries.next_due(ctx.now); due != core::never) reply.next = due;
  if (auto& events = out.events(); !events.empty()) {
    std::sort(events.begin(), events.end());
    reply.until = ctx.now + core::seconds(now->lease_s);
    for (const auto position : events) {
      const auto* known = now->deliveries.find(position);
      reply.events.push_back({position, known == nullptr ? 1 : known->deliveries + 1});
    }
    decided.emit(events_delivered{command.member, command.by, events, reply.until});
  }
  return std::move(decided).answer(reply);
}

}  // namespace logline::messaging
