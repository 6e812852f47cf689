#include "actors/follower.hpp"

#include <caf/all.hpp>

namespace logline::actors {

follower_bell::follower_bell(tail& of, const follower_actor& me)
    : tail_(&of), bell_(std::make_shared<tail::bell>([me] { caf::anon_send(me, atom::grown_v); })) {
  tail_->follow(bell_);
  caf::anon_send(me, atom::resume_v);
}

follower_bell::~follower_bell() {
  if (bell_) tail_->leave(bell_);
}

follower_bell& follower_bell::operator=(follower_bell&& other) noexcept {
  std::swap(tail_, other.tail_);
  std::swap(bell_, other.bell_);
  return *this;
}

}  // namespace logline::actors
