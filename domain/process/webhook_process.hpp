#pragma once

#include "domain/core/process.hpp"

namespace logline::process {

/// Works on a task of kind "webhook.process": notes on `<tenant>/timeline/processed.<connector>` that the delivery was
/// handled, so that anyone can count that each was handled once. A payload that is no webhook_task fails for good
/// (INVALID_INPUT).
const core::task_handler& webhook_process_handler();

}  // namespace logline::process
