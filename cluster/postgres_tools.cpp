#include "cluster/postgres_tools.hpp"

#include <fmt/format.h>

#include "adapters/postgres/check.hpp"
#include "adapters/postgres/migrations.hpp"
#include "adapters/postgres/reader.hpp"
#include "adapters/postgres/rebuild.hpp"
#include "adapters/postgres/views.hpp"
#include "cluster/postgres.hpp"
#include "domain/catalogue.hpp"

namespace logline::cluster {

namespace {

journal::result<postgres::server_address> address_of(const cli::database& given) {
  if (auto sound = postgres::check_url(given.url); !sound)
    return journal::error{sound.error().code, "--postgres " + sound.error().message, {}};
  postgres::server_address out;
  out.url = given.url;
  if (given.password_file.empty()) return out;
  auto password = read_password(given.password_file);
  if (!password) return std::move(password).error();
  out.password = *std::move(password);
  return out;
}

journal::outcome read(const cli::database& from, core::partition_id partition, cli::copy_visitor visit) {
  const auto address = address_of(from);
  if (!address) return address.error();
  return postgres::read_records(*address, from.schema, partition, visit);
}

journal::result<cli::copy_report> compare(const journal::partition_log& log, const cli::database& with,
                                          core::function_ref<void(core::gseq)> show) {
  const auto address = address_of(with);
  if (!address) return address.error();
  postgres::check_scope scope;
  scope.schema = with.schema;
  const auto found = postgres::check(log, *address, scope, show);
  if (!found) return found.error();
  cli::copy_report out{found->records, found->first, found->last, found->ranges, {}};
  for (const auto& one : found->differs)
    out.differs.push_back({one.first, one.last, one.what});
  return out;
}

journal::result<std::vector<std::string>> migrate(const cli::database& to) {
  const auto address = address_of(to);
  if (!address) return address.error();
  auto session = postgres::connection::open(*address, "logline migrate");
  if (!session) return std::move(session).error();
  auto done = postgres::migrate(*session, to.schema, postgres::views_of(domain::entity_types()));
  if (!done) return std::move(done).error();
  std::vector<std::string> out;
  for (const auto& name : done->applied)
    out.push_back("migration " + name);
  if (!done->views.empty()) out.push_back(fmt::format("{} views", done->views.size()));
  if (!done->note.empty()) out.push_back(done->note);
  return out;
}

journal::result<std::string> rebuild(const journal::partition_log& log, const cli::database& in,
                                     core::function_ref<void(core::gseq)> show) {
  const auto address = address_of(in);
  if (!address) return address.error();
  auto done = postgres::rebuild(log, *address, in.schema, postgres::views_of(domain::entity_types()), show);
  if (!done) return std::move(done).error();
  return std::move(done->kept);
}

}  // namespace

cli::database_tools make_database_tools() {
  return {read, compare, rebuild, migrate};
}

}  // namespace logline::cluster
