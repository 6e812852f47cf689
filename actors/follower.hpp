#pragma once

#include <memory>

#include "actors/protocol.hpp"
#include "actors/tail.hpp"

namespace logline::actors {

/// What every follower of the log shares: its bell on the tail, rung from now until it goes.
class follower_bell {
 public:
  follower_bell() = default;
  follower_bell(tail& of, const follower_actor& me);
  ~follower_bell();
  follower_bell(follower_bell&& other) noexcept = default;
  follower_bell& operator=(follower_bell&& other) noexcept;

  /// The follower is about to look at the log.
  void answer() { bell_->answer(); }

 private:
  tail* tail_ = nullptr;
  std::shared_ptr<tail::bell> bell_;
};

}  // namespace logline::actors
