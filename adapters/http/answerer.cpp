#include "adapters/http/answerer.hpp"

#include "adapters/http/problem.hpp"

namespace logline::http {

void answerer::send(response answer) const {
  if (const auto to = to_.lock()) to->put(session_, request_, std::move(answer));
}

void answerer::fail(const core::failure& why) const {
  const auto to = to_.lock();
  if (!to) return;
  if (why.kind == core::failure_kind::internal) to->report(trace_id_, why);
  to->put(session_, request_, problem(why, trace_id_, rfc9457_));
}

}  // namespace logline::http
