#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "domain/work/replies.hpp"
#include "domain/work/rules.hpp"
#include "domain/work/task_queue.hpp"

/// enqueue, enqueue_batch (TSK-01, TSK-02, TSK-17).
namespace logline::work {

using core::context;
using core::decision;
using core::failure;

namespace {

constexpr std::size_t kinds_max = 1'024;                    // of one queue at a time
constexpr std::size_t batch_payload_bytes_max = 8'388'608;  // leaves room for the rest within a journal batch (JRN-12)

failure wrong_field(const std::string& path, std::string problem) {
  return core::invalid_input(path + ' ' + problem, {{path, problem}});
}

bool is_object(const core::document& d) {
  const auto first = static_cast<unsigned char>(d.msgpack.front());
  return (first & 0xf0) == 0x80 || first == 0xde || first == 0xdf;
}

/// Turns wishes into events, all of them or none.
class intake {
 public:
  intake(const task_queue& queue, const context& ctx, std::size_t expected) : queue_(queue), ctx_(ctx) {
    ids_.reserve(expected);
    for (std::size_t i = 0; i < expected; ++i)
      ids_.push_back(ctx.new_id());
    // Equal in run_at, tasks go by id: those of a batch go in the order in which they were given.
    std::sort(ids_.begin(), ids_.end());
  }

  /// `at` is the task's place in the command. Nothing when the task was taken.
  std::optional<failure> take(const enqueue& wanted, const std::string& at) {
    if (auto why = refusal(wanted, at)) return why;
    if (const auto twin = find_twin(wanted)) {
      replies_.push_back({*twin, true});
      return std::nullopt;
    }
    if (auto why = no_room(wanted, at)) return why;
    const auto id = ids_[replies_.size()];
    if (wanted.unique_key) uniques_.emplace(*wanted.unique_key, id);
    replies_.push_back({id, false});
    const auto rules = settings_for(queue_, wanted.kind);
    out_.emit(task_enqueued{id, wanted.kind, wanted.payload, std::max(wanted.run_at.value_or(ctx_.now), ctx_.now),
                            wanted.max_attempts.value_or(rules.max_attempts), wanted.priority, wanted.unique_key,
                            wanted.expires_at, wanted.lease_s, wanted.backoff, wanted.subject,
                            static_cast<std::int64_t>(wanted.payload.msgpack.size())});
    return std::nullopt;
  }

  decision finish_one() && { return std::move(out_.answer(replies_.front())); }
  decision finish_batch() && { return std::move(out_.answer(enqueued_tasks{std::move(replies_)})); }

 private:
  std::optional<failure> refusal(const enqueue& wanted, const std::string& at) {
    if (!is_object(wanted.payload)) return wrong_field(at + "/payload", "must be an object");
    if (wanted.run_at && *wanted.run_at > schedule_horizon(ctx_.now))
      return wrong_field(at + "/run_at", "must be at most 366 days ahead");
    if (wanted.expires_at && *wanted.expires_at <= std::max(wanted.run_at.value_or(ctx_.now), ctx_.now))
      return wrong_field(at + "/expires_at", "must be later than now and than run_at");
    payload_bytes_ += wanted.payload.msgpack.size();
    if (wanted.payload.msgpack.size() > payload_bytes_max)
      return core::too_large(fmt::format("{}/payload has {} bytes, at most {} are taken", at,
                                         wanted.payload.msgpack.size(), payload_bytes_max));
    if (payload_bytes_ > batch_payload_bytes_max)
      return core::too_large(
          fmt::format("the payloads of a batch may have {} bytes together", batch_payload_bytes_max));
    return std::nullopt;
  }

  std::optional<core::uuid> find_twin(const enqueue& wanted) const {
    if (!wanted.unique_key) return std::nullopt;
    if (const auto here = uniques_.find(*wanted.unique_key); here != uniques_.end()) return here->second;
    const auto* there = queue_.tasks.find_live(unique_mark(*wanted.unique_key));
    return there == nullptr ? std::nullopt : std::optional{*there};
  }

  std::optional<failure> no_room(const enqueue& wanted, const std::string& at) {
    const auto fresh = static_cast<std::int64_t>(out_.events().size() + 1);
    if (static_cast<std::int64_t>(queue_.tasks.count(task_status::pending)) + fresh > queue_.pending_max)
      return queue_full(queue_);
    const auto& known = queue_.tasks.kinds();
    if (known.find(wanted.kind) == known.end()) new_kinds_.insert(wanted.kind);
    if (known.size() + new_kinds_.size() > kinds_max)
      return wrong_field(at + "/kind", fmt::format("would be one more than the {} kinds a queue may hold", kinds_max));
    return std::nullopt;
  }

  const task_queue& queue_;
  const context& ctx_;
  std::vector<core::uuid> ids_;
  std::map<std::string, core::uuid> uniques_;
  std::set<std::string> new_kinds_;
  std::size_t payload_bytes_ = 0;
  std::vector<enqueued_task> replies_;
  decision out_;
};

}  // namespace

decision decide(const task_queue& queue, const enqueue& command, const context& ctx) {
  intake one{queue, ctx, 1};
  if (auto why = one.take(command, "")) return *std::move(why);
  return std::move(one).finish_one();
}

decision decide(const task_queue& queue, const enqueue_batch& command, const context& ctx) {
  intake all{queue, ctx, command.tasks.size()};
  for (std::size_t i = 0; i < command.tasks.size(); ++i)
    if (auto why = all.take(command.tasks[i], fmt::format("/tasks/{}", i))) return *std::move(why);
  return std::move(all).finish_batch();
}

}  // namespace logline::work
