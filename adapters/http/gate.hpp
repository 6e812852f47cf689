#pragma once

#include <functional>
#include <string>
#include <vector>

#include "adapters/http/message.hpp"
#include "adapters/http/options.hpp"
#include "adapters/http/routes.hpp"
#include "domain/core/result.hpp"

namespace logline::http {

/// A request whose header is good, before its body is read.
struct admitted {
  const route* row = nullptr;
  target where;
  std::vector<std::string> captures;
  core::principal_id principal;
  core::uuid correlation;
  std::string trace;
};

struct refused {
  core::failure why;
  std::vector<header> headers = {};
};

/// Judges a request by its header: path, route, who asks, parameters, type of body, in this order (GW-06). So what
/// nobody may ask for is refused before its body is read. Pure but for `authenticate`; any thread.
core::result<admitted, refused> admit(const request_head& head, const server_options& options);

/// X-Request-Id where the caller sent a usable one (at most 128 visible characters and spaces), else null (GW-07).
const std::string* given_request_id(const request_head& head);

/// The trace id of a well-formed traceparent (W3C Trace Context §3.2), else empty.
std::string trace_of(const request_head& head);

/// Whether the caller asked for application/problem+json.
bool wants_problem_json(const request_head& head);

}  // namespace logline::http
