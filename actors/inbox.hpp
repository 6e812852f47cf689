#pragma once

#include <mutex>
#include <utility>
#include <vector>

namespace logline::actors {

/// Values for one actor from other threads, with one notification for many: put() says whether the actor must be told.
template <class T>
class inbox {
 public:
  /// True when the actor has not been told since it last took everything.
  bool put(T value) {
    const std::lock_guard lock{mutex_};
    waiting_.push_back(std::move(value));
    return !std::exchange(told_, true);
  }
  std::vector<T> take() {
    const std::lock_guard lock{mutex_};
    told_ = false;
    return std::exchange(waiting_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<T> waiting_;
  bool told_ = false;
};

}  // namespace logline::actors
