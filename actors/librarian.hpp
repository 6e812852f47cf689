#pragma once

#include "actors/protocol.hpp"

namespace logline::actors {

/// Runs reads that may block on the disk, so that neither adapters nor entities wait for them.
librarian_actor::behavior_type librarian(librarian_actor::pointer self);

}  // namespace logline::actors
