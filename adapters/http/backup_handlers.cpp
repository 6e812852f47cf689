#include "adapters/http/routes.hpp"

namespace logline::http {

namespace {

void order(const services& s, call c, const std::string& job, const std::string& label) {
  if (!s.backups.order) return c.answer.fail(core::not_found("this node makes no backups"));
  if (auto taken = s.backups.order(job, label); !taken) return c.answer.fail(taken.error());
  c.answer.send({202, "application/json", R"({"status":"ordered"})"});
}

}  // namespace

// The place is on a disk, or further away: reading it is for a thread that may wait.
void list_backups(const services& s, call c) {
  if (!s.backups.report) return c.answer.fail(core::not_found("this node makes no backups"));
  s.door.read([report = s.backups.report, to = c.answer](journal::partition_log&) {
    auto text = report();
    if (!text) return to.fail(text.error());
    to.send({200, "application/json", *std::move(text)});
  });
}

void order_backup(const services& s, call c) {
  const std::string* label = c.where.find("label");
  const std::string text = label == nullptr ? std::string{} : *label;
  order(s, std::move(c), "backup", text);
}

void order_backup_job(const services& s, call c) {
  const std::string job = c.captures.front();
  if (job != "probe" && job != "prune") return c.answer.fail(core::not_found("there is no such job"));
  order(s, std::move(c), job, {});
}

}  // namespace logline::http
