#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/core/described.hpp"

namespace logline::work {

/// One open attempt: who works on which task, and until when nobody else may.
struct lease {
  core::uuid id;
  core::uuid task_id;
  std::string worker_id;
  std::uint64_t token =
      0;  ///< fencing: grows with every lease of the queue, so a store can refuse a stale worker's writes
  core::timestamp started_at;
  core::timestamp until;                     ///< valid while now < until
  std::optional<std::string> cancel_reason;  ///< cancellation was asked for, and why
  friend bool operator==(const lease&, const lease&) = default;
};
constexpr auto describe(core::type_tag<lease>) {
  using core::field;
  return core::description<lease>("lease", "An open attempt.", field("id", &lease::id),
                                  field("task_id", &lease::task_id), field("worker_id", &lease::worker_id),
                                  field("token", &lease::token), field("started_at", &lease::started_at),
                                  field("until", &lease::until), field("cancel_reason", &lease::cancel_reason));
}

/// The leases of a queue as a machine without clock or I/O: it is told what happens and answers what is due. What it
/// holds is the open leases alone; order by expiry and by worker is derived. Every call costs O(log n) and what it
/// returns.
class lease_table {
 public:
  void grant(lease granted);
  void extend(const core::uuid& id, core::timestamp until);
  void ask_to_cancel(const core::uuid& id, std::string reason);
  void end(const core::uuid& id);

  /// Null when there is no such lease. Valid until the lease ends or is changed.
  const lease* find(const core::uuid& id) const;
  std::optional<core::timestamp> earliest_expiry() const;
  /// At most `max` leases whose time is up, those that ended earliest first.
  std::vector<const lease*> expired(core::timestamp now, std::size_t max) const;
  /// At most `max` leases of the worker, in order of id.
  std::vector<const lease*> of_worker(std::string_view worker_id, std::size_t max) const;
  std::size_t count_of(std::string_view worker_id) const;
  std::size_t size() const { return leases_.size(); }

  const std::map<core::uuid, lease>& all() const { return leases_; }

 private:
  lease& at(const core::uuid& id);

  std::map<core::uuid, lease> leases_;
  std::set<std::pair<core::timestamp, core::uuid>> by_expiry_;
  std::map<std::string, std::set<core::uuid>, std::less<>> by_worker_;
};

}  // namespace logline::work

/// Stored as the list of open leases, in order of id; the orders are rebuilt when it is read.
template <>
struct logline::core::codec<logline::work::lease_table> {
  static void encode(sink& to, const work::lease_table& v);
  static void decode(const source& from, work::lease_table& v, decode_scope& scope, const attributes& attr);
  static const type_shape& shape();
};
