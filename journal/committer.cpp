#include "journal/committer.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <utility>

#include "journal/admission.hpp"

namespace logline::journal {

namespace {

// JRN-06 wants a head signed within a minute even if nothing follows that could carry the signature.
constexpr std::chrono::seconds idle_before_signing{60};
// Requests in one commit beyond which its fixed costs no longer count.
constexpr std::size_t large_commit = 128;

struct receipt {
  commit_queue::load room;
  commit_queue::completion done;
};

/// Requests side by side, as prepare() wants them, and who waits for each.
struct request_queue {
  std::vector<append_request> requests;
  std::vector<receipt> receipts;
  std::size_t taken = 0;

  bool empty() const { return taken == requests.size(); }
  void clear() {
    requests.clear();
    receipts.clear();
    taken = 0;
  }
  std::span<const append_request> rest() const { return std::span{requests}.subspan(taken); }
};

/// What one commit has to answer, and how far it has got.
struct batch {
  std::vector<receipt> receipts;
  std::optional<result<prepared_commit_ptr>> prepared;
  std::optional<result<append_results>> written;
};

/// Frames as much of the queue as goes into one commit.
void prepare_next(partition_log& log, request_queue& queue, batch& out) {
  out.prepared = log.prepare(queue.rest());
  const std::size_t count = *out.prepared ? requests_taken(***out.prepared) : queue.rest().size();
  const auto first = queue.receipts.begin() + static_cast<std::ptrdiff_t>(queue.taken);
  out.receipts.assign(std::make_move_iterator(first),
                      std::make_move_iterator(first + static_cast<std::ptrdiff_t>(count)));
  queue.taken += count;
  if (queue.empty()) queue.clear();
}

void write(partition_log& log, batch& b) {
  if (*b.prepared) {
    b.written = log.write(std::move(**b.prepared));
  } else {
    b.written = std::move(*b.prepared).error();
  }
}

void complete(batch& b, admission& admitted, barriers& waiting, const std::function<void(core::gseq)>& on_commit) {
  core::gseq head;
  if (*b.written)
    for (const auto& one : **b.written)
      if (one) head = one->last;
  if (head.value != 0 && on_commit) on_commit(head);
  for (std::size_t i = 0; i < b.receipts.size(); ++i) {
    receipt& who = b.receipts[i];
    admitted.release(who.room);
    who.done(*b.written ? std::move((**b.written)[i]) : result<appended>{b.written->error()});
    waiting.completed();
  }
  waiting.settle();
}

}  // namespace

//  worker 1   [write n               ][write n+1             ][write n+2 …
//  worker 2   [complete n-1][prepare n+1][complete n][prepare n+2 …
//
// A commit goes through three stages: prepare, write, complete. Each has one worker in it at a time, in the order of
// the commits. A worker that ends one stage goes on with whatever is most urgent, so that the disk never waits for a
// thread to wake up, and a request that comes alone is answered by the one worker that took it.
struct committer::impl {
  impl(partition_log& journal, admission_limits limits, std::function<void(core::gseq)> commit_sink)
      : log(journal), admitted(journal, limits), on_commit(std::move(commit_sink)) {
    for (auto& worker : workers)
      worker = std::thread{[this] { work(); }};
  }

  ~impl() {
    admitted.close();
    {
      const std::lock_guard lock{mutex};
      stopping = true;
    }
    work_there.notify_all();
    for (auto& worker : workers)
      worker.join();
  }

  void submit(append_request&& request, load room, completion&& done) {
    bool wake = false;
    {
      const std::lock_guard lock{mutex};
      incoming.requests.push_back(std::move(request));
      incoming.receipts.push_back({room, std::move(done)});
      waiting.submitted();
      wake = idle_workers > 0 && next_stage() != stage::none;
    }
    if (wake) work_there.notify_one();
  }

  enum class stage { none, prepare, write, complete };

  std::size_t queued() const { return framing.rest().size() + incoming.requests.size(); }

  // What a commit costs is mostly the same for few requests as for many. So while the disk is busy, or while answers
  // are on their way that may bring new requests, the next commit waits until it is as large as the last one, or large
  // enough.
  bool worth_preparing() const {
    if (preparing || !prepared.empty() || queued() == 0) return false;
    return (!writing && !completing && written.empty()) || queued() >= std::min(last_size, large_commit);
  }

  stage next_stage() const {
    if (!writing && !prepared.empty()) return stage::write;
    if (!completing && !written.empty()) return stage::complete;
    return worth_preparing() ? stage::prepare : stage::none;
  }

  bool drained() const {
    return !preparing && queued() == 0 && prepared.empty() && !writing && written.empty() && !completing;
  }

  void work() {
    std::unique_lock lock{mutex};
    for (;;) {
      const stage next = next_stage();
      if (next == stage::none) {
        if (stopping && drained()) break;
        wait(lock);
        continue;
      }
      run(next, lock);
    }
    work_there.notify_all();  // the other one may stop as well
  }

  /// Runs one stage of one commit, without the lock; what becomes possible beside it is for another worker.
  void run(stage next, std::unique_lock<std::mutex>& lock) {
    switch (next) {
      case stage::none:
        return;
      case stage::prepare: {
        preparing = true;
        if (framing.empty()) std::swap(framing, incoming);
        auto fresh = std::make_unique<batch>();
        unlocked(lock, [&] { prepare_next(log, framing, *fresh); });
        last_size = fresh->receipts.size();
        prepared.push_back(std::move(fresh));
        preparing = false;
        return;
      }
      case stage::write: {
        writing = true;
        auto current = std::move(prepared.front());
        prepared.pop_front();
        unlocked(lock, [&] { write(log, *current); });
        written.push_back(std::move(current));
        unsigned_commits = true;
        writing = false;
        return;
      }
      case stage::complete: {
        completing = true;
        auto current = std::move(written.front());
        written.pop_front();
        unlocked(lock, [&] { complete(*current, admitted, waiting, on_commit); });
        completing = false;
        return;
      }
    }
  }

  template <class Work>
  void unlocked(std::unique_lock<std::mutex>& lock, Work work_to_do) {
    const bool wake = idle_workers > 0 && next_stage() != stage::none;
    lock.unlock();
    if (wake) work_there.notify_one();
    work_to_do();
    lock.lock();
  }

  void wait(std::unique_lock<std::mutex>& lock) {
    ++idle_workers;
    const bool nothing_follows = unsigned_commits && drained();
    if (!nothing_follows) {
      work_there.wait(lock);
    } else if (work_there.wait_for(lock, idle_before_signing) == std::cv_status::timeout && unsigned_commits) {
      unsigned_commits = false;
      lock.unlock();
      sign_head();
      lock.lock();
    }
    --idle_workers;
  }

  // A log without a key cannot sign, and one that fails to write says so to the next request.
  void sign_head() { static_cast<void>(log.checkpoint(true).has_value()); }

  partition_log& log;
  admission admitted;
  barriers waiting;
  const std::function<void(core::gseq)> on_commit;

  std::mutex mutex;  // guards everything below, except that framing belongs to the worker that prepares
  std::condition_variable work_there;
  std::size_t idle_workers = 0;
  request_queue incoming;
  request_queue framing;
  std::deque<std::unique_ptr<batch>> prepared;  // at most one
  std::deque<std::unique_ptr<batch>> written;
  bool preparing = false;
  bool writing = false;
  bool completing = false;
  bool stopping = false;
  bool unsigned_commits = false;
  std::size_t last_size = 0;
  std::array<std::thread, 2> workers;
};

committer::committer(partition_log& log, admission_limits limits, std::function<void(core::gseq)> on_commit)
    : impl_(std::make_unique<impl>(log, limits, std::move(on_commit))) {}
committer::~committer() = default;

outcome committer::admit(load room) {
  return impl_->admitted.admit(room);
}

void committer::submit_admitted(append_request request, load room, completion done) {
  impl_->submit(std::move(request), room, std::move(done));
}

void committer::barrier(std::function<void()> done) {
  impl_->waiting.add(std::move(done));
}
void committer::close() {
  impl_->admitted.close();
}
commit_queue::load committer::waiting() const {
  return impl_->admitted.waiting();
}

struct stepped_committer::impl {
  impl(partition_log& journal, admission_limits limits, std::function<void(core::gseq)> commit_sink)
      : log(journal), admitted(journal, limits), on_commit(std::move(commit_sink)) {}

  partition_log& log;
  admission admitted;
  barriers waiting;
  const std::function<void(core::gseq)> on_commit;
  request_queue incoming;
  request_queue framing;
};

stepped_committer::stepped_committer(partition_log& log, admission_limits limits,
                                     std::function<void(core::gseq)> on_commit)
    : impl_(std::make_unique<impl>(log, limits, std::move(on_commit))) {}
stepped_committer::~stepped_committer() {
  close();
  while (step()) {
  }
}

bool stepped_committer::step() {
  if (impl_->framing.empty()) std::swap(impl_->framing, impl_->incoming);
  if (impl_->framing.empty()) return false;
  batch current;
  prepare_next(impl_->log, impl_->framing, current);
  write(impl_->log, current);
  complete(current, impl_->admitted, impl_->waiting, impl_->on_commit);
  return true;
}

outcome stepped_committer::admit(load room) {
  return impl_->admitted.admit(room);
}

void stepped_committer::submit_admitted(append_request request, load room, completion done) {
  impl_->incoming.requests.push_back(std::move(request));
  impl_->incoming.receipts.push_back({room, std::move(done)});
  impl_->waiting.submitted();
}

void stepped_committer::barrier(std::function<void()> done) {
  impl_->waiting.add(std::move(done));
}
void stepped_committer::close() {
  impl_->admitted.close();
}
commit_queue::load stepped_committer::waiting() const {
  return impl_->admitted.waiting();
}

}  // namespace logline::journal
