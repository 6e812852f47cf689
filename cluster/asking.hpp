#pragma once

#include <future>
#include <memory>
#include <string>
#include <utility>

#include "actors/door.hpp"
#include "domain/catalogue.hpp"
#include "domain/core/msgpack.hpp"

namespace logline::cluster {

/// Sends a command as the node itself and waits for the answer. For duties: threads that nothing else waits for.
template <core::described Command>
core::result<actors::command_reply> ask(actors::door& door, const core::address& to, const Command& command) {
  const auto* type = domain::find_entity_type(to.type);
  LL_INVARIANT(type != nullptr, "there is no entity type {}", to.type);
  core::result<core::command_box> box = core::not_found("");
  const auto body = core::to_msgpack(command);
  const auto read = core::read_msgpack(body, [&](const core::source& from) {
    box = type->decode_command(core::codec<Command>::about.name, from, nullptr);
  });
  if (!read) return read.error();
  if (!box) return box.error();
  actors::command_request request;
  request.to = to;
  request.command = *std::move(box);
  request.principal = core::principal_id{"node"};
  request.request_digest = core::sha256(body);
  auto answer = std::make_shared<std::promise<core::result<actors::command_reply>>>();
  auto waiting = answer->get_future();
  door.submit(std::move(request), actors::reply<actors::command_reply>{[answer](core::result<actors::command_reply> r) {
                answer->set_value(std::move(r));
              }});
  return waiting.get();
}

/// The entity's state now; a new one where it has no event yet.
template <core::described State>
core::result<State> state_of(actors::door& door, const core::address& entity) {
  auto answer = std::make_shared<std::promise<core::result<actors::entity_view>>>();
  auto waiting = answer->get_future();
  door.show(entity, actors::as_of_now{},
            actors::reply<actors::entity_view>{
                [answer](core::result<actors::entity_view> v) { answer->set_value(std::move(v)); }});
  auto view = waiting.get();
  if (!view && view.error().kind == core::failure_kind::not_found) return State{};
  if (!view) return view.error();
  return core::from_msgpack<State>(view->state);
}

}  // namespace logline::cluster
