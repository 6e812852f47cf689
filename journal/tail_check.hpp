#pragma once

#include <optional>
#include <string>
#include <vector>

#include "journal/framer.hpp"
#include "journal/recovery.hpp"
#include "journal/witness.hpp"

namespace logline::journal {

/// What opening found at the end of a log.
struct tail_findings {
  tail_facts facts = tail_facts::sound();
  std::optional<error> damage;     ///< the first, in reading order; decides the refusal's code and position
  std::vector<error> damages;      ///< all of it, for verification
  log_state state;                 ///< the end of what is sound
  std::uint64_t records = 0;       ///< of the tail, checked one by one
  std::vector<std::string> notes;  ///< what is worth a line in the report but no refusal

  /// Notes that `fact` does not hold, and the damage that shows it unless one is known already.
  void missing(tail_fact fact, error e);
};

/// Checks the records after the newest signed head against everything that is known of them: their own digests, that
/// head, and the witness; of what lies below, only that the head fits it. Adds to `findings`, whose facts about files
/// are already in. `verifier` may be null: then signatures are not looked at. Never writes.
void check_tail(const log_store& store, core::partition_id partition, const checkpoint_verifier* verifier,
                const witness_reading& reading, tail_findings& findings);

}  // namespace logline::journal
