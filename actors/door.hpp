#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "actors/projection_desk.hpp"
#include "actors/pull_desk.hpp"
#include "actors/reply.hpp"
#include "actors/subscription_lag.hpp"
#include "domain/core/digest.hpp"
#include "domain/core/entity.hpp"
#include "domain/core/envelope.hpp"

namespace logline::journal {
class partition_log;
}

namespace logline::actors {

/// A command or query for one entity, decoded, with who asks and why.
struct command_request {
  core::address to;
  core::command_box command;  ///< from entity_type::decode_command
  core::principal_id principal;
  std::string idempotency_key;         ///< empty: none; else a repeat finds its first answer for ≥ 24 h (ENG-03)
  core::digest request_digest;         ///< of the request as received; compared when a key comes again (IDE-2)
  std::optional<core::eseq> expected;  ///< refuse with CONFLICT unless this is the entity's last eseq (JRN-04)
  core::uuid command_id;               ///< nil: made by the node
  core::uuid correlation_id;           ///< nil: the command's own id
  core::uuid causation_id;
  std::string trace_id;
};

/// What a command came to. A query or a command that changed nothing has no events and position 0.
struct command_reply {
  core::gseq position;              ///< of the command's last event
  core::eseq sequence;              ///< the entity's last eseq that the answer covers
  std::vector<std::string> events;  ///< names, in order
  std::string reply;                ///< one msgpack value
  bool replayed = false;            ///< the stored answer of an earlier request with the same key
};

/// An entity's state, as now or as it was.
struct entity_view {
  core::eseq sequence;
  std::string state;  ///< one msgpack value
  core::digest hash;
};

/// When: now, at an eseq, at a gseq or at a time.
struct as_of_now {};
using as_of = std::variant<as_of_now, core::eseq, core::gseq, core::timestamp>;

/// A digest over the state hashes of all entities in address order (contract: `logline journal hash`).
struct state_digest {
  core::gseq position;
  std::uint64_t entities = 0;
  core::digest state;
};

struct directory_entry {
  core::address entity;
  core::eseq sequence;
  core::gseq last;
};

/// How a mirror stands.
struct mirror_status {
  std::string name;
  core::gseq position;  ///< mirrored and durable there
  std::uint64_t lag_events = 0;
  core::duration_us lag;  ///< age of the oldest record that it lacks, when it last looked
  std::uint64_t failures = 0;
  bool is_diverged = false;
};

/// What adapters talk to: the one way in. Every function may be called from any thread, returns at once, and answers
/// exactly once, on a thread of the node; receivers must be short and must not throw. Refusals are typed
/// (core::failure).
class door {
 public:
  virtual ~door() = default;

  /// Sends the command to its entity. The answer comes after the events are durable. OVERLOADED with retry_after_s when
  /// too much is in flight, UNAVAILABLE while draining or after the partition stopped.
  virtual void submit(command_request request, reply<command_reply> answer) = 0;

  /// NOT_FOUND when the entity has no event up to then.
  virtual void show(core::address entity, as_of when, reply<entity_view> answer) = 0;

  /// Up to `limit` records of the entity from eseq `from` on.
  virtual void history(core::address entity, core::eseq from, std::size_t limit,
                       reply<std::vector<core::record>> answer) = 0;

  /// Runs a read on a thread that may block on the disk; for log, proof and directory routes.
  virtual void read(std::function<void(journal::partition_log&)> task) = 0;

  /// Entities of a tenant (all tenants when empty) and type (all when empty), after `after` in address order.
  virtual void directory(std::string tenant, std::string type, std::string after, std::size_t limit,
                         reply<std::vector<directory_entry>> answer) = 0;

  /// Gives events of a durable subscription to a member: as soon as there are any, at the latest after the wait, then
  /// none. Refusals are the subscription's, OVERLOADED when too many wait, UNAVAILABLE as for submit().
  virtual void pull(pull_request request, reply<pulled> answer) = 0;

  /// Where the open subscriptions of a tenant (of all when empty) stand, in address order; measured anew.
  virtual void subscriptions(std::string tenant, reply<std::vector<subscription_lag>> answer) = 0;

  virtual std::vector<mirror_status> mirrors() const = 0;

  virtual core::result<std::vector<projection_status>> projections() const = 0;
  /// Begins to build a projection anew beside the old one, which readers see until the new one is as far (REP-02).
  /// NOT_FOUND; CONFLICT while one is under way.
  virtual core::outcome rebuild_projection(std::string_view name) = 0;

  /// From the live entities, waking those that sleep; meant for a node at rest.
  virtual void live_digest(reply<state_digest> answer) = 0;

  /// Whether commands are taken: the partition runs, disk is not at its floor, and the node is not draining.
  virtual core::outcome ready() const = 0;

  /// Name, help text and value of counters and gauges; labels are part of the name, Prometheus style.
  struct figure {
    std::string name;
    std::string help;
    bool is_counter = false;
    double value = 0;
  };
  virtual std::vector<figure> figures() const = 0;

  /// "site.generation" of this node.
  virtual std::string_view origin() const = 0;
  virtual const core::secret_box* secrets() const = 0;

  /// Opens the sealed personal fields of a record for a reader who may see them: whoever hands records out calls this,
  /// on a copy that lives no longer than its answer (GDP-09). Erased fields become redacted (GDP-12).
  virtual void unseal(core::record&) const {}
};

}  // namespace logline::actors
