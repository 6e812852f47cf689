#include "journal/mirrored_commits.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace logline::journal {

mirrored_commits::~mirrored_commits() {
  std::deque<held> left;
  {
    const std::lock_guard lock{mutex_};
    left.swap(held_);
  }
  for (auto& one : left)
    one.tell(false);
}

outcome mirrored_commits::admit(load room) {
  {
    const auto now = waiting();
    const std::lock_guard lock{mutex_};
    if (!held_.empty() &&
        (now.records + room.records > limits_.records_max || now.bytes + room.bytes > limits_.bytes_max))
      return error{errc::overloaded,
                   fmt::format("{} records wait for the mirror that durability asks for", held_load_.records),
                   {}};
  }
  return local_.admit(room);
}

void mirrored_commits::submit_admitted(append_request request, load room, completion done) {
  local_.submit_admitted(std::move(request), room, [this, room, done = std::move(done)](result<appended> became) {
    const core::gseq position = became ? became->last : core::gseq{0};
    hold({position, room, [done, became = std::move(became)](bool mirrored) {
            if (mirrored) return done(became);
            done(error{errc::stopped, "the node stopped before the mirror had it", {}});
          }});
  });
}

void mirrored_commits::barrier(std::function<void()> done) {
  local_.barrier([this, done = std::move(done)] { hold({core::gseq{0}, {}, [done](bool) { done(); }}); });
}

commit_queue::load mirrored_commits::waiting() const {
  auto all = local_.waiting();
  const std::lock_guard lock{mutex_};
  all.records += held_load_.records;
  all.bytes += held_load_.bytes;
  return all;
}

void mirrored_commits::mirrored(core::gseq up_to) {
  std::unique_lock lock{mutex_};
  mirrored_ = std::max(mirrored_, up_to);
  moved_.notify_all();
  let_out(lock);
}

bool mirrored_commits::wait_mirrored(core::gseq position, std::chrono::milliseconds longest) const {
  std::unique_lock lock{mutex_};
  return moved_.wait_for(lock, longest, [&] { return mirrored_ >= position; });
}

void mirrored_commits::hold(held one) {
  std::unique_lock lock{mutex_};
  held_load_.records += one.room.records;
  held_load_.bytes += one.room.bytes;
  held_.push_back(std::move(one));
  let_out(lock);
}

// One thread at a time, so that completions stay in order; whoever comes meanwhile leaves its own to that one.
void mirrored_commits::let_out(std::unique_lock<std::mutex>& lock) {
  if (letting_out_) return;
  letting_out_ = true;
  while (!held_.empty() && held_.front().position <= mirrored_) {
    const held one = std::move(held_.front());
    held_.pop_front();
    held_load_.records -= one.room.records;
    held_load_.bytes -= one.room.bytes;
    lock.unlock();
    one.tell(true);
    lock.lock();
  }
  letting_out_ = false;
}

}  // namespace logline::journal
