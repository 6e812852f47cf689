#pragma once

#include <string>
#include <string_view>

#include "journal/partition_log.hpp"

/// A projection lies in one of two views of the log; which of them readers see is a row of its own. So it can be built
/// anew beside the old one and then be switched to at once (journal REP-02).
namespace logline::actors::live_view {

/// The view that readers of the projection see.
journal::result<std::string> of(const journal::partition_log& log, std::string_view projection);
/// The other one of the two.
std::string other_than(std::string_view projection, std::string_view view);
/// From now on readers see `view`, whose cursor is `cursor`.
journal::outcome point_to(journal::partition_log& log, std::string_view projection, std::string_view view,
                          core::gseq cursor);

/// Runs `read(view)`, again where the projection was switched meanwhile: the view that was read may have been dropped
/// under it. Answers what the last run did.
template <class Read>
auto read(const journal::partition_log& log, std::string_view projection, Read&& read)
    -> journal::result<decltype(read(std::string{}))> {
  auto view = of(log, projection);
  while (view) {
    auto out = read(*view);
    auto after = of(log, projection);
    if (after && *after == *view) return out;
    view = std::move(after);
  }
  return view.error();
}

}  // namespace logline::actors::live_view
