#pragma once

#include <exception>

#include <caf/error.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/sec.hpp>

namespace logline::actors {

/// The first line of every behaviour. An escaping exception ends the actor with its text as the reason (CAF 0.17.6
/// would lose it to stdout); messages nobody expected are dropped instead of printed.
inline void harden(caf::scheduled_actor* self) {
  self->set_exception_handler([](caf::scheduled_actor*, std::exception_ptr& thrown) -> caf::error {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
      return caf::make_error(caf::sec::runtime_error, std::string{e.what()});
    } catch (...) {
      return caf::make_error(caf::sec::runtime_error, std::string{"unknown exception"});
    }
  });
  self->set_default_handler(caf::drop);
}

}  // namespace logline::actors
