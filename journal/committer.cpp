#include "journal/committer.hpp"

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
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
  std::uint64_t ticket = 0;
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

//  worker 1   [prepare n    ][write n          ][complete n    ][prepare n+2 …
//  worker 2                  [prepare n+1 ] …   [write n+1         ][complete n+1 …
//
// Each stage has one worker in it at a time, and workers pass through in the order of their tickets.
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
      wake = !preparing;
    }
    if (wake) work_there.notify_one();
  }

  void work() {
    batch current;
    while (take_batch(current)) {
      in_turn(writing, current.ticket, [&] { write(log, current); });
      in_turn(completing, current.ticket, [&] { complete(current, admitted, waiting, on_commit); });
      current.receipts.clear();
    }
  }

  /// Waits for requests and frames them; answers false when all is done and nothing more comes.
  bool take_batch(batch& out) {
    std::unique_lock lock{mutex};
    while (preparing || (framing.empty() && incoming.requests.empty())) {
      if (stopping && !preparing) return false;
      if (preparing || !unsigned_commits) {
        work_there.wait(lock);
      } else if (work_there.wait_for(lock, idle_before_signing) == std::cv_status::timeout && unsigned_commits) {
        unsigned_commits = false;
        lock.unlock();
        sign_head();
        lock.lock();
      }
    }
    preparing = true;
    if (framing.empty()) {
      framing.clear();
      std::swap(framing, incoming);
    }
    lock.unlock();
    prepare_next(log, framing, out);
    lock.lock();
    preparing = false;
    unsigned_commits = true;
    out.ticket = next_ticket++;
    const bool more = !framing.empty() || !incoming.requests.empty() || stopping;
    lock.unlock();
    if (more) work_there.notify_one();
    return true;
  }

  // A log without a key cannot sign, and one that fails to write says so to the next request.
  void sign_head() { static_cast<void>(log.checkpoint(true).has_value()); }

  struct stage {
    std::uint64_t turn = 0;
    std::condition_variable moved;
  };

  template <class Work>
  void in_turn(stage& s, std::uint64_t ticket, Work work_to_do) {
    {
      std::unique_lock lock{mutex};
      s.moved.wait(lock, [&] { return s.turn == ticket; });
    }
    work_to_do();
    {
      const std::lock_guard lock{mutex};
      ++s.turn;
    }
    s.moved.notify_all();
  }

  partition_log& log;
  admission admitted;
  barriers waiting;
  const std::function<void(core::gseq)> on_commit;

  std::mutex mutex;  // guards everything below but framing, which belongs to the worker that prepares
  std::condition_variable work_there;
  request_queue incoming;
  request_queue framing;
  bool preparing = false;
  bool stopping = false;
  bool unsigned_commits = false;
  std::uint64_t next_ticket = 0;
  stage writing;
  stage completing;
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
  if (impl_->framing.empty()) {
    impl_->framing.clear();
    std::swap(impl_->framing, impl_->incoming);
  }
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
