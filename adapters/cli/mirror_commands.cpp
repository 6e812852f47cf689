#include <cstdint>
#include <filesystem>
#include <optional>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "actors/clock.hpp"
#include "adapters/cli/commands.hpp"
#include "adapters/cli/database_commands.hpp"
#include "adapters/cli/journal_copy.hpp"
#include "adapters/cli/progress.hpp"
#include "adapters/cli/record_options.hpp"
#include "adapters/cli/render.hpp"
#include "domain/core/json.hpp"
#include "domain/core/show_record.hpp"
#include "journal/checkpoint.hpp"
#include "journal/open.hpp"
#include "journal/rebuild.hpp"

namespace logline::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t range_records = 10'000;  // MIR-05

struct mirror_options {
  std::string ndjson;
  std::string journal;
  std::string keys;
  database postgres;
};

fs::path data_folder(const invocation& run) {
  return run.given.data.empty() ? "data" : run.given.data;
}
fs::path keys_folder(const invocation& run, const mirror_options& o) {
  return o.keys.empty() ? data_folder(run) / "keys" : fs::path{o.keys};
}

fs::path copy_folder(const invocation& run, const mirror_options& o) {
  return o.ndjson.empty() ? data_folder(run) / "ndjson" : fs::path{o.ndjson};
}

trouble trouble_of(const journal::error& e) {
  using journal::errc;
  const bool cannot = e.code == errc::store_failed || e.code == errc::key_missing || e.code == errc::store_locked ||
                      e.code == errc::conflict || e.code == errc::disk_full;
  // What is missing at a position was there once.
  const bool never_there = e.code == errc::not_found && e.position.value == 0;
  return {never_there ? exit_usage : cannot ? exit_refused : exit_unverified, e.text()};
}

/// What a comparison has found so far.
struct comparison {
  std::uint64_t records = 0;
  core::gseq first;
  core::gseq last;
  std::uint64_t ranges = 0;
  std::string differs;  ///< the first range that does, with where it stands in the copy
};

/// One hash per range is enough: it is fixed by the bytes of every record up to there.
journal::outcome compare(const journal::partition_log& log, const copy_reader& read, const fs::path& directory,
                         const fs::path& keys, progress& bar, comparison& out) {
  const core::gseq head = log.head().position;
  journal::outcome status = core::done{};
  core::gseq range_first{1};
  const auto check = [&](core::gseq position, const core::digest& hash, const std::string& place) {
    ++out.ranges;
    const auto here = log.chain_at(position);
    if (!here && here.error().code != journal::errc::not_found) {
      status = here.error();
      return false;
    }
    if (here && *here == hash) {
      range_first = core::next(position);
      return true;
    }
    out.differs = fmt::format("records {} to {} are not the journal's ({}, {})", range_first.value, position.value,
                              place, here ? "another hash" : "beyond the journal's end");
    return false;
  };
  core::digest last_hash;
  std::string last_place;
  auto read_all = read(directory, keys, [&](journal::parsed_line&& line, const std::string& place) {
    const core::gseq position = line.record.position;
    if (out.records++ == 0) out.first = range_first = position;
    out.last = position;
    last_hash = line.hash;
    last_place = place;
    if (position.value % range_records != 0) return true;
    bar.show(position.value, head.value);
    return check(position, line.hash, place);
  });
  if (!read_all) return read_all;
  if (status && out.differs.empty() && out.records > 0 && out.last.value % range_records != 0)
    check(out.last, last_hash, last_place);
  return status;
}

journal::result<mirror_verdict> compare_ndjson(const journal::partition_log& log, const mirror_options& o,
                                               invocation& run) {
  comparison found;
  progress bar{run.env, "verify", "records"};
  const auto done = compare(log, run.env.read_ndjson, copy_folder(run, o), keys_folder(run, o), bar, found);
  if (!done) return done.error();
  const std::uint64_t head = log.head().position.value;
  const std::uint64_t behind = head - std::min(head, found.last.value);
  const bool equal = found.differs.empty() && behind == 0;
  std::string differs;
  core::append_json_text(differs, found.differs);
  return mirror_verdict{
      fmt::format(R"({{"mirror":"ndjson","equal":{},"records":{},"first_gseq":{},"last_gseq":{},"journal":{},)"
                  R"("behind":{},"ranges":{},"differs":{}}})",
                  equal, found.records, found.first.value, found.last.value, head, behind, found.ranges,
                  found.differs.empty() ? "null" : differs),
      equal};
}

/// Every mirror that is there or was named (MIR-05); one alone is shown as it is.
void verify(const mirror_options& o, invocation& run) {
  const auto data = data_folder(run);
  const auto db = database_of(o.postgres, run.env);
  journal::partition_options options;
  options.directory = (data / "journal").string();
  options.data_directory = data.string();
  options.log.clock = actors::wall_clock;
  options.read_only = true;
  const auto log = journal::open_partition(std::move(options));
  if (!log) return run.fail(trouble_of(log.error()));
  std::vector<mirror_verdict> verdicts;
  const auto keep = [&](journal::result<mirror_verdict> verdict) {
    if (!verdict) return run.fail(trouble_of(verdict.error())), false;
    verdicts.push_back(*std::move(verdict));
    return true;
  };
  if ((db.url.empty() || !o.ndjson.empty() || fs::exists(copy_folder(run, o))) && !keep(compare_ndjson(**log, o, run)))
    return;
  if (!db.url.empty() && !keep(compare_database(**log, db, run.env))) return;
  bool equal = true;
  std::string all;
  for (const auto& one : verdicts) {
    equal = equal && one.equal;
    all += (all.empty() ? "" : ",") + one.json;
  }
  print_object(run.env.out, run.given.format,
               verdicts.size() == 1 ? all
                                    : fmt::format(R"({{"equal":{},"journal":{},"mirrors":[{}]}})", equal,
                                                  (*log)->head().position.value, all));
  if (!equal) run.exit = exit_unverified;
}

void rebuild(const mirror_options& o, invocation& run) {
  if (o.ndjson.empty() && o.journal.empty() && database_of(o.postgres, run.env).url.empty())
    return run.fail({exit_usage, "name the copy by --journal, --ndjson or --postgres"});
  const auto data = data_folder(run);
  const fs::path keys = keys_folder(run, o);
  auto site = journal::site_key::load(keys);
  if (!site) return run.fail(trouble_of(site.error()));
  journal::partition_options options;
  options.directory = (data / "journal").string();
  options.data_directory = data.string();
  std::error_code problem;
  fs::create_directories(data, problem);
  if (problem) return run.fail({exit_refused, fmt::format("{}: {}", data.string(), problem.message())});

  std::unique_ptr<journal::rebuilding> making;
  journal::outcome status = core::done{};
  progress bar{run.env, "rebuild", "records"};
  const auto take = [&](journal::parsed_line&& line, const std::string&) {
    if (!making) {
      options.log.signer = std::make_shared<journal::checkpoint_signer>(
          journal::checkpoint_origin(line.record.site, line.record.partition), *site);
      auto begun = journal::rebuilding::begin(options);
      if (!begun) return status = std::move(begun).error(), false;
      making = *std::move(begun);
    }
    const auto position = line.record.position.value;
    status = making->take(std::move(line.record), line.hash);
    if (position % 1'000 == 0) bar.show(position, position);
    return status.has_value();
  };
  const auto read = !o.journal.empty()  ? read_journal_copy(o.journal, take)
                    : !o.ndjson.empty() ? run.env.read_ndjson(o.ndjson, keys, take)
                                        : run.env.databases.read(database_of(o.postgres, run.env), {}, take);
  if (!read) return run.fail(trouble_of(read.error()));
  if (!status) return run.fail(trouble_of(status.error()));
  if (!making) return run.fail({exit_usage, "there is no record in the copy"});
  const auto head = making->finish();
  if (!head) return run.fail(trouble_of(head.error()));
  print_object(run.env.out, run.given.format,
               fmt::format(R"({{"gseq":{},"chain":"{}","root":"{}"}})", head->position.value, head->chain.hex(),
                           head->root.hex()));
}

void verify_copy(const mirror_options& o, invocation& run) {
  comparison found;
  core::digest hash;
  const auto done = run.env.read_ndjson(copy_folder(run, o), keys_folder(run, o),
                                        [&](journal::parsed_line&& line, const std::string&) {
                                          if (found.records++ == 0) found.first = line.record.position;
                                          found.last = line.record.position;
                                          hash = line.hash;
                                          return true;
                                        });
  if (!done) return run.fail(trouble_of(done.error()));
  print_object(run.env.out, run.given.format,
               fmt::format(R"({{"records":{},"first_gseq":{},"last_gseq":{},"hash":"{}"}})", found.records,
                           found.first.value, found.last.value, hash.hex()));
}

void cat_copy(const mirror_options& o, const record_options& which, invocation& run) {
  const auto filter = filter_of(which);
  if (!filter) return run.fail(filter.error());
  list_printer printer{
      run.env.out, run.given.format, {"gseq", "at", "tenant", "type", "key", "eseq", "event", "payload"}};
  std::uint64_t shown = 0;
  std::string json;
  const auto done = run.env.read_ndjson(
      copy_folder(run, o), keys_folder(run, o), [&](journal::parsed_line&& line, const std::string&) {
        if (matches(*filter, line.record)) {
          json.clear();
          core::json_sink to{json};
          core::show_record(line.record, run.env.find_type ? run.env.find_type(line.record.entity.type) : nullptr, to);
          printer.row(json);
          ++shown;
        }
        return shown < which.limit && line.record.position < filter->to && run.env.out.good();
      });
  printer.finish();
  if (!done) run.fail(trouble_of(done.error()));
}

void add_copy_options(CLI::App& command, mirror_options& o) {
  command.add_option("--ndjson", o.ndjson, "The copy (default: DATA/ndjson)")->type_name("DIR");
  command.add_option("--keys", o.keys, "Where its keys are (default: DATA/keys)")->type_name("DIR");
}

void add_ndjson_commands(CLI::App& app, invocation& run) {
  auto* const group = app.add_subcommand("ndjson", "Reads an NDJSON copy by itself, while its node runs or not");
  group->require_subcommand(1);

  auto* const verifying =
      group->add_subcommand("verify", "Checks signatures, chain, trailers and manifests; names file and line");
  const auto v = std::make_shared<mirror_options>();
  add_copy_options(*verifying, *v);
  verifying->callback([v, &run] { verify_copy(*v, run); });

  auto* const catting = group->add_subcommand("cat", "Prints records, each checked");
  struct cat_options {
    mirror_options copy;
    record_options which;
  };
  const auto c = std::make_shared<cat_options>();
  add_copy_options(*catting, c->copy);
  add_record_options(*catting, c->which);
  catting->add_option("--limit", c->which.limit, "At most so many")->check(CLI::PositiveNumber);
  catting->callback([c, &run] { cat_copy(c->copy, c->which, run); });
}

}  // namespace

void add_mirror_commands(CLI::App& app, invocation& run) {
  auto* const group = app.add_subcommand("mirror", "Copies of the journal that the node keeps (--data DIR)");
  group->require_subcommand(1);

  auto* const verifying = group->add_subcommand(
      "verify", "Compares the copies with a stopped node's journal; names the ranges that differ");
  const auto v = std::make_shared<mirror_options>();
  add_copy_options(*verifying, *v);
  add_database_options(*verifying, v->postgres);
  verifying->callback([v, &run] { verify(*v, run); });
  add_database_commands(*group, run);
  add_mirror_rebuild_command(*group, run);

  auto* const importing = app.get_subcommand("journal")->add_subcommand(
      "import", "Makes the journal of an empty data directory anew from one copy alone");
  const auto r = std::make_shared<mirror_options>();
  auto* const directory = importing->add_option("--ndjson", r->ndjson, "The NDJSON copy")->type_name("DIR");
  add_database_options(*importing, r->postgres);
  directory->excludes(importing->get_option("--postgres"));
  importing->add_option("--journal", r->journal, "A data directory with a journal, such as a copy of a stopped node's")
      ->type_name("DIR")
      ->excludes(directory)
      ->excludes(importing->get_option("--postgres"));
  importing->add_option("--keys", r->keys, "site.key and ndjson.key (default: DATA/keys)")->type_name("DIR");
  importing->footer("Example:\n  logline journal import --data NEW --ndjson OLD/ndjson --keys OLD/keys");
  importing->callback([r, &run] { rebuild(*r, run); });

  add_ndjson_commands(app, run);
}

}  // namespace logline::cli
