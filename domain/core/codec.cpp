#include "domain/core/codec.hpp"

#include "domain/core/bytes.hpp"

namespace logline::core {

static constexpr std::size_t details_max = 16;

// RFC 6901: "~" and "/" inside a name are escaped.
static std::string pointer_step(std::string_view name) {
  std::string out;
  for (const char c : excerpt(name)) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

void decode_scope::fail(std::string problem) {
  if (details_.size() >= details_max) return;
  std::string path;
  for (const auto& [name, index, is_index] : path_) {
    path += '/';
    path += is_index ? std::to_string(index) : pointer_step(name);
  }
  details_.push_back({path.empty() ? "/" : std::move(path), std::move(problem)});
}

failure decode_scope::take_failure(std::string_view what) {
  std::string message = std::string{what} + ": ";
  message += details_.empty() ? std::string{"refused"} : details_.front().path + " " + details_.front().problem;
  return invalid_input(std::move(message), std::move(details_));
}

}  // namespace logline::core
