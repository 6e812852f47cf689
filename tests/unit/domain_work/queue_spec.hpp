#pragma once

#include <string>
#include <string_view>

#include "domain/core/json.hpp"
#include "domain/work/replies.hpp"
#include "domain/work/task_queue.hpp"
#include "tests/fixtures/spec.hpp"

/// Short words for tests of task queues.
namespace logline::work {

using fixtures::context_at;
using fixtures::start_of_time;
using queue_spec = fixtures::spec<task_queue_definition>;
using lone_queue = fixtures::lone_entity<task_queue_definition>;

inline core::timestamp at_s(std::int64_t s) {
  return start_of_time + core::seconds(s);
}
inline core::timestamp at_min(std::int64_t m) {
  return at_s(60 * m);
}
inline core::context ctx_s(std::int64_t s) {
  return context_at(at_s(s));
}

/// Ids in order: task_id(1) < task_id(2) < …
inline core::uuid id_of(unsigned char family, unsigned n) {
  core::uuid id;
  id.octets[0] = family;
  id.octets[14] = static_cast<unsigned char>(n >> 8);
  id.octets[15] = static_cast<unsigned char>(n);
  return id;
}
inline core::uuid task_id(unsigned n) {
  return id_of(0x11, n);
}
inline core::uuid lease_id(unsigned n) {
  return id_of(0x22, n);
}

inline core::document json(std::string_view text) {
  auto parsed = core::document_from_json(text);
  REQUIRE(parsed);
  return *std::move(parsed);
}

/// A task that was due from the start, of kind "mail", with payload {"n":n}.
inline task_enqueued enqueued(unsigned n) {
  task_enqueued event;
  event.task_id = task_id(n);
  event.kind = "mail";
  event.payload = json("{\"n\":" + std::to_string(n) + "}");
  event.run_at = start_of_time;
  return event;
}
/// Leased at `s` seconds by worker "w1" for a minute.
inline task_leased leased(unsigned n, std::int64_t s = 0, std::int64_t attempt = 1, std::uint64_t token = 1) {
  return {task_id(n), lease_id(n), "w1", attempt, token, at_s(s + 60)};
}
inline task_failed failed(unsigned n, std::int64_t attempt, task_status status,
                          std::optional<core::timestamp> run_at = {}) {
  return {task_id(n), lease_id(n), attempt, "boom", true, status, run_at};
}
inline task_dead_lettered dead_lettered(unsigned n, std::int64_t attempts, std::int64_t first_failed_s = 0) {
  return {task_id(n), attempts, "boom", at_s(first_failed_s)};
}
inline lease_tasks lease_by(std::string worker, std::int64_t limit = 10) {
  lease_tasks command;
  command.worker_id = std::move(worker);
  command.limit = limit;
  return command;
}
inline enqueue mail() {
  enqueue command;
  command.kind = "mail";
  return command;
}
/// No jitter, so that waits are exact.
inline queue_configured no_jitter() {
  queue_configured event;
  event.values.jitter_percent = 0;
  return event;
}

/// Decodes a command or query as a door does. The failure of what cannot be decoded.
inline core::result<core::command_box> decoded(std::string_view name, std::string_view body) {
  core::result<core::command_box> out{core::not_found("unread")};
  const auto read = core::read_json(
      body, [&](const core::source& from) { out = task_queue_type().decode_command(name, from, nullptr); });
  if (!read) return read.error();
  return out;
}

}  // namespace logline::work
