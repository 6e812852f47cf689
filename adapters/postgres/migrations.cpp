#include "adapters/postgres/migrations.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "adapters/postgres/migration_texts.hpp"

namespace logline::postgres {

using journal::errc;
using journal::error;
using journal::outcome;

namespace {

constexpr std::string_view placeholder = "@schema@";
constexpr std::int64_t migration_lock = 0x6c6f676c696e65;  // "logline"

struct migration {
  int version;
  std::string_view name;
  std::string_view text;
};

/// "001_ledger" and so on; the other texts have no number.
std::vector<migration> migrations() {
  std::vector<migration> out;
  for (const auto& one : sql_texts()) {
    int version = 0;
    const auto parsed = std::from_chars(one.name.data(), one.name.data() + one.name.size(), version);
    if (parsed.ec == std::errc{}) out.push_back({version, one.name, one.text});
  }
  return out;
}

std::string_view text_named(std::string_view name) {
  const auto all = sql_texts();
  const auto found = std::find_if(all.begin(), all.end(), [&](const sql_text& t) { return t.name == name; });
  LL_INVARIANT(found != all.end(), "no {}.sql was compiled in", name);
  return found->text;
}

std::string checksum_of(std::string_view text) {
  return core::sha256(text).hex();
}

outcome finished(journal::result<rows> done) {
  if (!done) return std::move(done).error();
  return core::done{};
}

/// All or nothing; a failure is rolled back.
outcome in_transaction(connection& to, const std::string& body) {
  auto done = finished(to.run("BEGIN;\n" + body + "\nCOMMIT"));
  if (done || !to.is_open()) return done;
  if (auto undone = finished(to.run("ROLLBACK")); !undone) return undone;
  return done;
}

struct applied_migration {
  std::int64_t version;
  std::string checksum;
};
journal::result<std::vector<applied_migration>> applied_migrations(connection& to, std::string_view schema) {
  const std::array<argument, 1> table{fmt::format("{}.migration_history", connection::quoted(schema))};
  const auto there = to.run("SELECT to_regclass($1) IS NOT NULL", table);
  if (!there) return there.error();
  std::vector<applied_migration> out;
  if (!there->truth(0, 0)) return out;
  const auto listed = to.run(fmt::format("SELECT version, checksum FROM {} ORDER BY version", *table[0]));
  if (!listed) return listed.error();
  for (std::size_t i = 0; i < listed->size(); ++i)
    out.push_back({listed->integer(i, 0), std::string{listed->text(i, 1)}});
  return out;
}

journal::result<std::size_t> count_applied(connection& to, std::string_view schema) {
  const auto applied = applied_migrations(to, schema);
  if (!applied) return applied.error();
  const auto known = migrations();
  if (applied->size() > known.size())
    return error{errc::unknown_format, "the database's schema is newer than this program", {}};
  for (std::size_t i = 0; i < applied->size(); ++i)
    if ((*applied)[i].version != known[i].version || (*applied)[i].checksum != checksum_of(known[i].text))
      return error{
          errc::store_corrupt,
          fmt::format("migration {} was applied with another text: the schema is not this program's", known[i].name),
          {}};
  return applied->size();
}

/// Both need rights that the node's own role should not have.
outcome make_roles_and_schema(connection& to, std::string_view schema) {
  if (auto made = in_transaction(to, std::string{text_named("roles")}); !made)
    return error{made.error().code, "making roles: " + made.error().message, {}};
  const std::array<argument, 1> name{std::string{schema}};
  const auto there = to.run("SELECT FROM pg_namespace WHERE nspname = $1", name);
  if (!there) return there.error();
  if (there->size() != 0) return core::done{};
  return finished(to.run(fmt::format("CREATE SCHEMA {} AUTHORIZATION logline_owner", connection::quoted(schema))));
}

outcome apply(connection& to, std::string_view schema, const migration& one) {
  const auto done = in_transaction(
      to, fmt::format("SET LOCAL ROLE logline_owner;\nSET LOCAL ledger.migrating = 'on';\n{}\n"
                      "INSERT INTO {}.migration_history (version, name, checksum) VALUES ({}, '{}', '{}');",
                      in_schema(one.text, schema), connection::quoted(schema), one.version, one.name,
                      checksum_of(one.text)));
  if (done) return done;
  return error{done.error().code, fmt::format("migration {}: {}", one.name, done.error().message), {}};
}

std::string literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text)
    out.append(c == '\'' ? 2 : 1, c);
  return out + '\'';
}

std::string statements_for(std::string_view schema, const view_definition& view, const std::string& comment) {
  const std::string name = fmt::format("{}.{}", connection::quoted(schema), connection::quoted(view.name));
  return fmt::format(
      "DROP VIEW IF EXISTS {0};\nCREATE VIEW {0} WITH (security_barrier) AS {1};\nCOMMENT ON VIEW {0} IS {2};\n"
      "GRANT SELECT ON {0} TO logline_mirror, logline_readonly, logline_auditor;\n",
      name, in_schema(view.select, schema), literal(comment));
}

/// A view's comment ends in the checksum of its text, so that one that is as it should be is left alone.
outcome make_views(connection& to, std::string_view schema, std::span<const view_definition> views,
                   std::vector<std::string>& made) {
  const std::array<argument, 1> name{std::string{schema}};
  const auto listed = to.run(
      "SELECT c.relname, obj_description(c.oid, 'pg_class') FROM pg_class c JOIN pg_namespace n ON n.oid = "
      "c.relnamespace "
      "WHERE n.nspname = $1 AND c.relkind = 'v'",
      name);
  if (!listed) return listed.error();
  std::string statements;
  for (const auto& view : views) {
    const std::string comment = fmt::format("{} [{}]", view.doc, checksum_of(view.select));
    bool is_there = false;
    for (std::size_t i = 0; i < listed->size() && !is_there; ++i)
      is_there = listed->text(i, 0) == view.name && listed->text(i, 1) == comment;
    if (is_there) continue;
    statements += statements_for(schema, view, comment);
    made.push_back(view.name);
  }
  if (statements.empty()) return core::done{};
  auto done = in_transaction(to, "SET LOCAL ROLE logline_owner;\nSET LOCAL ledger.migrating = 'on';\n" + statements);
  if (!done) return error{done.error().code, "views: " + done.error().message, {}};
  return done;
}

outcome bring_up(connection& to, std::string_view schema, std::span<const view_definition> views,
                 migration_report& report) {
  auto count = count_applied(to, schema);
  if (!count) return std::move(count).error();
  const auto known = migrations();
  if (*count == 0)
    if (auto made = make_roles_and_schema(to, schema); !made) return made;
  for (std::size_t i = *count; i < known.size(); ++i) {
    if (auto done = apply(to, schema, known[i]); !done) return done;
    report.applied.emplace_back(known[i].name);
  }
  const auto super = to.run("SELECT rolsuper FROM pg_roles WHERE rolname = current_user");
  if (!super) return super.error();
  if (super->size() == 1 && super->truth(0, 0)) {
    if (auto guarded = in_transaction(to, in_schema(text_named("guard"), schema)); !guarded) return guarded;
  } else {
    report.note = "only a superuser can guard the schema against dropping";
  }
  return make_views(to, schema, views, report.views);
}

}  // namespace

std::string in_schema(std::string_view text, std::string_view schema) {
  std::string out;
  for (;;) {
    const auto at = text.find(placeholder);
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    out += schema;
    text.remove_prefix(at + placeholder.size());
  }
}

journal::result<schema_state> read_schema_state(connection& to, std::string_view schema) {
  const auto count = count_applied(to, schema);
  if (!count) return count.error();
  return *count == 0 ? schema_state::missing
                     : (*count < migrations().size() ? schema_state::behind : schema_state::current);
}

journal::result<migration_report> migrate(connection& to, std::string_view schema,
                                          std::span<const view_definition> views) {
  if (auto locked = to.run(fmt::format("SELECT pg_advisory_lock({})", migration_lock)); !locked) return locked.error();
  migration_report report;
  auto done = bring_up(to, schema, views, report);
  if (to.is_open())
    if (auto freed = to.run(fmt::format("SELECT pg_advisory_unlock({})", migration_lock)); !freed && done)
      return freed.error();
  if (!done) return std::move(done).error();
  return report;
}

}  // namespace logline::postgres
