#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace logline::http {

struct header {
  std::string name;  ///< lower case
  std::string value;
};

/// What a request says before its body. Framing has been checked: Host, lengths and encodings contradict nothing.
struct request_head {
  std::string method;
  std::string target;  ///< path and query as sent
  std::vector<header> headers;
  bool keep_alive = true;  ///< HTTP/1.1 and not "connection: close"
  bool chunked = false;
  std::uint64_t content_length = 0;  ///< 0 where chunked
  bool expects_continue = false;

  bool has_body() const { return chunked || content_length > 0; }
  std::size_t count(std::string_view name) const {
    return static_cast<std::size_t>(
        std::count_if(headers.begin(), headers.end(), [&](const header& h) { return h.name == name; }));
  }
  /// The first of that name; null when there is none.
  const std::string* find(std::string_view name) const {
    const auto found = std::find_if(headers.begin(), headers.end(), [&](const header& h) { return h.name == name; });
    return found == headers.end() ? nullptr : &found->value;
  }
};

struct request {
  request_head head;
  std::string body;  ///< as received, chunks joined
};

struct response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<header> headers = {};  ///< beside those that every response has
};

}  // namespace logline::http
