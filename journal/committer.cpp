#include "journal/committer.hpp"

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "journal/admission.hpp"
#include "journal/commit_batch.hpp"

namespace logline::journal {

namespace {

// While one commit is on its way to the disk, the next is framed only when it is worth a commit of its own: else the first request
// after a sync would always travel alone.
constexpr std::size_t overlap_requests_min = 96;

error closed() { return {errc::stopped, "the node is stopping", {}}; }

/// Which errors of prepare() and write() end the partition.
bool is_final(const error& e) { return e.code != errc::disk_full; }

}  // namespace

struct committer::impl {
  impl(partition_log& l, admission_limits limits, std::function<void(core::gseq)> told)
      : log(l), on_commit(std::move(told)), gate(limits) {
    for (auto& worker : workers) worker = std::thread{[this] { work(); }};
  }

  partition_log& log;
  std::function<void(core::gseq)> on_commit;

  std::mutex mutex;  ///< guards what follows; held for moments only
  std::condition_variable changed;
  admission gate;
  commit_batch queue;
  bool writing = false;
  bool ending = false;

  // Lock coupling: a worker frames under `framing`, takes `disk` before it lets `framing` go, and so commits keep their order.
  std::mutex framing;
  std::mutex disk;
  commit_batch left_over;  ///< of a commit that was full; guarded by `framing`

  std::array<std::thread, 2> workers;

  // Waits for something to commit; false when there is nothing left and the end has come. Requires `framing`.
  bool gather() {
    std::unique_lock lock{mutex};
    changed.wait(lock, [this] {
      if (ending || !left_over.empty()) return true;
      return !queue.empty() && (!writing || queue.requests().size() >= overlap_requests_min);
    });
    if (left_over.empty()) left_over = std::exchange(queue, {});
    return !left_over.empty();
  }

  void work() {
    while (true) {
      std::unique_lock frame_turn{framing};
      if (!gather()) return;
      if (left_over.requests().empty()) {
        // Barriers alone: whatever was submitted before them is settled once the disk is ours.
        commit_batch barriers = std::exchange(left_over, {});
        const std::unique_lock disk_turn{disk};
        frame_turn.unlock();
        barriers.settle(closed());
        continue;
      }
      auto prepared = log.prepare(left_over.requests());
      if (!prepared) {
        const std::unique_lock disk_turn{disk};
        fail(std::exchange(left_over, {}), prepared.error());
        continue;
      }
      commit_batch batch = left_over.take_front(requests_taken(**prepared));
      std::unique_lock disk_turn{disk};
      {
        const std::lock_guard lock{mutex};
        writing = true;
      }
      frame_turn.unlock();
      finish(std::move(batch), log.write(*std::move(prepared)));
    }
  }

  void finish(commit_batch batch, result<append_results> written) {
    {
      const std::lock_guard lock{mutex};
      writing = false;
    }
    changed.notify_all();
    if (!written) return fail(std::move(batch), written.error());
    on_commit(log.head().position);
    release(batch.settle(*std::move(written)));
  }

  void fail(commit_batch batch, const error& why) {
    if (is_final(why)) {
      const std::lock_guard lock{mutex};
      gate.stop({errc::stopped, "the partition stopped: " + why.text(), why.position});
    }
    release(batch.settle(why));
  }

  void release(commit_queue::load freed) {
    const std::lock_guard lock{mutex};
    gate.free(freed);
  }
};

committer::committer(partition_log& log, admission_limits limits, std::function<void(core::gseq)> on_commit)
    : impl_(std::make_unique<impl>(log, limits, std::move(on_commit))) {}

committer::~committer() {
  close();
  {
    const std::lock_guard lock{impl_->mutex};
    impl_->ending = true;
  }
  impl_->changed.notify_all();
  for (auto& worker : impl_->workers) worker.join();
}

outcome committer::admit(load room) {
  const std::lock_guard lock{impl_->mutex};
  return impl_->gate.admit(room);
}

void committer::submit_admitted(append_request request, load room, completion done) {
  bool wake = false;
  {
    const std::lock_guard lock{impl_->mutex};
    impl_->queue.add(std::move(request), room, std::move(done));
    const std::size_t queued = impl_->queue.requests().size();
    wake = impl_->writing ? queued == overlap_requests_min : queued == 1;
  }
  if (wake) impl_->changed.notify_one();
}

void committer::barrier(std::function<void()> done) {
  bool idle = false;
  {
    const std::lock_guard lock{impl_->mutex};
    const auto waiting = impl_->gate.taken();
    idle = waiting.records == 0 && impl_->queue.empty();
    if (!idle) impl_->queue.add_barrier(std::move(done));
  }
  if (idle) return done();
  impl_->changed.notify_one();
}

void committer::close() {
  const std::lock_guard lock{impl_->mutex};
  impl_->gate.stop(closed());
}

commit_queue::load committer::waiting() const {
  const std::lock_guard lock{impl_->mutex};
  return impl_->gate.taken();
}

struct stepped_committer::impl {
  partition_log& log;
  std::function<void(core::gseq)> on_commit;
  admission gate;
  commit_batch queue;

  void fail(commit_batch batch, const error& why) {
    if (is_final(why)) gate.stop({errc::stopped, "the partition stopped: " + why.text(), why.position});
    gate.free(batch.settle(why));
  }
};

stepped_committer::stepped_committer(partition_log& log, admission_limits limits, std::function<void(core::gseq)> on_commit)
    : impl_(new impl{log, std::move(on_commit), admission{limits}, {}}) {}

stepped_committer::~stepped_committer() = default;

bool stepped_committer::step() {
  auto& i = *impl_;
  if (i.queue.empty()) return false;
  if (i.queue.requests().empty()) return std::exchange(i.queue, {}).settle(closed()), true;
  auto prepared = i.log.prepare(i.queue.requests());
  if (!prepared) return i.fail(std::exchange(i.queue, {}), prepared.error()), true;
  commit_batch batch = i.queue.take_front(requests_taken(**prepared));
  auto written = i.log.write(*std::move(prepared));
  if (!written) return i.fail(std::move(batch), written.error()), true;
  i.on_commit(i.log.head().position);
  i.gate.free(batch.settle(*std::move(written)));
  return true;
}

outcome stepped_committer::admit(load room) { return impl_->gate.admit(room); }

void stepped_committer::submit_admitted(append_request request, load room, completion done) {
  impl_->queue.add(std::move(request), room, std::move(done));
}

void stepped_committer::barrier(std::function<void()> done) {
  if (impl_->queue.empty()) return done();
  impl_->queue.add_barrier(std::move(done));
}

void stepped_committer::close() { impl_->gate.stop(closed()); }

commit_queue::load stepped_committer::waiting() const { return impl_->gate.taken(); }

}  // namespace logline::journal
