#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "domain/core/described.hpp"
#include "domain/work/settings.hpp"

namespace logline::work {

/// The moves there are (engine §2.1): PENDING→RUNNING→{DONE, PENDING, ERROR, CANCELLED}, PENDING→CANCELLED,
/// ERROR→{PENDING, CANCELLED}.
enum class task_status : std::uint8_t { pending, running, done, error, cancelled };
inline constexpr std::size_t status_count = 5;

constexpr auto describe_enum(core::type_tag<task_status>) {
  return std::array{core::enumerator<task_status>{task_status::pending, "PENDING"},
                    core::enumerator<task_status>{task_status::running, "RUNNING"},
                    core::enumerator<task_status>{task_status::done, "DONE"},
                    core::enumerator<task_status>{task_status::error, "ERROR"},
                    core::enumerator<task_status>{task_status::cancelled, "CANCELLED"}};
}

inline constexpr std::int64_t priority_default = 5;
inline constexpr std::int64_t priority_max = 9;

/// Waits for its run_at and for somebody to lease it.
struct pending {
  friend bool operator==(const pending&, const pending&) = default;
};
/// Leased: one attempt is open.
struct running {
  core::uuid lease_id;
  friend bool operator==(const running&, const running&) = default;
};
/// Completed; by which lease is kept so that the same worker may say so twice.
struct done {
  core::uuid lease_id;
  friend bool operator==(const done&, const done&) = default;
};
/// A dead letter: out of attempts, or failed for good.
struct dead {
  friend bool operator==(const dead&, const dead&) = default;
};
struct cancelled {
  friend bool operator==(const cancelled&, const cancelled&) = default;
};
/// In the order of task_status.
using situation = std::variant<pending, running, done, dead, cancelled>;

inline task_status status_of(const situation& now) {
  return static_cast<task_status>(now.index());
}

/// What a queue keeps of a task in memory: at most 400 bytes with all indexes (TSK-17). The payload, errors and results
/// stay in the journal and are quoted from there.
struct task {
  core::eseq enqueued;      ///< of task_enqueued, which holds the payload
  core::eseq last_failure;  ///< of the event with the last error; 0 when no attempt failed yet
  core::timestamp created_at;
  core::timestamp updated_at;  ///< of the last change; where a task has ended, when it ended
  core::timestamp run_at;
  core::timestamp expires_at = core::never;
  core::timestamp first_failed_at;    ///< zero when no attempt failed yet
  const std::string* kind = nullptr;  ///< lives in the task_table's list of kinds
  core::uuid unique;                  ///< digest of unique_key; nil without one
  core::uuid subject;                 ///< pseudonym of the person it is about; nil where that is who enqueued it
  std::uint32_t payload_bytes = 0;
  std::uint32_t lease_s = 0;  ///< 0: as the kind or the queue says
  std::uint16_t retries = 0;  ///< how often it was taken back from the dead letters; stays at its largest
  std::uint8_t attempts = 0;  ///< since the last retry
  std::uint8_t max_attempts = max_attempts_default;
  std::uint8_t priority = priority_default;
  std::optional<backoff_shape> backoff;
  situation now;

  task_status status() const { return status_of(now); }
};

/// As events carry it; nothing for a task that names nobody.
std::optional<std::string> subject_of(const task& t);

/// Tells unique keys apart without keeping their text.
core::uuid unique_mark(std::string_view unique_key);

/// A task as snapshots store it and as the state is shown. Zero stands for "none", as in task.
struct task_row {
  core::uuid id;
  std::string kind;
  task_status status = task_status::pending;
  core::timestamp run_at;
  std::int64_t attempts = 0;
  std::int64_t max_attempts = max_attempts_default;
  std::int64_t priority = priority_default;
  core::timestamp created_at;
  core::timestamp updated_at;
  core::eseq enqueued;
  std::int64_t payload_bytes = 0;
  std::optional<core::eseq> last_failure;
  std::optional<core::timestamp> first_failed_at;
  std::optional<core::timestamp> expires_at;
  std::optional<core::uuid> unique;
  std::optional<std::int64_t> lease_s;
  std::optional<std::int64_t> retries;
  std::optional<backoff_shape> backoff;
  std::optional<core::uuid> lease_id;
  std::optional<std::string> subject;
};
constexpr auto describe(core::type_tag<task_row>) {
  using core::field;
  using row = task_row;
  return core::description<task_row>(
      "task", "A task of the queue, without its payload.", field("id", &row::id), field("kind", &row::kind),
      field("status", &row::status), field("run_at", &row::run_at), field("attempts", &row::attempts),
      field("max_attempts", &row::max_attempts), field("priority", &row::priority),
      field("created_at", &row::created_at), field("updated_at", &row::updated_at),
      field("enqueued", &row::enqueued, {.doc = "eseq of the event that holds the payload"}),
      field("payload_bytes", &row::payload_bytes, {.unit = "bytes"}),
      field("last_failure", &row::last_failure, {.doc = "eseq of the event that holds the last error"}),
      field("first_failed_at", &row::first_failed_at), field("expires_at", &row::expires_at),
      field("unique", &row::unique, {.doc = "digest of the unique key"}),
      field("lease_s", &row::lease_s, {.unit = "s"}), field("retries", &row::retries), field("backoff", &row::backoff),
      field("lease_id", &row::lease_id),
      field("subject", &row::subject, {.doc = "pseudonym of the person it is about"}));
}

task_row row_of(const core::uuid& id, const task& t);
/// The task of a row; its kind still refers to the row's text.
task task_of(const task_row& row);

}  // namespace logline::work
