#pragma once

#include <string_view>

#include "adapters/http/message.hpp"
#include "domain/core/result.hpp"

namespace logline::http {

/// The status of a refusal (gateway §4); one table.
unsigned status_of(const core::failure& failure);
/// "Not Found"
std::string_view reason_of(unsigned status);

/// The time is up, and what became of the request is not known here: the answer is found under the same idempotency
/// key.
core::failure deadline_exceeded();
core::failure request_timeout();

/// {code, message, traceId, details[]?, retry_after_s?} (ERR-1), or the shape of RFC 9457 where the caller asked for
/// it; with Retry-After and WWW-Authenticate where they belong.
response problem(const core::failure& failure, std::string_view trace_id, bool rfc9457);

}  // namespace logline::http
