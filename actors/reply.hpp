#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "domain/core/result.hpp"

namespace logline::actors {

/// The right and duty to answer once. Whoever holds it last without answering answers UNAVAILABLE by destroying it, so
/// that no caller waits for an actor that died, a message that was dropped or a queue that was cleared. Move-only; any
/// thread.
template <class T>
class reply {
 public:
  using receiver = std::function<void(core::result<T>)>;

  reply() = default;
  explicit reply(receiver to) : to_(std::move(to)) {}
  reply(reply&& other) noexcept : to_(std::exchange(other.to_, nullptr)) {}
  reply& operator=(reply&& other) noexcept {
    if (this != &other) {
      abandon();
      to_ = std::exchange(other.to_, nullptr);
    }
    return *this;
  }
  reply(const reply&) = delete;
  reply& operator=(const reply&) = delete;
  ~reply() { abandon(); }

  void deliver(core::result<T> answer) {
    if (auto to = std::exchange(to_, nullptr)) to(std::move(answer));
  }
  bool pending() const { return to_ != nullptr; }

 private:
  void abandon() {
    if (to_) deliver(core::unavailable("the entity stopped before it answered; retry with the same idempotency key"));
  }
  receiver to_;
};

}  // namespace logline::actors
