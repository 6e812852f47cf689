#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <caf/atom.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>

#include "actors/door.hpp"
#include "actors/hosted_entity.hpp"

namespace logline::actors {

/// Messages carry decoded values by pointer and never leave the process: between nodes go versioned bytes (caf.md D7).
using command_message = std::shared_ptr<pending_command>;
using view_message = std::shared_ptr<pending_view>;

struct digest_request {
  reply<state_digest> answer;
};
using digest_message = std::shared_ptr<digest_request>;

using task_message = std::shared_ptr<std::function<void()>>;

}  // namespace logline::actors

CAF_BEGIN_TYPE_ID_BLOCK(logline, caf::first_custom_type_id)

  CAF_ADD_TYPE_ID(logline, (logline::actors::command_message))
  CAF_ADD_TYPE_ID(logline, (logline::actors::view_message))
  CAF_ADD_TYPE_ID(logline, (logline::actors::digest_message))
  CAF_ADD_TYPE_ID(logline, (logline::actors::task_message))
  CAF_ADD_TYPE_ID(logline, (logline::core::address))

  CAF_ADD_ATOM(logline, logline::actors::atom, deliver, "deliver")
  CAF_ADD_ATOM(logline, logline::actors::atom, show, "show")
  CAF_ADD_ATOM(logline, logline::actors::atom, opened, "opened")
  CAF_ADD_ATOM(logline, logline::actors::atom, settled, "settled")
  CAF_ADD_ATOM(logline, logline::actors::atom, wake, "wake")
  CAF_ADD_ATOM(logline, logline::actors::atom, again, "again")
  CAF_ADD_ATOM(logline, logline::actors::atom, retire, "retire")
  CAF_ADD_ATOM(logline, logline::actors::atom, sweep, "sweep")
  CAF_ADD_ATOM(logline, logline::actors::atom, tick, "tick")
  CAF_ADD_ATOM(logline, logline::actors::atom, arm, "arm")
  CAF_ADD_ATOM(logline, logline::actors::atom, call_back, "callback")
  CAF_ADD_ATOM(logline, logline::actors::atom, grown, "grown")
  CAF_ADD_ATOM(logline, logline::actors::atom, resume, "resume")
  CAF_ADD_ATOM(logline, logline::actors::atom, answered, "answered")
  CAF_ADD_ATOM(logline, logline::actors::atom, start, "start")
  CAF_ADD_ATOM(logline, logline::actors::atom, drain, "drain")
  CAF_ADD_ATOM(logline, logline::actors::atom, digest, "digest")
  CAF_ADD_ATOM(logline, logline::actors::atom, run, "run")

CAF_END_TYPE_ID_BLOCK(logline)

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(logline::actors::command_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(logline::actors::view_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(logline::actors::digest_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(logline::actors::task_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(logline::core::address)
