#include "adapters/cli/database_commands.hpp"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "adapters/cli/render.hpp"
#include "domain/core/json.hpp"

namespace logline::cli {

void add_database_options(CLI::App& command, database& o) {
  command.add_option("--postgres", o.url, "The database, without a password (default: $LOGLINE_PG_URL)")
      ->type_name("URL");
  command.add_option("--password-file", o.password_file, "File with the password (default: ~/.pgpass or PGPASSWORD)")
      ->type_name("FILE");
  command.add_option("--schema", o.schema, "Where its tables are")->capture_default_str();
}

database database_of(const database& given, const environment& env) {
  database out = given;
  if (out.url.empty()) out.url = env.variable("LOGLINE_PG_URL").value_or("");
  return out;
}

mirror_verdict verdict_of(std::string_view mirror, const copy_report& found, core::gseq head) {
  mirror_verdict out;
  const std::uint64_t behind = head.value - std::min(head.value, found.last.value);
  out.equal = found.differs.empty() && behind == 0;
  std::string differs;
  for (const auto& one : found.differs) {
    differs += fmt::format(R"({}{{"first_gseq":{},"last_gseq":{},"what":)", differs.empty() ? "" : ",", one.first.value,
                           one.last.value);
    core::append_json_text(differs, one.what);
    differs += '}';
  }
  out.json = fmt::format(
      R"({{"mirror":"{}","equal":{},"records":{},"first_gseq":{},"last_gseq":{},"journal":{},"behind":{},)"
      R"("ranges":{},"differs":[{}]}})",
      mirror, out.equal, found.records, found.first.value, found.last.value, head.value, behind, found.ranges, differs);
  return out;
}

journal::result<mirror_verdict> compare_database(const journal::partition_log& log, const database& with,
                                                 const environment& env) {
  const core::gseq head = log.head().position;
  progress bar{env, "verify", "records"};
  const auto found = env.databases.compare(log, with, [&](core::gseq at) { bar.show(at.value, head.value); });
  if (!found) return found.error();
  return verdict_of("postgres", *found, head);
}

void add_database_commands(CLI::App& group, invocation& run) {
  auto* const migrating =
      group.add_subcommand("migrate", "Brings a mirror database's roles, tables and views up to this program");
  const auto o = std::make_shared<database>();
  add_database_options(*migrating, *o);
  migrating->footer("By a superuser, or a role that may create roles. Doing it again changes nothing.");
  migrating->callback([o, &run] {
    const auto to = database_of(*o, run.env);
    if (to.url.empty()) return run.fail({exit_usage, "name the database by --postgres"});
    const auto done = run.env.databases.migrate(to);
    if (!done) return run.fail({exit_refused, done.error().text()});
    std::string applied;
    for (const auto& line : *done) {
      applied += applied.empty() ? "" : ",";
      core::append_json_text(applied, line);
    }
    print_object(run.env.out, run.given.format, fmt::format(R"({{"done":[{}]}})", applied));
  });
}

}  // namespace logline::cli
