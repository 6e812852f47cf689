#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/http/body_decoder.hpp"
#include "adapters/http/message.hpp"
#include "adapters/http/options.hpp"
#include "domain/core/result.hpp"

namespace logline::http {

/// Cuts a connection's bytes into requests. Knows neither sockets nor time; accepts any bytes. By one thread.
///
/// Stricter than RFC 9112 asks where leniency has let requests be smuggled past others: obsolete folding, whitespace
/// around field names, bare CR or LF, several Host, Content-Length or Transfer-Encoding fields, any coding but one
/// "chunked", chunks on HTTP/1.0 are all refused. Trailer fields are read over and never become headers.
class request_reader {
 public:
  explicit request_reader(const server_limits& limits) : limits_(limits) {}

  enum class progress {
    need_more,  ///< feed() more bytes
    head,       ///< head() may be looked at; accept_body() goes on
    request,    ///< take() gives it; then the next one begins
    refused,    ///< refusal() says why; what follows on this connection cannot be understood
  };
  enum class phase { between, header, body };

  void feed(std::string_view received) { in_ += received; }
  progress advance();

  const request_head& head() const { return current_.head; }
  /// After progress::head: reads the body, of this many bytes at most.
  void accept_body(std::size_t bytes_max);
  request take();
  /// Lets go of what is buffered; nothing more will be read here.
  void abandon();
  const core::failure& refusal() const { return *refusal_; }

  phase where() const;
  /// Bytes in memory.
  std::size_t held() const { return in_.size() + current_.body.size(); }

 private:
  enum class step { header, decide, body, done, refused };

  progress read_head();
  progress read_body();
  progress refuse(core::failure why);

  const server_limits& limits_;
  std::string in_;
  std::size_t searched_ = 0;  // no end of header begins before here
  bool skipped_line_ = false;
  step step_ = step::header;
  request current_;
  std::optional<body_decoder> decoder_;
  std::optional<core::failure> refusal_;
};

/// Parses a whole header block, blank line included. INVALID_INPUT, HEADERS_TOO_LARGE, URI_TOO_LONG.
core::result<request_head> parse_head(std::string_view block, const server_limits& limits);

}  // namespace logline::http
