#include "actors/reply_queue.hpp"

#include <utility>

#include <fmt/format.h>

#include "domain/core/invariant.hpp"
#include "journal/errc.hpp"

namespace logline::actors {

void reply_queue::push(outgoing one, const journal::partition_log& log, const core::address& entity) {
  std::unique_lock lock{mutex_};
  if (!one.key.empty()) under_way_[one.key].request_digest = one.request_digest;
  queue_.push_back(std::move(one));
  count_ready();
  const reader may_read{log, entity};
  let_out(lock, &may_read);
}

reply_queue::joined reply_queue::join(const std::string& key, const core::digest& request,
                                      reply<command_reply>& answer) {
  const std::lock_guard lock{mutex_};
  const auto first = under_way_.find(key);
  if (first == under_way_.end()) return joined::no;
  if (first->second.request_digest != request) return joined::other_request;
  first->second.others.push_back(std::move(answer));
  return joined::yes;
}

void reply_queue::settled(const journal::result<journal::appended>& outcome) {
  bool tell = false;
  {
    std::unique_lock lock{mutex_};
    if (closed_ || failure_) return;
    LL_INVARIANT(ready_ < queue_.size(), "a commit settled that nobody waits for");
    outgoing& one = queue_[ready_];
    if (!outcome) {
      failure_ = journal::to_failure(outcome.error());
    } else if (one.said.sequence != outcome->last_sequence) {
      failure_ = core::failure{
          core::failure_kind::internal, "INTERNAL",
          fmt::format("decided eseq {}, journaled {}", one.said.sequence.value, outcome->last_sequence.value)};
    } else {
      one.said.position = outcome->last;
      one.submitted = false;
      count_.events += one.said.events.size();
      if (one.snapshot) snapshot_ = *outcome;
      count_ready();
      let_out(lock, nullptr);
    }
    tell = (failure_ || snapshot_) && !std::exchange(told_, true);
  }
  if (tell) tell_host_();
}

reply_queue::news reply_queue::attend(const journal::partition_log& log, const core::address& entity) {
  std::unique_lock lock{mutex_};
  told_ = false;
  news out{failure_, std::exchange(snapshot_, std::nullopt)};
  if (!out.failure) {
    const reader may_read{log, entity};
    let_out(lock, &may_read);
    return out;
  }
  // Whatever was decided after the failed commit rests on a state that never was.
  for (auto& one : queue_)
    one.refusal = out.failure;
  ready_ = queue_.size();
  let_out(lock, nullptr);
  return out;
}

bool reply_queue::empty() const {
  const std::lock_guard lock{mutex_};
  return queue_.empty() && !letting_out_;
}

void reply_queue::close() {
  std::deque<outgoing> abandoned;
  std::unordered_map<std::string, first_request> repeats;
  const std::lock_guard lock{mutex_};
  closed_ = true;
  ready_ = 0;
  abandoned.swap(queue_);
  repeats.swap(under_way_);
}

void reply_queue::count_ready() {
  while (ready_ < queue_.size() && !queue_[ready_].submitted)
    ++ready_;
}

// One thread at a time, so that answers leave in order; whoever comes meanwhile leaves its own to that one.
void reply_queue::let_out(std::unique_lock<std::mutex>& lock, const reader* may_read) {
  if (letting_out_) return;
  letting_out_ = true;
  while (ready_ > 0) {
    if (!queue_.front().quotes.empty() && !queue_.front().refusal && may_read == nullptr) {
      if (!std::exchange(told_, true)) tell_host_();
      break;
    }
    outgoing one = std::move(queue_.front());
    queue_.pop_front();
    --ready_;
    twins others;
    if (!one.key.empty())
      if (auto node = under_way_.extract(one.key)) others = std::move(node.mapped().others);
    lock.unlock();
    deliver(std::move(one), std::move(others), may_read);
    lock.lock();
  }
  letting_out_ = false;
}

void reply_queue::deliver(outgoing one, twins others, const reader* may_read) {
  if (one.view_answer.pending())
    return one.refusal ? one.view_answer.deliver(*std::move(one.refusal))
                       : one.view_answer.deliver(*std::move(one.view));
  core::result<command_reply> answer =
      one.refusal ? core::result<command_reply>{*std::move(one.refusal)} : std::move(one.said);
  if (answer && !one.quotes.empty()) {
    auto filled = resolve_quotes(may_read->log, may_read->entity, std::move(answer->reply), one.quotes, privacy_);
    if (filled)
      answer->reply = *std::move(filled);
    else
      answer = filled.error();
  }
  for (auto& twin : others) {
    auto copy = answer;
    if (copy) copy->replayed = true;
    twin.deliver(std::move(copy));
  }
  one.answer.deliver(std::move(answer));
}

}  // namespace logline::actors
