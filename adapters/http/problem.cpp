#include "adapters/http/problem.hpp"

#include <array>
#include <string>

#include <boost/beast/http/status.hpp>

#include "domain/core/json.hpp"

namespace logline::http {

namespace {

struct status_row {
  core::failure_kind kind;
  std::string_view code;  ///< empty: any other
  unsigned status;
};

// Codes that want another status than their kind come before it.
constexpr std::array statuses{
    status_row{core::failure_kind::unavailable, "DEADLINE_EXCEEDED", 504},
    status_row{core::failure_kind::unavailable, "REQUEST_TIMEOUT", 408},
    status_row{core::failure_kind::unavailable, "", 503},
    status_row{core::failure_kind::too_large, "HEADERS_TOO_LARGE", 431},
    status_row{core::failure_kind::too_large, "URI_TOO_LONG", 414},
    status_row{core::failure_kind::too_large, "", 413},
    status_row{core::failure_kind::invalid_input, "EXPECTATION_FAILED", 417},
    status_row{core::failure_kind::invalid_input, "", 400},
    status_row{core::failure_kind::unauthorized, "", 401},
    status_row{core::failure_kind::forbidden, "", 403},
    status_row{core::failure_kind::not_found, "", 404},
    status_row{core::failure_kind::method_not_allowed, "", 405},
    status_row{core::failure_kind::conflict, "", 409},
    status_row{core::failure_kind::unsupported_media, "", 415},
    status_row{core::failure_kind::too_many, "", 429},
    status_row{core::failure_kind::internal, "", 500},
};

void text_member(core::json_sink& to, std::string_view key, std::string_view value) {
  to.key(key);
  to.text(value);
}

}  // namespace

unsigned status_of(const core::failure& failure) {
  for (const auto& row : statuses)
    if (row.kind == failure.kind && (row.code.empty() || row.code == failure.code)) return row.status;
  LL_INVARIANT(false, "no status for failure kind {}", static_cast<int>(failure.kind));
}

std::string_view reason_of(unsigned status) {
  const auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  return {reason.data(), reason.size()};
}

core::failure deadline_exceeded() {
  return {core::failure_kind::unavailable, "DEADLINE_EXCEEDED",
          "no answer in time; it may still take effect: ask again with the same Idempotency-Key"};
}

core::failure request_timeout() {
  return {core::failure_kind::unavailable, "REQUEST_TIMEOUT", "the request did not arrive in time"};
}

response problem(const core::failure& failure, std::string_view trace_id, bool rfc9457) {
  response out;
  out.status = status_of(failure);
  if (rfc9457) out.content_type = "application/problem+json";
  core::json_sink to{out.body};
  to.begin_object(0);
  if (rfc9457) {
    text_member(to, "type", "about:blank");
    text_member(to, "title", reason_of(out.status));
    to.key("status");
    to.unsigned_integer(out.status);
    text_member(to, "detail", failure.message);
  }
  text_member(to, "code", failure.code);
  if (!rfc9457) text_member(to, "message", failure.message);
  text_member(to, "traceId", trace_id);
  if (!failure.details.empty()) {
    to.key("details");
    to.begin_array(failure.details.size());
    for (const auto& detail : failure.details) {
      to.begin_object(2);
      text_member(to, "path", detail.path);
      text_member(to, "problem", detail.problem);
      to.end_object();
    }
    to.end_array();
  }
  if (failure.retry_after_s > 0) {
    to.key("retry_after_s");
    to.integer(failure.retry_after_s);
    out.headers.push_back({"Retry-After", std::to_string(failure.retry_after_s)});
  }
  to.end_object();
  if (out.status == 401) out.headers.push_back({"WWW-Authenticate", R"(Bearer realm="logline")"});
  return out;
}

}  // namespace logline::http
