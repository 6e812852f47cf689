#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "actors/door.hpp"
#include "domain/core/entity.hpp"
#include "journal/partition_log.hpp"
#include "journal/sealing.hpp"

namespace logline::actors {

/// One entity folded from the journal.
struct folded_entity {
  const core::entity_type* type = nullptr;
  core::state_ptr state{nullptr, nullptr};
  core::eseq sequence;
  core::gseq last;                 ///< position of the last folded record
  std::uint64_t folded = 0;        ///< records folded on top of the snapshot
  std::uint64_t bytes = 0;         ///< their payload bytes
  std::uint64_t skipped = 0;       ///< records of retired events
  std::size_t snapshot_bytes = 0;  ///< size of the snapshot it started from; 0 when it started from nothing
};

/// Entity types by name; tests bring their own.
using type_finder = std::function<const core::entity_type*(std::string_view)>;

/// Folds an entity up to its durable end: from its snapshot when that fits (fold version, eseq and hash are checked,
/// JRN-10), else from its first event. NOT_FOUND for unknown types; JOURNAL_CORRUPT or UNKNOWN_SCHEMA when the log
/// cannot be folded.
core::result<folded_entity> load_entity(const journal::partition_log& log, const core::entity_type& type,
                                        const core::address& entity);

/// Folds an entity as it was at a point, from its events alone. NOT_FOUND when it did not exist then.
core::result<folded_entity> load_entity_as_of(const journal::partition_log& log, const core::entity_type& type,
                                              const core::address& entity, const as_of& when);

/// Accumulates state hashes in address order.
class digest_builder {
 public:
  void add(const core::address& entity, core::eseq sequence, const core::digest& state_hash);
  state_digest finish(core::gseq position) const;

 private:
  std::string lines_;
  std::uint64_t entities_ = 0;
};

/// Replays the whole log from gseq 1, no snapshots, and digests every entity's state (contract: `logline journal
/// hash`). `progress` is told the position now and then.
core::result<state_digest> replay_digest(const journal::partition_log& log, const type_finder& types,
                                         const std::function<void(core::gseq)>& progress);

/// The whole log folded into memory: every entity's state.
core::result<std::map<core::address, folded_entity>> replay_all(const journal::partition_log& log,
                                                                const type_finder& types,
                                                                const std::function<void(core::gseq)>& progress);

/// A core::reply_quote that owns its text, since it may have come from the journal.
struct quote {
  std::size_t offset = 0;
  core::eseq sequence;
  std::string field;
};

/// Puts quoted fields of the entity's events into a reply. Sealed ones are opened by `privacy`, erased ones are
/// redacted; where it is null they stay sealed.
core::result<std::string> resolve_quotes(const journal::partition_log& log, const core::address& entity,
                                         std::string reply, const std::vector<quote>& quotes,
                                         journal::sealer* privacy = nullptr);

/// An event as a record for the journal. A timeline's clocks get the name of the stream, which is the entity's key.
journal::event_draft draft_of(const core::address& entity, const core::event_box& event, const core::uuid& event_id);

}  // namespace logline::actors
