#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "actors/in_flight_gauge.hpp"
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
  reply(reply&& other) noexcept : to_(std::exchange(other.to_, nullptr)), place_(std::move(other.place_)) {}
  reply& operator=(reply&& other) noexcept {
    if (this != &other) {
      abandon();
      to_ = std::exchange(other.to_, nullptr);
      place_ = std::move(other.place_);
    }
    return *this;
  }
  reply(const reply&) = delete;
  reply& operator=(const reply&) = delete;
  ~reply() { abandon(); }

  void deliver(core::result<T> answer) {
    const auto held = std::move(place_);
    if (auto to = std::exchange(to_, nullptr)) to(std::move(answer));
  }
  /// Keeps the place among the commands in flight until the receiver has been called.
  void hold(in_flight_gauge::place place) { place_ = std::move(place); }
  bool pending() const { return to_ != nullptr; }

 private:
  void abandon() {
    if (to_) deliver(core::unavailable("the entity stopped before it answered; retry with the same idempotency key"));
  }
  receiver to_;
  in_flight_gauge::place place_;
};

}  // namespace logline::actors
