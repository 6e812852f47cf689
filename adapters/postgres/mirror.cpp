#include "adapters/postgres/mirror.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "domain/core/described.hpp"
#include "domain/core/json.hpp"
#include "journal/merkle.hpp"

namespace logline::postgres {

using journal::errc;
using journal::error;
using journal::outcome;

namespace {

constexpr std::size_t notice_bytes_max = 7'900;  // PostgreSQL takes less than 8000

/// "2026-11" of a time: partitions are months in UTC.
std::string month_of(core::timestamp at) {
  return core::to_rfc3339(std::clamp(at, core::earliest, core::latest)).substr(0, 7);
}
std::string partition_of(core::timestamp at) {
  const auto month = month_of(at);
  return fmt::format("journal_event_y{}m{}", month.substr(0, 4), month.substr(5));
}

std::string time_text(core::timestamp at) {
  return core::to_rfc3339(std::clamp(at, core::earliest, core::latest));
}

}  // namespace

std::string notice_of(std::string_view site, std::span<const journal::record_view> records) {
  std::set<std::string> streams;
  std::size_t bytes = 0;
  core::record owned;
  for (const auto& r : records) {
    if (r.timeline.empty() || bytes > notice_bytes_max || !journal::copy_record(r, owned) || !owned.timeline) continue;
    if (streams.insert(owned.timeline->stream).second) bytes += owned.timeline->stream.size() * 6 + 3;
  }
  std::string out;
  core::json_sink to{out};
  to.begin_object(5);
  to.key("site");
  to.text(site);
  to.key("partition");
  to.unsigned_integer(records.front().partition.value);
  to.key("first_gseq");
  to.unsigned_integer(records.front().position.value);
  to.key("last_gseq");
  to.unsigned_integer(records.back().position.value);
  to.key("streams");
  if (bytes > notice_bytes_max - 300) {
    to.null();
  } else {
    to.begin_array(streams.size());
    for (const auto& stream : streams)
      to.text(stream);
    to.end_array();
  }
  to.end_object();
  return out;
}

std::string mirror::table(std::string_view name) const {
  return fmt::format("{}.{}", connection::quoted(settings_.schema), connection::quoted(name));
}

outcome mirror::failed(error why) {
  tell_alerts(why);
  session_.reset();
  return why;
}

void mirror::tell_alerts(const error& why) {
  if (why.message.starts_with("MIRROR_FOREIGN")) settings_.raise("MIRROR_FOREIGN", why.message);
  if (!why.message.starts_with("PARTITION_MISSING")) return;
  settings_.raise("PARTITION_MISSING", why.message);
  month_was_missing_ = true;
}

journal::result<journal::mirror_position> mirror::open() {
  session_.reset();
  if (auto connected = connect(); !connected) return failed(std::move(connected).error()).error();
  if (auto ready = bring_schema(); !ready) return failed(std::move(ready).error()).error();
  auto stands = read_position();
  if (!stands) return failed(std::move(stands).error()).error();
  if (auto own = refuse_strangers(stands->position); !own) return failed(std::move(own).error()).error();
  at_ = *stands;
  if (newest_)
    if (auto made = make_months(*newest_, *newest_); !made) return failed(std::move(made).error()).error();
  return at_;
}

outcome mirror::connect() {
  if (settings_.where) {
    const auto chosen = settings_.where->current();
    settings_.server = chosen.server;
    server_ = chosen.state.active;
    if (chosen.state.epoch > 0) settings_.epoch = chosen.state.epoch;
  }
  auto opened = connection::open(settings_.server, "logline mirror");
  if (!opened) return std::move(opened).error();
  session_ = *std::move(opened);
  // An orphan of this session must not hold the lock for ever; no commit is told of before it is durable (PGM-03).
  const auto set = session_->run(
      "SET synchronous_commit = on; SET idle_in_transaction_session_timeout = '30s'; SET lock_timeout = '45s'; "
      "SET statement_timeout = '10min'; SET TimeZone = 'UTC'; SET search_path = pg_catalog");
  if (!set) return set.error();
  return core::done{};
}

outcome mirror::bring_schema() {
  auto state = read_schema_state(*session_, settings_.schema);
  if (!state) return std::move(state).error();
  const auto may = session_->run(
      "SELECT rolsuper OR rolcreaterole OR (EXISTS (SELECT FROM pg_roles WHERE rolname = "
      "'logline_owner') AND pg_has_role(current_user, (SELECT oid FROM pg_roles WHERE rolname = "
      "'logline_owner'), 'member')) FROM pg_roles WHERE rolname = current_user");
  if (!may) return may.error();
  if (settings_.migrate && !migrated_ && may->size() == 1 && may->truth(0, 0)) {
    const auto done = migrate(*session_, settings_.schema, settings_.views);
    if (!done) return done.error();
    for (const auto& name : done->applied)
      settings_.note(fmt::format("postgres: migration {} applied", name));
    if (!done->views.empty()) settings_.note(fmt::format("postgres: {} views made", done->views.size()));
    if (!done->note.empty() && !done->applied.empty()) settings_.note("postgres: " + done->note);
    migrated_ = true;
    return core::done{};
  }
  if (*state == schema_state::current) return core::done{};
  return error{errc::store_failed,
               fmt::format("schema {} is {}, and this role may not bring it up: run logline mirror migrate",
                           settings_.schema, *state == schema_state::missing ? "not there" : "of an older program"),
               {}};
}

// The lock is the one that check_commit() takes: who holds it is in the middle of a transaction.
journal::result<journal::mirror_position> mirror::read_position() {
  const std::string commits = table("mirror_commit");
  const std::array<argument, 2> whose{commits, std::to_string(settings_.partition.value)};
  const auto waited = session_->run("SELECT pg_advisory_xact_lock($1::regclass::oid::integer, $2::integer)", whose);
  if (!waited) return waited.error();
  const std::array<argument, 1> partition{whose[1]};
  const auto last = session_->run(fmt::format("SELECT last_gseq, chain_hash, epoch, site FROM {} WHERE partition = "
                                              "$1::integer ORDER BY last_gseq DESC LIMIT 1",
                                              commits),
                                  partition);
  if (!last) return last.error();
  epoch_ = settings_.epoch.value_or(1);
  newest_.reset();
  if (last->size() == 0) return journal::mirror_position{};
  const std::string hash = last->bytes(0, 1);
  if (hash.size() != 32) return error{errc::store_corrupt, "mirror_commit holds a hash that is none", {}};
  if (last->text(0, 3) != settings_.site)
    return error{errc::chain_broken,
                 fmt::format("MIRROR_FOREIGN: this is the mirror of site {}", core::excerpt(last->text(0, 3))),
                 {}};
  const auto seen = static_cast<std::uint64_t>(last->integer(0, 2));
  if (settings_.epoch && *settings_.epoch < seen)
    return error{errc::chain_broken,
                 fmt::format("MIRROR_FENCED: epoch {} has written, epoch {} is over", seen, *settings_.epoch),
                 {}};
  epoch_ = std::max(epoch_, seen);
  return journal::mirror_position{core::gseq{static_cast<std::uint64_t>(last->integer(0, 0))},
                                  core::digest::from(hash)};
}

/// What nobody's commit covers was put there by another hand.
outcome mirror::refuse_strangers(core::gseq last) {
  const std::array<argument, 3> own{std::to_string(last.value), std::to_string(settings_.partition.value),
                                    settings_.site};
  const auto found = session_->run(
      fmt::format("SELECT (SELECT gseq FROM {0} WHERE gseq > $1::bigint AND partition = $2::integer LIMIT 1), "
                  "(SELECT (extract(epoch FROM at) * 1000000)::bigint FROM {0} WHERE gseq = $1::bigint AND partition = "
                  "$2::integer "
                  "AND site = $3 LIMIT 1), (SELECT site FROM {1} ORDER BY partition, last_gseq LIMIT 1)",
                  table("journal_event"), table("mirror_commit")),
      own);
  if (!found) return found.error();
  if (!found->is_null(0, 2) && found->text(0, 2) != settings_.site)
    return error{errc::chain_broken,
                 fmt::format("MIRROR_FOREIGN: site {} has written here", core::excerpt(found->text(0, 2))),
                 {}};
  if (!found->is_null(0, 0))
    return error{errc::chain_broken, "MIRROR_FOREIGN: there are rows behind the last commit",
                 core::gseq{static_cast<std::uint64_t>(found->integer(0, 0))}};
  if (!found->is_null(0, 1)) newest_ = core::timestamp{found->integer(0, 1)};
  return core::done{};
}

outcome mirror::make_months(core::timestamp from, core::timestamp through) {
  const std::array<argument, 3> months{settings_.schema, time_text(from), time_text(through)};
  const auto made =
      session_->run(fmt::format("SELECT {}($1, $2::timestamptz, $3::timestamptz)", table("make_partitions")), months);
  if (!made) return error{made.error().code, "PARTITION_MISSING: months ahead: " + made.error().message, {}};
  return core::done{};
}

outcome mirror::append(std::span<const journal::record_view> records, const journal::mirror_position& after) {
  if (!session_) return error{errc::store_failed, "the mirror is not open: open() it again", {}};
  if (settings_.where && settings_.where->current().state.active != server_)
    return failed({errc::store_failed, "another server is in charge now", {}});
  if (records.empty()) return core::done{};
  hashes_.assign(1, at_.chain);
  core::gseq position = at_.position;
  for (const auto& r : records) {
    position = core::next(position);
    if (r.position != position || r.partition != settings_.partition)
      return error{errc::position_gap,
                   fmt::format("gseq {} of partition {} was handed over", r.position.value, r.partition.value),
                   position};
    hashes_.push_back(journal::chain_hash(hashes_.back(), journal::leaf_hash(r.bytes)));
  }
  if (position != after.position || hashes_.back() != after.chain)
    return error{errc::chain_broken, "the records do not lead from the mirror's position to where they should",
                 position};
  while (!records.empty()) {
    const auto batch = records.first(std::min(records.size(), settings_.records_per_transaction));
    const auto began = settings_.clock ? settings_.clock() : core::timestamp{};
    if (auto written = write(batch); !written) return failed(std::move(written).error());
    if (settings_.clock)
      if (const auto took = settings_.clock() - began; took > settings_.slow)
        settings_.warn(fmt::format("postgres: {} records took {} ms", batch.size(), took.us / 1'000));
    at_ = {batch.back().position, hashes_.at(batch.size())};
    newest_ = batch.back().at;
    if (std::exchange(month_was_missing_, false)) settings_.clear("PARTITION_MISSING");
    hashes_.erase(hashes_.begin(), hashes_.begin() + static_cast<std::ptrdiff_t>(batch.size()));
    records = records.subspan(batch.size());
  }
  return core::done{};
}

// The commit's row goes first: a writer whose time is over learns it before it sends its records.
outcome mirror::write(std::span<const journal::record_view> records) {
  if (!newest_ || month_of(*newest_) != month_of(records.back().at))
    if (auto made = make_months(newest_ ? *newest_ : records.front().at, records.back().at); !made) return made;
  epoch_ = std::max(epoch_, records.back().epoch.value);
  if (auto begun = session_->run("BEGIN"); !begun) return begun.error();
  const std::array<argument, 7> commit{std::to_string(settings_.partition.value),
                                       std::to_string(records.front().position.value),
                                       std::to_string(records.back().position.value),
                                       std::to_string(records.size()),
                                       std::to_string(epoch_),
                                       settings_.site,
                                       bytea_text(hashes_.at(records.size()).view())};
  if (auto added =
          session_->run(fmt::format("INSERT INTO {} (partition, first_gseq, last_gseq, count, epoch, site, chain_hash) "
                                    "VALUES ($1, $2, $3, $4, $5, $6, $7)",
                                    table("mirror_commit")),
                        commit);
      !added)
    return added.error();
  if (auto copied = copy(records); !copied) return copied;
  const std::array<argument, 1> notice{notice_of(settings_.site, records)};
  if (auto told = session_->run("SELECT pg_notify('app_events', $1)", notice); !told) return told.error();
  auto done = session_->run("COMMIT");
  if (!done) return std::move(done).error();
  return core::done{};
}

// Into the months themselves: COPY does not pass row level security, which stands on their parent, and a month that is
// not there is an error, never another place (PGM-07).
outcome mirror::copy(std::span<const journal::record_view> records) {
  for (std::size_t i = 0; i < records.size();) {
    const auto month = partition_of(records[i].at);
    std::uint64_t rows = 0;
    rows_.begin();
    for (; i < records.size() && partition_of(records[i].at) == month; ++i, ++rows)
      if (auto added = rows_.add(records[i], hashes_.at(i), hashes_.at(i + 1)); !added) return added;
    const auto taken = session_->copy_in(
        fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)", table(month), row_columns), rows_.finish());
    if (!taken && session_->state() == "42P01")
      return error{errc::store_failed, fmt::format("PARTITION_MISSING: {} is not there", month),
                   records[i - 1].position};
    if (!taken) return taken.error();
    if (*taken != rows)
      return error{errc::store_failed, fmt::format("the server took {} rows of {}", *taken, rows),
                   records[i - 1].position};
  }
  return core::done{};
}

outcome mirror::rest() {
  if (!session_) return error{errc::store_failed, "the mirror is not open: open() it again", {}};
  if (!newest_) {
    if (auto alive = session_->run("SELECT 1"); !alive) return failed(alive.error());
    return core::done{};
  }
  if (auto made = make_months(*newest_, *newest_); !made) return failed(std::move(made).error());
  return core::done{};
}

}  // namespace logline::postgres
