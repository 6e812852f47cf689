#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/core/digest.hpp"
#include "domain/core/envelope.hpp"
#include "journal/append.hpp"
#include "journal/errc.hpp"

namespace logline::journal {

struct frozen_table;
struct record_view;

/// The end of a log: what has been made durable, and the two digests that commit to all of it.
struct log_head {
  core::gseq position;  ///< 0: empty; also the Merkle tree size
  core::digest chain;   ///< hash of the last record (journal §1); all zero when empty
  core::digest root;    ///< RFC 9162 Merkle tree head; SHA-256("") when empty
  core::timestamp at;   ///< commit time of the last record
};

/// A commit that has positions, frames and digests, but is not on disk yet. Made by prepare(), consumed by write(), in
/// order.
struct prepared_commit;
struct prepared_commit_deleter {
  void operator()(prepared_commit*) const;
};
using prepared_commit_ptr = std::unique_ptr<prepared_commit, prepared_commit_deleter>;
/// How many of the requests given to prepare() the commit answers: the first that many. At least one, where any were
/// given; the others go into a later commit.
std::size_t requests_taken(const prepared_commit& commit);

/// What became of each request that a commit took, in the order given to prepare().
using append_results = std::vector<result<appended>>;

/// Visits a record; returns false to stop. The record is reused for the next visit: copy what is to stay.
using record_visitor = std::function<bool(const core::record&)>;
/// The same without copying the record's parts: see record.hpp. For readers of many records.
using view_visitor = std::function<bool(const record_view&)>;

/// A cached fold (JRN-10). Never trusted over events: the reader checks eseq, fold version and hash.
struct snapshot {
  core::eseq sequence;
  core::gseq position;  ///< of the entity's last record that is in the fold
  std::uint32_t fold_version = 0;
  core::digest state_hash;
  std::string state;  ///< one msgpack value
};

/// One partition of the journal: a log with one writer.
///
///   gseq   1   2   3 | 4   5 | 6   7   8        |  = end of a commit (one atomic, synced write)
///         └ durable ────────┘└ prepared ┘
///
/// Contract, kept by every implementation (tests/contract/journal):
///  - positions are dense from 1; an entity's eseq is dense from 1; commit times do not decrease;
///  - write() returns only after the commit is on stable storage, and it is all there or not at all after any crash;
///  - after any error of write() the log is stopped: every later prepare() and write() answers errc::stopped;
///  - readers see durable records only, and see n before n + 1.
///
/// Threads: prepare() from one thread at a time, write() from one thread at a time (the two may overlap); everything
/// else from any thread.
class partition_log {
 public:
  virtual ~partition_log() = default;

  /// Whether prepare() would take requests now: stopped (final, or open for reading only) or disk_full otherwise.
  /// Cheap.
  virtual outcome accepting() = 0;

  /// Assigns positions and builds frames for as many of the requests as one commit holds (JRN-12; see requests_taken).
  /// A request that is refused (conflict, too_large) has its error in the results and leaves the others untouched.
  /// Errors: stopped; disk_full, which passes when there is room again; the store's, which are final for this log.
  virtual result<prepared_commit_ptr> prepare(std::span<const append_request> requests) = 0;

  /// Makes the commit durable (one WriteBatch, one sync), then brings the derived families along. The results answer
  /// every request that prepare() took. Any error is final for this log.
  virtual result<append_results> write(prepared_commit_ptr commit) = 0;

  /// prepare() and write() in one step, for callers without a committer.
  result<append_results> append(std::span<const append_request> requests);

  virtual log_head head() const = 0;

  /// Visits records from `from` (≥ 1) in order until the visitor stops or the durable head is reached; answers the next
  /// position to read. Damage met on the way is the error, with its position.
  result<core::gseq> read(core::gseq from, const record_visitor& visit) const;
  /// The same with views of the records, several times as fast; a view lives until its visit returns.
  virtual result<core::gseq> scan(core::gseq from, const view_visitor& visit) const = 0;

  /// Visits one entity's records from eseq `from` (≥ 1), in order, up to the durable head. Costs what it reads, plus
  /// some index look-ups to find where to begin.
  virtual outcome read_entity(const core::address& entity, core::eseq from, const record_visitor& visit) const = 0;

  /// The entity's last durable eseq; 0 when it has none. Costs one index look-up.
  virtual result<core::eseq> last_sequence(const core::address& entity) const = 0;

  /// The position of the first record of the command that carried this idempotency key, while its row lives (≥ 24 h,
  /// ENG-03).
  virtual result<std::optional<core::gseq>> find_command(const core::address& entity, std::string_view key) const = 0;

  /// The last position with commit time ≤ t; 0 when there is none.
  virtual result<core::gseq> position_at(core::timestamp t) const = 0;

  // -- derived families: caches without WAL that catch up from the log before they are read

  virtual result<std::optional<snapshot>> find_snapshot(const core::address& entity) const = 0;
  /// Replaces the entity's snapshot. Only of durable state; may be lost in a crash.
  virtual outcome put_snapshot(const core::address& entity, const snapshot& s) = 0;

  /// Visits every armed wake-up.
  virtual outcome each_wake(const std::function<void(const core::address&, core::timestamp)>& visit) const = 0;

  // -- views: rows of projections, written in the order of the log by one projector each

  struct view_row {
    std::string key;
    std::optional<std::string> value;  ///< nothing: delete
  };
  /// Writes the rows and the view's cursor atomically; may be lost in a crash together with its cursor, never apart
  /// from it.
  virtual outcome put_view(std::string_view view, core::gseq cursor, std::span<const view_row> rows) = 0;
  virtual result<core::gseq> view_cursor(std::string_view view) const = 0;
  /// Drops every row and the cursor.
  virtual outcome drop_view(std::string_view view) = 0;
  virtual result<std::optional<std::string>> view_get(std::string_view view, std::string_view key) const = 0;
  /// Visits rows with key > `after` and the given prefix, in key order, until the visitor returns false.
  virtual outcome view_scan(std::string_view view, std::string_view prefix, std::string_view after,
                            const std::function<bool(std::string_view key, std::string_view value)>& visit) const = 0;

  // -- cursors of reactors: in the WAL, so at most what the last sync had not covered is repeated

  virtual outcome put_cursor(std::string_view reader, core::gseq position) = 0;
  virtual result<core::gseq> cursor(std::string_view reader) const = 0;

  /// Makes, in a new directory on the same disk, a journal of its own out of this one's files, as a crash now would
  /// leave it: at this head or a little beyond. Writers go on meanwhile. Errors: store_failed; stopped (a log in
  /// memory).
  virtual result<std::vector<frozen_table>> freeze(const std::string& directory) const = 0;

  // -- retention

  /// Moves the log's oldest rows to where partition_options::cold keeps them: whole commits of records up to `until`,
  /// at most some 32 MiB of them, and nothing beyond the newest signed head. Answers the last position that is cold
  /// then: the same as before when there was nothing to move. Rows are dropped here only after the place gave them out
  /// again and their digest is durable here (RET-02). Every reader goes on seeing one log; where the place cannot be
  /// read, reading there answers errc::archived. By one thread; commits go on meanwhile. Errors: stopped (nowhere is
  /// said), damage of the rows, those of the place: nothing is dropped then.
  virtual result<core::gseq> cool(core::gseq until) = 0;
  /// The last cold position; 0: none.
  virtual core::gseq cold_floor() const = 0;

  // -- proof

  /// The newest signed checkpoint (tlog checkpoint text), signing one for the current head first when `fresh` and the
  /// head moved since. Empty text for an empty log.
  virtual result<std::string> checkpoint(bool fresh) = 0;

  /// RFC 9162 §2.1.3 inclusion proof of leaf `position` in the tree of the first `tree_size` records.
  virtual result<std::vector<core::digest>> inclusion_proof(core::gseq position, std::uint64_t tree_size) const = 0;
  /// RFC 9162 §2.1.4 consistency proof between two sizes.
  virtual result<std::vector<core::digest>> consistency_proof(std::uint64_t old_size, std::uint64_t new_size) const = 0;
  virtual result<core::digest> root_at(std::uint64_t tree_size) const = 0;
  /// The hash chain behind a record; zeros at 0. Tells whether a copy that ends there is one of this log. Errors:
  /// not_found beyond the head.
  virtual result<core::digest> chain_at(core::gseq position) const = 0;

  /// Bytes on disk, records, frames and cache figures for metrics; names are stable, snake_case.
  virtual std::vector<std::pair<std::string, double>> figures() const = 0;
};

}  // namespace logline::journal
