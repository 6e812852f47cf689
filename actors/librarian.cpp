#include "actors/librarian.hpp"

#include <caf/all.hpp>

#include "actors/harden.hpp"

namespace logline::actors {

librarian_actor::behavior_type librarian(librarian_actor::pointer self) {
  harden(self);
  return {
      [](atom::run, const task_message& task) { (*task)(); },
  };
}

}  // namespace logline::actors
