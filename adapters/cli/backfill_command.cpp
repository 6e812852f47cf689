// ndjson backfill (NDJ-11): what a journal holds, as a copy of its own.
#include <algorithm>
#include <filesystem>
#include <limits>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "actors/clock.hpp"
#include "adapters/cli/commands.hpp"
#include "adapters/cli/progress.hpp"
#include "adapters/cli/record_options.hpp"
#include "adapters/cli/render.hpp"
#include "journal/mirror_copy.hpp"
#include "journal/open.hpp"

namespace logline::cli {

namespace {

namespace fs = std::filesystem;

struct backfill_options {
  std::string since = "1970-01-01";
  std::uint64_t to_gseq = std::numeric_limits<std::uint64_t>::max();
  std::size_t chunk = 10'000;
  std::string directory;
  std::string keys;
};

trouble trouble_of(const journal::error& e) {
  using journal::errc;
  const bool cannot = e.code == errc::store_failed || e.code == errc::key_missing || e.code == errc::store_locked ||
                      e.code == errc::disk_full;
  return {e.code == errc::not_found ? exit_usage : cannot ? exit_refused : exit_unverified, e.text()};
}

journal::result<std::unique_ptr<journal::partition_log>> open_to_read(const fs::path& data) {
  journal::partition_options options;
  options.directory = (data / "journal").string();
  options.data_directory = data.string();
  options.log.clock = actors::wall_clock;
  options.read_only = true;
  return journal::open_partition(std::move(options));
}

/// Site and partition are the records' own.
journal::outcome plan_from(const journal::partition_log& log, core::gseq first, copy_plan& plan) {
  auto before = log.chain_at(core::gseq{first.value - 1});
  if (!before) return std::move(before).error();
  plan.begin = {core::gseq{first.value - 1}, *before};
  const auto read = log.scan(first, [&](const journal::record_view& r) {
    plan.site = r.site;
    plan.partition = r.partition;
    return false;
  });
  if (!read) return read.error();
  return core::done{};
}

void backfill(const backfill_options& o, invocation& run) {
  const fs::path data = run.given.data.empty() ? "data" : run.given.data;
  const auto since = read_time(o.since, "--since");
  if (!since) return run.fail(since.error());
  std::error_code unknown;
  if (fs::exists(o.directory, unknown) && !fs::is_empty(o.directory, unknown))
    return run.fail({exit_refused, "REFUSED_NOT_EMPTY: " + o.directory + " holds something already"});
  const auto log = open_to_read(data);
  if (!log) return run.fail(trouble_of(log.error()));
  const auto before = (*log)->position_at(since->value_or(core::earliest) - core::duration_us{1});
  if (!before) return run.fail(trouble_of(before.error()));
  const auto first = core::next(*before);
  const auto last = std::min(core::gseq{o.to_gseq}, (*log)->head().position);
  if (first > last) return run.fail({exit_usage, "the journal has no such record"});

  copy_plan plan{o.directory, o.keys.empty() ? data / "keys" : fs::path{o.keys}, {}, {}, {}};
  if (auto planned = plan_from(**log, first, plan); !planned) return run.fail(trouble_of(planned.error()));
  auto to = run.env.make_ndjson(plan);
  if (!to) return run.fail(trouble_of(to.error()));
  const auto opened = (*to)->open();
  if (!opened) return run.fail(trouble_of(opened.error()));
  progress bar{run.env, "backfill", "records"};
  const auto copied = journal::copy_records(**log, **to, *opened, last, o.chunk, [&](core::gseq position) {
    bar.show(position.value, last.value);
    return true;
  });
  if (!copied) return run.fail(trouble_of(copied.error()));
  if (auto sealed = (*to)->rest(); !sealed) return run.fail(trouble_of(sealed.error()));
  print_object(run.env.out, run.given.format,
               fmt::format(R"({{"rows_written":{},"first_gseq":{},"last_gseq":{},"hash":"{}"}})",
                           last.value - before->value, first.value, last.value, copied->chain.hex()));
}

}  // namespace

void add_backfill_command(CLI::App& app, invocation& run) {
  auto* const command = app.get_subcommand("ndjson")->add_subcommand(
      "backfill", "Writes a stopped node's records into a new directory, as sealed shards (--data DIR)");
  const auto o = std::make_shared<backfill_options>();
  command->add_option("--since", o->since, "Not before this: an RFC 3339 time, a day, or 90s, 30m, 24h, 7d ago")
      ->capture_default_str();
  command->add_option("--to-gseq", o->to_gseq, "Last record: the one before another copy's first")
      ->check(CLI::PositiveNumber);
  command->add_option("--chunk", o->chunk, "Records to a write")->check(CLI::Range(1, 100'000))->capture_default_str();
  command->add_option("--to", o->directory, "The new directory")->type_name("DIR")->required();
  command->add_option("--keys", o->keys, "site.key and ndjson.key (default: DATA/keys)")->type_name("DIR");
  command->footer("Example:\n  logline ndjson backfill --since 1970-01-01 --to /backup/ndjson --data DATA");
  command->callback([o, &run] { backfill(*o, run); });
}

}  // namespace logline::cli
