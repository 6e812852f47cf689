#include <map>
#include <string>

#include "adapters/http/figures_text.hpp"
#include "adapters/http/routes.hpp"
#include "domain/core/json.hpp"

namespace logline::http {

void report_alive(const services& s, call c) {
  response out;
  core::json_sink json{out.body};
  json.begin_object(2);
  json.key("status");
  json.text("alive");
  json.key("origin");
  json.text(s.door.origin());
  json.end_object();
  c.answer.send(std::move(out));
}

void report_ready(const services& s, call c) {
  const auto ready = s.door.ready();
  if (!ready) return c.answer.fail(ready.error());
  c.answer.send({200, "application/json", R"({"status":"ready"})"});
}

void report_figures(const services& s, call c) {
  c.answer.send({200, "text/plain; version=0.0.4; charset=utf-8", figures_text(s.door.figures()) + s.http_figures()});
}

}  // namespace logline::http
