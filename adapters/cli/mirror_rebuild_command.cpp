// mirror rebuild (MIR-06): a mirror made anew beside the one that is there, compared, and then put in its place.
#include <filesystem>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "actors/clock.hpp"
#include "adapters/cli/database_commands.hpp"
#include "adapters/cli/render.hpp"
#include "domain/core/json.hpp"
#include "journal/mirror_copy.hpp"
#include "journal/open.hpp"

namespace logline::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t records_at_once = 10'000;

struct rebuild_options {
  std::string name;
  std::string ndjson;
  std::string keys;
  database postgres;
};

struct rebuilt {
  core::gseq last;
  std::string kept;  ///< where the one before is now
};

trouble trouble_of(const journal::error& e) {
  using journal::errc;
  const bool wrong = e.code == errc::store_corrupt || e.code == errc::chain_broken || e.code == errc::bad_signature;
  return {e.code == errc::not_found ? exit_usage : wrong ? exit_unverified : exit_refused, e.text()};
}

/// "2026-11-20T17:15:00.000000Z" as a part of a name.
std::string stamp() {
  std::string out;
  for (const char c : core::to_rfc3339(actors::wall_clock()).substr(0, 19))
    if (c >= '0' && c <= '9') out += c;
  return out;
}

/// Site and partition are the records' own.
journal::result<copy_plan> plan_for(const journal::partition_log& log, const fs::path& directory,
                                    const fs::path& keys) {
  copy_plan plan{directory, keys, {}, {}, {}};
  const auto read = log.scan(core::gseq{1}, [&](const journal::record_view& r) {
    plan.site = r.site;
    plan.partition = r.partition;
    return false;
  });
  if (!read) return read.error();
  if (plan.site.empty()) return journal::error{journal::errc::not_found, "the journal holds no record", {}};
  return plan;
}

/// The new copy's own reader must come to where the journal is.
journal::outcome compare(const journal::partition_log& log, const copy_plan& plan, const environment& env) {
  journal::mirror_position there;
  const auto read = env.read_ndjson(plan.directory, plan.keys, [&](journal::parsed_line&& line, const std::string&) {
    there = {line.record.position, line.hash};
    return true;
  });
  if (!read) return read;
  const auto head = log.head();
  if (there.position == head.position && there.chain == head.chain) return core::done{};
  return journal::error{journal::errc::store_corrupt,
                        "the new copy does not hold the journal's records; the old one stands", there.position};
}

journal::result<rebuilt> rebuild_ndjson(const journal::partition_log& log, const fs::path& directory,
                                        const fs::path& keys, const environment& env, progress& bar) {
  const fs::path next = directory.string() + ".next";
  std::error_code problem;
  fs::remove_all(next, problem);
  const auto plan = plan_for(log, next, keys);
  if (!plan) return plan.error();
  {
    auto to = env.make_ndjson(*plan);
    if (!to) return std::move(to).error();
    const auto opened = (*to)->open();
    if (!opened) return opened.error();
    const auto last = log.head().position;
    const auto copied = journal::copy_records(log, **to, *opened, last, records_at_once, [&](core::gseq at) {
      bar.show(at.value, last.value);
      return true;
    });
    if (!copied) return copied.error();
    if (auto sealed = (*to)->rest(); !sealed) return std::move(sealed).error();
  }
  if (auto same = compare(log, *plan, env); !same) return std::move(same).error();
  rebuilt out{log.head().position, {}};
  if (fs::exists(directory, problem)) {
    out.kept = directory.string() + ".before-" + stamp();
    fs::rename(directory, out.kept, problem);
  }
  if (!problem) fs::rename(next, directory, problem);
  if (problem) return journal::error{journal::errc::store_failed, directory.string() + ": " + problem.message(), {}};
  return out;
}

journal::result<rebuilt> rebuild_postgres(const journal::partition_log& log, const database& in, const environment& env,
                                          progress& bar) {
  auto done = env.databases.rebuild(log, in, [&](core::gseq at) { bar.show(at.value, log.head().position.value); });
  if (!done) return std::move(done).error();
  return rebuilt{log.head().position, *std::move(done)};
}

void rebuild(const rebuild_options& o, invocation& run) {
  const fs::path data = run.given.data.empty() ? "data" : run.given.data;
  const auto db = database_of(o.postgres, run.env);
  if (o.name == "postgres" && db.url.empty()) return run.fail({exit_usage, "name the database by --postgres"});
  journal::partition_options options;
  options.directory = (data / "journal").string();
  options.data_directory = data.string();
  options.log.clock = actors::wall_clock;
  options.read_only = true;
  const auto log = journal::open_partition(std::move(options));
  if (!log) return run.fail(trouble_of(log.error()));
  progress bar{run.env, "rebuild", "records"};
  const auto done = o.name == "postgres"
                        ? rebuild_postgres(**log, db, run.env, bar)
                        : rebuild_ndjson(**log, o.ndjson.empty() ? data / "ndjson" : fs::path{o.ndjson},
                                         o.keys.empty() ? data / "keys" : fs::path{o.keys}, run.env, bar);
  if (!done) return run.fail(trouble_of(done.error()));
  std::string kept;
  core::append_json_text(kept, done->kept);
  print_object(run.env.out, run.given.format,
               fmt::format(R"({{"mirror":"{}","last_gseq":{},"kept":{}}})", o.name, done->last.value,
                           done->kept.empty() ? "null" : kept));
}

}  // namespace

void add_mirror_rebuild_command(CLI::App& group, invocation& run) {
  auto* const command = group.add_subcommand(
      "rebuild", "Makes a mirror anew from a stopped node's journal, compares it, and puts it in the old one's place");
  const auto o = std::make_shared<rebuild_options>();
  command->add_option("name", o->name, "Which")->required()->check(CLI::IsMember({"ndjson", "postgres"}));
  command->add_option("--ndjson", o->ndjson, "The files (default: DATA/ndjson)")->type_name("DIR");
  command->add_option("--keys", o->keys, "Where their keys are (default: DATA/keys)")->type_name("DIR");
  add_database_options(*command, o->postgres);
  command->footer("The old one is kept under another name. Example:\n  logline mirror rebuild ndjson --data DATA");
  command->callback([o, &run] { rebuild(*o, run); });
}

}  // namespace logline::cli
