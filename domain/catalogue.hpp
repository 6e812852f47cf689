#pragma once

#include <span>
#include <string_view>

#include "domain/core/entity.hpp"
#include "domain/core/process.hpp"

/// What exists. To add an entity type, add ONE line here: (folder and name space, name). Its folder offers
/// `const core::entity_type& NAME_type();`. Routes, commands, schemas, codecs, replay and docs follow from it.
#define LOGLINE_ENTITIES(X)  \
  X(archive, archive)        \
  X(archive, retention)      \
  X(integration, connector)  \
  X(messaging, subscription) \
  X(operations, flag)        \
  X(privacy, gdpr_request)   \
  X(privacy, subject_key)    \
  X(tenancy, tenant)         \
  X(timeline, timeline)      \
  X(work, task_queue)

/// Process managers: `const core::reactor_type& NAME_reactor();`
#define LOGLINE_REACTORS(X) \
  X(process, gdpr_intake)   \
  X(process, gdpr_overdue)  \
  X(process, webhook_intake)

/// Handlers of task kinds that run inside the node: `const core::task_handler& NAME_handler();`
#define LOGLINE_TASK_HANDLERS(X) X(process, webhook_process)

namespace logline::domain {

/// Every entity type, in order of name. Lives as long as the program.
std::span<const core::entity_type* const> entity_types();
/// Null when there is none of that name.
const core::entity_type* find_entity_type(std::string_view name);

std::span<const core::reactor_type* const> reactors();
std::span<const core::task_handler* const> task_handlers();

}  // namespace logline::domain
