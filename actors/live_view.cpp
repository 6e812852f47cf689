#include "actors/live_view.hpp"

namespace logline::actors::live_view {

namespace {

constexpr std::string_view pointers = "projections";
constexpr std::string_view second = ".b";

}  // namespace

journal::result<std::string> of(const journal::partition_log& log, std::string_view projection) {
  auto row = log.view_get(pointers, projection);
  if (!row) return row.error();
  return row->has_value() ? **row : std::string{projection};
}

std::string other_than(std::string_view projection, std::string_view view) {
  return view == projection ? std::string{projection} + std::string{second} : std::string{projection};
}

journal::outcome point_to(journal::partition_log& log, std::string_view projection, std::string_view view,
                          core::gseq cursor) {
  const journal::partition_log::view_row row{std::string{projection}, std::string{view}};
  return log.put_view(pointers, cursor, {&row, 1});
}

}  // namespace logline::actors::live_view
