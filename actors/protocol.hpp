#pragma once

#include <caf/typed_actor.hpp>

#include "actors/type_ids.hpp"

/// Every conversation between actors, one sentence a message: the map of what is alive.
namespace logline::actors {

/// Hosts one entity. Commands are answered through the reply they carry, never by CAF's response promises (caf.md D2).
using entity_actor = caf::typed_actor<
    // Decides the command and answers once its events are durable.
    caf::reacts_to<atom::deliver, command_message>,
    // Answers with the state once everything decided so far is durable.
    caf::reacts_to<atom::show, view_message>,
    // INTERNAL: everything an earlier host submitted is settled; fold the journal now.
    caf::reacts_to<atom::opened>,
    // INTERNAL: the reply queue has news: a failed commit, a durable snapshot, an answer that needs the log read.
    caf::reacts_to<atom::settled>,
    // The time of the entity's next wake-up has come.
    caf::reacts_to<atom::wake>,
    // A waiting command's deadline passed.
    caf::reacts_to<atom::again>,
    // Commands that wait for a change are refused: the node is stopping.
    caf::reacts_to<atom::drain>,
    // Goes to sleep if this many messages have been handled, nothing is under way and no message is on its way.
    caf::reacts_to<atom::retire, std::uint64_t>>;

/// The only user of delayed messages: one wheel for every wake-up of the node (ENG-05).
using timekeeper_actor = caf::typed_actor<
    // Wake-ups may reach entities from now on.
    caf::reacts_to<atom::start>,
    // There are many entities awake: see who can go to sleep now rather than at the next round.
    caf::reacts_to<atom::sweep>,
    // Wakes the entity at this engine time (µs) instead of any time before; `core::never` disarms it.
    caf::reacts_to<atom::arm, core::address, std::int64_t>,
    // Sends `again` to the actor, which must understand it, when ticking() shows this time (µs), instead of any time
    // before.
    caf::reacts_to<atom::call_back, caf::strong_actor_ptr, std::int64_t>,
    // INTERNAL: the delayed message of this generation arrived.
    caf::reacts_to<atom::tick, std::uint64_t>>;

/// Follows the committed log with a cursor of its own: projector, reactors, worker.
using follower_actor = caf::typed_actor<
    // The durable head moved; sent once until the follower has looked.
    caf::reacts_to<atom::grown>,
    // INTERNAL: more of the log waits to be read.
    caf::reacts_to<atom::resume>,
    // INTERNAL: answers to the follower's own commands lie in its inbox.
    caf::reacts_to<atom::answered>,
    // INTERNAL: a command that was refused for now may be tried again.
    caf::reacts_to<atom::again>>;

/// Digests the states of all entities through their hosts, one request at a time.
using digester_actor = caf::typed_actor<caf::reacts_to<atom::digest, digest_message>,
                                        // INTERNAL: views of entities lie in the inbox.
                                        caf::reacts_to<atom::answered>,
                                        // INTERNAL: the directory may have caught up.
                                        caf::reacts_to<atom::again>>;

/// Reads that may block on the disk.
using librarian_actor = caf::typed_actor<
    // Runs the task, which answers through a reply of its own.
    caf::reacts_to<atom::run, task_message>>;

/// Keeps the followers running; learns when something dies that cannot be restarted.
using supervisor_actor = caf::typed_actor<
    // INTERNAL: a restart is due.
    caf::reacts_to<atom::again>>;

}  // namespace logline::actors
