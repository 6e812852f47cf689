#include "adapters/postgres/rebuild.hpp"

#include <array>

#include <fmt/format.h>

#include "adapters/postgres/check.hpp"
#include "adapters/postgres/mirror.hpp"
#include "journal/mirror_copy.hpp"

namespace logline::postgres {

using journal::errc;
using journal::error;

namespace {

constexpr std::size_t records_at_once = 10'000;

/// Whose mirror it is: the records say.
journal::outcome owner_of(const journal::partition_log& log, mirror_options& options) {
  const auto read = log.scan(core::gseq{1}, [&](const journal::record_view& r) {
    options.site = r.site;
    options.partition = r.partition;
    return false;
  });
  if (!read) return read.error();
  if (options.site.empty()) return error{errc::not_found, "the journal holds no record", {}};
  return core::done{};
}

journal::result<rebuilt_schema> give_name(connection& to, const std::string& schema, const std::string& next,
                                          core::gseq last) {
  const std::array<argument, 1> name{schema};
  const auto found = to.run(
      "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISS'), EXISTS (SELECT FROM pg_namespace WHERE nspname = "
      "$1)",
      name);
  if (!found) return found.error();
  rebuilt_schema out{last, {}};
  std::string statements = "BEGIN; SET LOCAL ledger.migrating = 'on';";
  if (found->truth(0, 1)) {
    out.kept = fmt::format("{}_before_{}", schema, found->text(0, 0));
    statements +=
        fmt::format("ALTER SCHEMA {} RENAME TO {};", connection::quoted(schema), connection::quoted(out.kept));
  }
  statements +=
      fmt::format("ALTER SCHEMA {} RENAME TO {}; COMMIT", connection::quoted(next), connection::quoted(schema));
  if (auto done = to.run(statements); !done) return std::move(done).error();
  return out;
}

}  // namespace

journal::result<rebuilt_schema> rebuild(const journal::partition_log& log, const server_address& server,
                                        const std::string& schema, std::vector<view_definition> views,
                                        core::function_ref<void(core::gseq)> show) {
  const std::string next = schema + "_next";
  mirror_options options;
  options.server = server;
  options.schema = next;
  options.views = std::move(views);
  if (auto known = owner_of(log, options); !known) return std::move(known).error();
  auto session = connection::open(server, "logline rebuild");
  if (!session) return std::move(session).error();
  const auto cleared = session->run(fmt::format(
      "BEGIN; SET LOCAL ledger.migrating = 'on'; DROP SCHEMA IF EXISTS {} CASCADE; COMMIT", connection::quoted(next)));
  if (!cleared) return cleared.error();

  check_scope scope{next, options.partition, core::gseq{1}, {}};
  mirror to{std::move(options)};
  const auto opened = to.open();
  if (!opened) return opened.error();
  const auto copied = journal::copy_records(log, to, *opened, log.head().position, records_at_once, [&](core::gseq at) {
    show(at);
    return true;
  });
  if (!copied) return copied.error();
  const auto found = check(log, server, scope, show);
  if (!found) return found.error();
  if (!found->differs.empty() || found->last != copied->position)
    return error{errc::store_corrupt, "the new schema does not hold the journal's records; the old one stands",
                 copied->position};
  return give_name(*session, schema, next, copied->position);
}

}  // namespace logline::postgres
