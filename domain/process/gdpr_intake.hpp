#pragma once

#include "domain/core/process.hpp"

namespace logline::process {

inline constexpr std::string_view privacy_queue = "privacy";
inline constexpr std::string_view gdpr_task_kind = "gdpr.process";
inline constexpr std::string_view gdpr_alert_kind = "gdpr.alert";
inline constexpr std::string_view gdpr_stream = "gdpr";

/// What a task of either kind says.
struct gdpr_task {
  std::string request;  ///< key of the gdpr_request
};
constexpr auto describe(core::type_tag<gdpr_task>) {
  return core::description<gdpr_task>("gdpr_task", "A request to work on.",
                                      core::field("request", &gdpr_task::request, {.size_min = 1, .size_max = 128}));
}

/// A request becomes a line on `<tenant>/timeline/gdpr` and a task of kind "gdpr.process" in
/// `<tenant>/task_queue/privacy` (GDP-01). Errors: UNKNOWN_SCHEMA, INVALID_INPUT.
const core::reactor_type& gdpr_intake_reactor();
/// A request that waits too long becomes a task of kind "gdpr.alert" (GDP-03).
const core::reactor_type& gdpr_overdue_reactor();

}  // namespace logline::process
