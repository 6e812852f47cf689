#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "actors/door.hpp"

namespace logline::actors {

enum class severity : std::uint8_t { warning, error, critical };

/// What an operator must look at (journal §16), by name. Safe from any thread.
///
/// An alert begins when it is raised and ends when it is cleared; raising it again meanwhile only counts.
class alerts {
 public:
  /// `say` gets one line when an alert begins and one when it ends.
  explicit alerts(std::function<void(severity, const std::string&)> say) : say_(std::move(say)) {}

  /// `name` must be one of those in alerts.cpp; `what` holds no personal data and no secret.
  void raise(std::string_view name, const std::string& what);
  void clear(std::string_view name);
  bool is_active(std::string_view name) const;

  /// alert_total{alert="…"} and alert_active{alert="…"} of every alert there is.
  std::vector<door::figure> figures() const;

 private:
  struct state {
    std::uint64_t raised = 0;
    bool active = false;
  };
  mutable std::mutex mutex_;
  std::map<std::string_view, state> states_;
  std::function<void(severity, const std::string&)> say_;
};

}  // namespace logline::actors
