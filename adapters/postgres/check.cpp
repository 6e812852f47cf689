#include "adapters/postgres/check.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "adapters/postgres/row.hpp"
#include "journal/merkle.hpp"
#include "journal/record.hpp"

namespace logline::postgres {

using journal::errc;
using journal::error;
using journal::outcome;

namespace {

std::string text_of(core::gseq position) {
  return std::to_string(position.value);
}

class checker {
 public:
  checker(const journal::partition_log& log, connection server, const check_scope& scope)
      : log_(log), server_(std::move(server)), scope_(scope), schema_(connection::quoted(scope.schema)) {}

  journal::result<check_report> run(core::function_ref<void(core::gseq)> show) {
    if (auto ready = prepare(); !ready) return std::move(ready).error();
    const core::gseq end = std::min(last_, report_.last);
    for (core::gseq first = scope_.first; first <= end; first = core::next(range_end(first, end))) {
      if (auto done = range(first, range_end(first, end)); !done) return std::move(done).error();
      show(range_end(first, end));
    }
    return std::move(report_);
  }

 private:
  static core::gseq range_end(core::gseq first, core::gseq end) {
    const std::uint64_t whole = (first.value + range_records - 1) / range_records * range_records;
    return std::min(core::gseq{whole}, end);
  }

  /// Repeatable read: a mirror that goes on meanwhile changes nothing of what is compared.
  outcome prepare() {
    const auto set =
        server_.run(fmt::format("SET TimeZone = 'UTC'; SET search_path = pg_catalog, pg_temp; "
                                "CREATE TEMP TABLE expected (LIKE {}.journal_event)",
                                schema_));
    if (!set) return set.error();
    const auto begun = server_.run("BEGIN ISOLATION LEVEL REPEATABLE READ");
    if (!begun) return begun.error();
    // The first statement takes the snapshot: whatever is in it was in the log before.
    if (auto taken = server_.run("SELECT 1"); !taken) return taken.error();
    const core::gseq head = log_.head().position;
    last_ = scope_.last.value == 0 ? head : std::min(scope_.last, head);
    const std::array<argument, 3> where{std::to_string(scope_.partition.value), text_of(scope_.first), text_of(head)};
    const auto found = server_.run(
        fmt::format(
            "SELECT (SELECT min(gseq) FROM {0}.journal_event WHERE partition = $1::integer AND gseq >= $2::bigint), "
            "(SELECT max(gseq) FROM {0}.journal_event WHERE partition = $1::integer), "
            "(SELECT max(last_gseq) FROM {0}.mirror_commit WHERE partition = $1::integer), "
            "(SELECT min(first_gseq) FROM (SELECT first_gseq, lag(last_gseq, 1, 0::bigint) OVER (ORDER BY last_gseq) "
            "AS before "
            "FROM {0}.mirror_commit WHERE partition = $1::integer) c WHERE first_gseq <> before + 1), "
            "(SELECT count(*) FROM {0}.journal_event WHERE partition = $1::integer AND (gseq > $3::bigint OR gseq < "
            "1))",
            schema_),
        where);
    if (!found) return found.error();
    const auto position = [&](std::size_t column) {
      return core::gseq{static_cast<std::uint64_t>(found->integer(0, column))};
    };
    report_.first = position(0);
    report_.last = position(1);
    if (found->integer(0, 4) != 0)
      differ(core::next(head), report_.last, fmt::format("{} rows beyond the journal", found->integer(0, 4)));
    if (position(2) != report_.last)
      differ(report_.last, position(2), "the newest row is not that of the newest commit");
    if (!found->is_null(0, 3)) differ(position(3), position(3), "mirror_commit has a gap before it");
    return core::done{};
  }

  void differ(core::gseq first, core::gseq last, std::string what) {
    report_.differs.push_back({std::min(first, last), std::max(first, last), std::move(what)});
  }

  outcome range(core::gseq first, core::gseq last) {
    ++report_.ranges;
    const auto before = log_.chain_at(core::gseq{first.value - 1});
    if (!before) return before.error();
    const std::array<argument, 4> bounds{std::to_string(scope_.partition.value), text_of(first), text_of(last),
                                         bytea_text(before->view())};
    const auto found =
        server_.run(fmt::format("SELECT count(*), {0}.chain($4::bytea, record ORDER BY gseq, at), count(DISTINCT gseq) "
                                "FROM {0}.journal_event "
                                "WHERE partition = $1::integer AND gseq BETWEEN $2::bigint AND $3::bigint",
                                schema_),
                    bounds);
    if (!found) return found.error();
    const auto rows = static_cast<std::uint64_t>(found->integer(0, 0));
    const auto wanted = last.value - first.value + 1;
    report_.records += rows;
    const auto here = log_.chain_at(last);
    if (!here) return here.error();
    const auto positions = static_cast<std::uint64_t>(found->integer(0, 2));
    if (rows != wanted || positions != wanted)
      return differ(first, last, fmt::format("{} rows of {} positions, not {}", rows, positions, wanted)), core::done{};
    if (found->bytes(0, 1) != here->view()) return differ(first, last, "another hash"), core::done{};
    return columns(first, last, *before);
  }

  /// Equal bytes do not make equal columns: people read the columns.
  outcome columns(core::gseq first, core::gseq last, core::digest chain) {
    rows_.begin();
    outcome written = core::done{};
    const auto read = log_.scan(first, [&](const journal::record_view& r) {
      const auto previous = chain;
      chain = journal::chain_hash(chain, journal::leaf_hash(r.bytes));
      written = rows_.add(r, previous, chain);
      return written && r.position < last;
    });
    if (!read) return read.error();
    if (!written) return written;
    const auto copied =
        server_.copy_in(fmt::format("COPY expected ({}) FROM STDIN (FORMAT binary)", row_columns), rows_.finish());
    if (!copied) return copied.error();
    const std::array<argument, 3> bounds{std::to_string(scope_.partition.value), text_of(first), text_of(last)};
    const auto found =
        server_.run(fmt::format("SELECT count(*), min(gseq), max(gseq) FROM (SELECT * FROM expected EXCEPT ALL SELECT "
                                "* FROM {}.journal_event "
                                "WHERE partition = $1::integer AND gseq BETWEEN $2::bigint AND $3::bigint) d",
                                schema_),
                    bounds);
    if (!found) return found.error();
    if (found->integer(0, 0) != 0)
      differ(core::gseq{static_cast<std::uint64_t>(found->integer(0, 1))},
             core::gseq{static_cast<std::uint64_t>(found->integer(0, 2))},
             fmt::format("{} rows whose columns are not their record's", found->integer(0, 0)));
    const auto emptied = server_.run("TRUNCATE expected");
    if (!emptied) return emptied.error();
    return core::done{};
  }

  const journal::partition_log& log_;
  connection server_;
  const check_scope scope_;
  const std::string schema_;
  core::gseq last_;
  check_report report_;
  row_writer rows_;
};

}  // namespace

journal::result<check_report> check(const journal::partition_log& log, const server_address& server,
                                    const check_scope& scope, core::function_ref<void(core::gseq)> show) {
  auto opened = connection::open(server, "logline verify");
  if (!opened) return std::move(opened).error();
  return checker{log, *std::move(opened), scope}.run(show);
}

}  // namespace logline::postgres
