#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "adapters/postgres/connection.hpp"
#include "adapters/postgres/endpoint.hpp"
#include "adapters/postgres/migrations.hpp"
#include "adapters/postgres/row.hpp"
#include "journal/mirror_target.hpp"

namespace logline::postgres {

struct mirror_options {
  server_address server;
  /// Which server, instead of `server`, where that may change; its epoch is this writer's once there was a switch.
  std::shared_ptr<const endpoint> where;
  std::string site;
  core::partition_id partition;
  /// Of this writer, where it has one: a lower one than the database has seen is refused. Without: the database's own.
  std::optional<std::uint64_t> epoch;
  std::string schema = "ledger";                     ///< [a-z0-9_]
  std::vector<view_definition> views;                ///< of the catalogue
  bool migrate = true;                               ///< bring the schema up on the first open(), where the role may
  std::size_t records_per_transaction = 1'000;       ///< PGM-03
  core::duration_us slow = core::milliseconds(200);  ///< a transaction that took longer is reported (PGM-12)
  std::function<core::timestamp()> clock;            ///< measures that
  /// Lines for the node's log: what was done, and what wants a look.
  std::function<void(const std::string&)> note = [](const std::string&) {};
  std::function<void(const std::string&)> warn = [](const std::string&) {};
  /// An alert by name (journal §16): PARTITION_MISSING, MIRROR_FOREIGN.
  std::function<void(std::string_view, const std::string&)> raise = [](std::string_view, const std::string&) {};
  std::function<void(std::string_view)> clear = [](std::string_view) {};
};

/// The database as a copy of the log (journal §3): docs/operate/postgres.md. Errors beside those of mirror_target:
/// position_gap when another writer has committed since open() (MIR-A4); chain_broken for another site's mirror
/// (MIRROR_FOREIGN), rows that no commit covers, or an epoch that is over; store_corrupt, unknown_format as migrate().
class mirror final : public journal::mirror_target {
 public:
  explicit mirror(mirror_options settings) : settings_(std::move(settings)) {}

  /// Waits for a transaction of this mirror that may still be under way. The months ahead are made (PGM-07).
  journal::result<journal::mirror_position> open() override;

  /// One transaction per records_per_transaction, each all or none: COPY, its row in mirror_commit, one NOTIFY
  /// (PGM-09). A failure in a later one leaves the earlier ones: open() says how far.
  journal::outcome append(std::span<const journal::record_view> records,
                          const journal::mirror_position& after) override;

  /// Makes the months ahead; notices a server that went away.
  journal::outcome rest() override;

 private:
  journal::outcome connect();
  journal::outcome bring_schema();
  journal::result<journal::mirror_position> read_position();
  journal::outcome refuse_strangers(core::gseq last);
  journal::outcome make_months(core::timestamp from, core::timestamp through);
  journal::outcome write(std::span<const journal::record_view> records);
  journal::outcome copy(std::span<const journal::record_view> records);
  journal::outcome failed(journal::error why);
  void tell_alerts(const journal::error& why);
  std::string table(std::string_view name) const;

  mirror_options settings_;
  std::optional<connection> session_;
  std::uint64_t server_ = 0;  ///< of `where`, that the session is with
  bool migrated_ = false;
  bool month_was_missing_ = false;
  journal::mirror_position at_;
  std::uint64_t epoch_ = 1;                ///< of the commits to come
  std::optional<core::timestamp> newest_;  ///< commit time of the newest record there
  std::vector<core::digest> hashes_;       ///< before the batch, and behind each of its records
  row_writer rows_;
};

/// What a NOTIFY on app_events says (PGM-09): site, positions and the streams they touch, always below 8000 bytes;
/// where the streams do not fit, "streams" is null.
std::string notice_of(std::string_view site, std::span<const journal::record_view> records);

}  // namespace logline::postgres
