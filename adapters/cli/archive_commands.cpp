// archive run, list, verify, fetch, query, state: the journal's past in another place (journal §8).
#include <chrono>
#include <condition_variable>
#include <mutex>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "actors/clock.hpp"
#include "adapters/cli/archived_state.hpp"
#include "adapters/cli/commands.hpp"
#include "adapters/cli/json_peek.hpp"
#include "adapters/cli/node_client.hpp"
#include "adapters/cli/progress.hpp"
#include "adapters/cli/record_options.hpp"
#include "adapters/cli/render.hpp"
#include "domain/core/json.hpp"
#include "domain/core/show_record.hpp"

namespace logline::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view archive_path = "/v2/entities/system/archive/0";

struct place_options {
  std::string url;
  std::string keys;
  std::string site;
};

void add_place_options(CLI::App& command, place_options& o) {
  command.add_option("--from-url", o.url, "The archive: dir:DIRECTORY or s3:https://HOST/BUCKET/PREFIX?region=R")
      ->type_name("URL")
      ->required();
  command.add_option("--keys", o.keys, "Folder of site.pub, ndjson.key and s3.key (default: DATA/keys)")
      ->type_name("DIR");
  command.add_option("--site", o.site, "Whose log, where the place holds several")->type_name("NAME");
}

trouble trouble_of(const journal::error& e) {
  using journal::errc;
  const bool cannot = e.code == errc::store_failed || e.code == errc::key_missing || e.code == errc::conflict;
  const bool asked_wrong = e.code == errc::bad_encoding && e.message.starts_with("s3 url");
  return {asked_wrong ? exit_usage : cannot ? exit_refused : exit_unverified, e.text()};
}

core::result<std::unique_ptr<journal::record_archive>, trouble> open(const place_options& o, const invocation& run) {
  const fs::path data = run.given.data.empty() ? "data" : run.given.data;
  auto archive = run.env.open_archive(o.url, o.keys.empty() ? data / "keys" : fs::path{o.keys}, o.site);
  if (!archive) return trouble_of(archive.error());
  return *std::move(archive);
}

std::string unit_json(const journal::archive_unit& unit) {
  return fmt::format(
      R"({{"first_gseq":{},"last_gseq":{},"from":"{}","until":"{}","shards":{},"bytes":{},"hash":"{}","at":"{}"}})",
      unit.first_gseq.value, unit.last_gseq.value, core::to_rfc3339(unit.shards.front().first_at),
      core::to_rfc3339(unit.shards.back().last_at), unit.shards.size(), journal::bytes_of(unit), unit.hash.hex(),
      core::to_rfc3339(unit.at));
}

void list(const place_options& o, invocation& run) {
  auto archive = open(o, run);
  if (!archive) return run.fail(archive.error());
  const auto units = (*archive)->units();
  if (!units) return run.fail(trouble_of(units.error()));
  list_printer printer{
      run.env.out, run.given.format, {"first_gseq", "last_gseq", "from", "until", "shards", "bytes", "hash", "at"}};
  for (const auto& unit : *units)
    printer.row(unit_json(unit));
  printer.finish();
}

void verify(const place_options& o, std::uint64_t sample, invocation& run) {
  auto archive = open(o, run);
  if (!archive) return run.fail(archive.error());
  const auto units = (*archive)->units();
  if (!units) return run.fail(trouble_of(units.error()));
  progress bar{run.env, "verify", "units"};
  std::uint64_t checked = 0;
  std::string damage;
  for (std::size_t i = 0; i < units->size(); i += sample) {
    const auto sound = (*archive)->check((*units)[i]);
    if (!sound && sound.error().code == journal::errc::store_failed) return run.fail(trouble_of(sound.error()));
    if (!sound) run.fail(trouble_of(sound.error()));
    bar.show(++checked, units->size() / sample);
  }
  const auto last = units->empty() ? core::gseq{} : units->back().last_gseq;
  print_object(run.env.out, run.given.format,
               fmt::format(R"({{"units":{},"checked":{},"sound":{},"last_gseq":{}}})", units->size(), checked,
                           run.exit == exit_ok, last.value));
}

void fetch(const place_options& o, const record_options& which, const std::string& directory, invocation& run) {
  auto archive = open(o, run);
  if (!archive) return run.fail(archive.error());
  const auto shards = (*archive)->fetch(core::gseq{which.from}, core::gseq{which.to}, directory);
  if (!shards && shards.error().code == journal::errc::not_found) return run.fail({exit_usage, shards.error().message});
  if (!shards) return run.fail(trouble_of(shards.error()));
  print_object(run.env.out, run.given.format, fmt::format(R"({{"shards":{}}})", *shards));
}

void query(const place_options& o, const record_options& which, invocation& run) {
  const auto filter = filter_of(which);
  if (!filter) return run.fail(filter.error());
  auto archive = open(o, run);
  if (!archive) return run.fail(archive.error());
  list_printer printer{
      run.env.out, run.given.format, {"gseq", "at", "tenant", "type", "key", "eseq", "event", "payload"}};
  std::uint64_t shown = 0;
  std::string json;
  const auto done = (*archive)->read(*filter, [&](const core::record& r) {
    json.clear();
    core::json_sink to{json};
    core::show_record(r, run.env.find_type ? run.env.find_type(r.entity.type) : nullptr, to);
    printer.row(json);
    return ++shown < which.limit && run.env.out.good();
  });
  printer.finish();
  if (!done) return run.fail(trouble_of(done.error()));
  run.env.err << fmt::format("{} of {} shards fetched\n", done->fetched, done->shards);
}

void state(const place_options& o, const std::string& address, const std::string& as_of, invocation& run) {
  const auto entity = core::parse_address(address);
  if (!entity) return run.fail({exit_usage, entity.error().message});
  auto archive = open(o, run);
  if (!archive) return run.fail(archive.error());
  auto folded = archived_state(**archive, *entity, as_of, run.env.find_type);
  if (!folded) return run.fail(folded.error());
  print_object(run.env.out, run.given.format, *folded);
}

/// Asks the node, and waits until it has done it or could not.
void run_archive(std::optional<std::uint64_t> to_gseq, const std::string& reason, invocation& run) {
  auto token = find_token(run.given, run.env);
  if (!token) return run.fail(token.error());
  node_client node{run.given, *std::move(token), run.env};
  std::string body = "{\"reason\":";
  core::append_json_text(body, reason);
  if (to_gseq) body += fmt::format(",\"to_gseq\":{}", *to_gseq);
  if (auto asked = accepted(node.post(std::string{archive_path} + "/run", body + '}', {})); !asked)
    return run.fail(asked.error());
  const auto until = actors::wall_clock() + core::duration_us{static_cast<std::int64_t>(run.given.timeout_s * 1e6)};
  std::mutex mutex;
  std::condition_variable never;
  for (;;) {
    const auto answer = node.get(std::string{archive_path});
    if (answer && answer->status == 404)
      return print_object(run.env.out, run.given.format, R"({"archived_to":0,"ranges":0})");
    auto view = accepted(answer);
    if (!view) return run.fail(view.error());
    const auto now = member_of(*view, "state");
    if (const auto wanted = member_of(now, "wanted"); wanted.empty() || wanted == "null") {
      const auto failure = member_of(now, "failure");
      if (!failure.empty() && failure != "null") return run.fail({exit_refused, plain_text(failure)});
      return print_object(run.env.out, run.given.format,
                          fmt::format(R"({{"archived_to":{},"ranges":{}}})", member_of(now, "archived_to"),
                                      elements_of(member_of(now, "ranges")).size()));
    }
    if (actors::wall_clock() > until)
      return run.fail({exit_refused, "not done yet; see: logline show system/archive/0 (is archive.url set?)"});
    std::unique_lock lock{mutex};
    never.wait_for(lock, std::chrono::milliseconds{200});
  }
}

void add_run(CLI::App& group, invocation& run) {
  auto* const command = group.add_subcommand("run", "Has the node archive now, and waits until it is done");
  struct run_options {
    std::optional<std::uint64_t> to_gseq;
    std::string reason;
  };
  const auto o = std::make_shared<run_options>();
  command->add_option("--to-gseq", o->to_gseq, "Up to this record (default: what is older than archive.after_days)")
      ->check(CLI::PositiveNumber);
  command->add_option("--reason", o->reason, "Kept in the history");
  command->callback([o, &run] { run_archive(o->to_gseq, o->reason, run); });
}

void add_fetch(CLI::App& group, invocation& run) {
  auto* const command = group.add_subcommand("fetch", "Puts a range into a directory as an NDJSON copy of its own");
  struct fetch_options {
    place_options place;
    record_options which;
    std::string directory;
  };
  const auto o = std::make_shared<fetch_options>();
  add_place_options(*command, o->place);
  command->add_option("--from", o->which.from, "First gseq")->check(CLI::PositiveNumber);
  command->add_option("--to-gseq", o->which.to, "Last gseq")->check(CLI::PositiveNumber);
  command->add_option("--to", o->directory, "The new directory")->type_name("DIR")->required();
  command->callback([o, &run] { fetch(o->place, o->which, o->directory, run); });
}

void add_query(CLI::App& group, invocation& run) {
  auto* const command =
      group.add_subcommand("query", "Prints records; fetches only shards that may hold such (see --tenant, --since)");
  struct query_options {
    place_options place;
    record_options which;
  };
  const auto o = std::make_shared<query_options>();
  add_place_options(*command, o->place);
  add_record_options(*command, o->which);
  command->add_option("--limit", o->which.limit, "At most so many")->check(CLI::PositiveNumber);
  command->callback([o, &run] { query(o->place, o->which, run); });
}

}  // namespace

void add_archive_commands(CLI::App& app, invocation& run) {
  auto* const group = app.add_subcommand("archive", "The journal's past in another place");
  group->require_subcommand(1);
  add_run(*group, run);

  auto* const listing = group->add_subcommand("list", "Prints the ranges that are there, their signatures checked");
  const auto l = std::make_shared<place_options>();
  add_place_options(*listing, *l);
  listing->callback([l, &run] { list(*l, run); });

  auto* const verifying = group->add_subcommand("verify", "Fetches and recomputes everything; names what is damaged");
  struct verify_options {
    place_options place;
    std::uint64_t every = 1;
  };
  const auto v = std::make_shared<verify_options>();
  add_place_options(*verifying, v->place);
  verifying->add_option("--every", v->every, "Only each N-th range")->check(CLI::PositiveNumber);
  verifying->callback([v, &run] { verify(v->place, v->every, run); });

  add_fetch(*group, run);
  add_query(*group, run);

  auto* const showing = group->add_subcommand("state", "What an entity was, folded from the archive alone");
  struct state_options {
    place_options place;
    std::string address;
    std::string as_of;
  };
  const auto s = std::make_shared<state_options>();
  add_place_options(*showing, s->place);
  showing->add_option("address", s->address, "TENANT/TYPE/KEY")->required();
  showing->add_option("--as-of", s->as_of, "eseq:N, gseq:N or an RFC 3339 time (default: all that is archived)");
  showing->callback([s, &run] { state(s->place, s->address, s->as_of, run); });
}

}  // namespace logline::cli
