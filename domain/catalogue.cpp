#include "domain/catalogue.hpp"

#include <algorithm>
#include <array>

#define DECLARE_ENTITY(space, name)       \
  namespace logline::space {              \
  const core::entity_type& name##_type(); \
  }
#define DECLARE_REACTOR(space, name)          \
  namespace logline::space {                  \
  const core::reactor_type& name##_reactor(); \
  }
#define DECLARE_HANDLER(space, name)          \
  namespace logline::space {                  \
  const core::task_handler& name##_handler(); \
  }
LOGLINE_ENTITIES(DECLARE_ENTITY)
LOGLINE_REACTORS(DECLARE_REACTOR)
LOGLINE_TASK_HANDLERS(DECLARE_HANDLER)

namespace logline::domain {

#define ENTITY_ADDRESS(space, name) &logline::space::name##_type(),
#define REACTOR_ADDRESS(space, name) &logline::space::name##_reactor(),
#define HANDLER_ADDRESS(space, name) &logline::space::name##_handler(),

std::span<const core::entity_type* const> entity_types() {
  static const auto sorted = [] {
    std::array types{LOGLINE_ENTITIES(ENTITY_ADDRESS)};
    std::sort(types.begin(), types.end(), [](const auto* a, const auto* b) { return a->name() < b->name(); });
    return types;
  }();
  return sorted;
}

const core::entity_type* find_entity_type(std::string_view name) {
  const auto types = entity_types();
  const auto found = std::lower_bound(types.begin(), types.end(), name,
                                      [](const auto* type, std::string_view n) { return type->name() < n; });
  return found != types.end() && (*found)->name() == name ? *found : nullptr;
}

std::span<const core::reactor_type* const> reactors() {
  static const std::array all{LOGLINE_REACTORS(REACTOR_ADDRESS)};
  return all;
}

std::span<const core::task_handler* const> task_handlers() {
  static const std::array all{LOGLINE_TASK_HANDLERS(HANDLER_ADDRESS)};
  return all;
}

}  // namespace logline::domain
