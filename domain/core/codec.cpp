#include "domain/core/codec.hpp"

namespace logline::core {

static constexpr std::size_t details_max = 16;

void decode_scope::fail(std::string problem) {
  if (details_.size() >= details_max) return;
  std::string path;
  for (const auto& [name, index, is_index] : path_) {
    path += '/';
    path += is_index ? std::to_string(index) : std::string{name.substr(0, 64)};
  }
  details_.push_back({path.empty() ? "/" : std::move(path), std::move(problem)});
}

failure decode_scope::take_failure(std::string_view what) {
  std::string message = std::string{what} + ": ";
  message += details_.empty() ? std::string{"refused"} : details_.front().path + " " + details_.front().problem;
  return invalid_input(std::move(message), std::move(details_));
}

}  // namespace logline::core
