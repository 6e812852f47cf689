#pragma once

#include "domain/core/process.hpp"

namespace logline::process {

/// A delivery that a connector received becomes one event on `<tenant>/timeline/webhooks.<connector>` and one task of
/// kind "webhook.process" in `<tenant>/task_queue/webhooks`. Neither carries the body. Errors: UNKNOWN_SCHEMA for a
/// version of the event that this program does not know, INVALID_INPUT for an event that cannot be read.
const core::reactor_type& webhook_intake_reactor();

}  // namespace logline::process
