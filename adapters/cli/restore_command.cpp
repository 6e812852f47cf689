#include <cstdint>
#include <filesystem>
#include <optional>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "actors/clock.hpp"
#include "adapters/cli/backup_options.hpp"
#include "adapters/cli/commands.hpp"
#include "adapters/cli/progress.hpp"
#include "adapters/cli/record_options.hpp"
#include "adapters/cli/render.hpp"
#include "journal/checkpoint.hpp"
#include "journal/open.hpp"
#include "journal/record_writer.hpp"
#include "journal/restore.hpp"
#include "journal/verify.hpp"

namespace logline::cli {

namespace {

namespace fs = std::filesystem;

struct restore_options {
  backup_options where;
  std::string target;
  std::uint64_t to_gseq = 0;
  std::string to_time;
  std::string base;
  std::string tail;
  std::uint32_t generation = 0;
  bool inspect = false;
  std::string keystore;
  std::vector<std::string> shreds;
};

constexpr std::string_view tail_scheme = "ndjson:";

void restore(const restore_options& o, invocation& run) {
  const auto until = read_time(o.to_time, "--to-time");
  if (!until) return run.fail(until.error());
  if (!o.tail.empty() && !o.tail.starts_with(tail_scheme)) return run.fail({exit_usage, "--tail takes ndjson:DIR"});
  const auto place = open_place(o.where, false, run);
  if (!place) return;
  const fs::path keys = keys_folder(run, o.where);
  progress bar{run.env, "restore", "steps"};
  journal::restore_request request{.from = *place, .target = o.target, .keys = keys};
  if (o.to_gseq != 0) request.to_position = core::gseq{o.to_gseq};
  request.to_time = *until;
  if (o.generation != 0) request.generation = o.generation;
  request.base = o.base;
  request.inspection = o.inspect;
  request.clock = actors::wall_clock;
  request.progress = [&](std::string_view, std::uint64_t done, std::uint64_t total) { bar.show(done, total); };
  request.subjects = journal::key_sources{o.keystore, {o.shreds.begin(), o.shreds.end()}};
  if (!o.tail.empty())
    request.tail = [&](auto visit) { return run.env.read_ndjson(o.tail.substr(tail_scheme.size()), keys, visit); };
  const auto done = journal::restore(request);
  if (!done) return run.fail(backup_trouble(done.error()));
  const std::string base = done->base.empty() ? "null" : json_string(done->base);
  print_object(run.env.out, run.given.format,
               fmt::format(R"({{"gseq":{},"at":"{}","chain":"{}","root":"{}","generation":{},"base":{},"base_gseq":{},)"
                           R"("segments":{},"records":{},"tail_records":{}}})",
                           done->head.position.value, core::to_rfc3339(done->head.at), done->head.chain.hex(),
                           done->head.root.hex(), done->generation, base, done->base_position.value, done->segments,
                           done->records, done->tail_records));
  run.env.err << fmt::format("restored up to gseq {} ({}); what was committed after it is not in this copy\n",
                             done->head.position.value, core::to_rfc3339(done->head.at));
}

struct reimport_options {
  std::string ndjson;
  backup_options where;
};

/// What the copy has behind the journal's end, record by record, if it is one of this journal.
journal::outcome take_tail(const journal::tail_source& copy, journal::record_writer& writer, std::uint64_t& taken) {
  journal::outcome status = core::done{};
  const core::gseq head = writer.position();
  const core::digest chain = writer.chain();
  auto read = copy([&](journal::parsed_line&& line, const std::string& where) {
    const core::gseq position = line.record.position;
    if (position < head) return true;
    if (position == head ? line.hash != chain : line.previous != writer.chain()) {
      status = journal::error{journal::errc::chain_broken, where + ": the copy is not one of this journal", position};
      return false;
    }
    if (position > head) {
      status = writer.take(std::move(line.record), line.hash);
      ++taken;
    }
    return status.has_value();
  });
  return read ? status : read;
}

void reimport(const reimport_options& o, invocation& run) {
  const fs::path data = data_folder(run);
  const fs::path keys = keys_folder(run, o.where);
  journal::partition_options options;
  options.directory = (data / "journal").string();
  options.data_directory = data.string();
  options.log.clock = actors::wall_clock;
  options.read_only = true;
  journal::log_head head;
  {
    const auto log = journal::open_partition(options);
    if (!log) return run.fail(backup_trouble(log.error()));
    head = (*log)->head();
  }
  const auto verifier = journal::find_verifier(options, keys);
  const auto site = journal::site_key::load(keys);
  if (!verifier) return run.fail(backup_trouble(verifier.error()));
  if (!site) return run.fail(backup_trouble(site.error()));
  options.log.signer = std::make_shared<journal::checkpoint_signer>((*verifier)->origin(), *site);
  journal::record_writer writer{options, head.position, head.chain};
  const std::string copy = o.ndjson.empty() ? (data / "ndjson").string() : o.ndjson;
  std::uint64_t taken = 0;
  const auto done = take_tail([&](auto visit) { return run.env.read_ndjson(copy, keys, visit); }, writer, taken);
  if (!done) return run.fail(backup_trouble(done.error()));
  if (taken > 0) {
    const auto finished = writer.finish();
    if (!finished) return run.fail(backup_trouble(finished.error()));
    head = *finished;
  }
  print_object(run.env.out, run.given.format,
               fmt::format(R"({{"gseq":{},"chain":"{}","root":"{}","records":{}}})", head.position.value,
                           head.chain.hex(), head.root.hex(), taken));
}

void add_reimport_command(CLI::App& mirrors, invocation& run) {
  auto* const command =
      mirrors.add_subcommand("reimport", "Adds to a stopped node's journal the records that only its NDJSON copy has");
  const auto o = std::make_shared<reimport_options>();
  command->add_option("--ndjson", o->ndjson, "The copy (default: DATA/ndjson)")->type_name("DIR");
  command->add_option("--keys", o->where.keys, "site.key and ndjson.key (default: DATA/keys)")->type_name("DIR");
  command->callback([o, &run] { reimport(*o, run); });
}

}  // namespace

void add_restore_command(CLI::App& app, invocation& run) {
  auto* const command =
      app.add_subcommand("restore", "Puts a data directory back from backups and shipped records, up to one event");
  const auto o = std::make_shared<restore_options>();
  command->add_option("--from", o->where.place, "Place of backups: a directory or an s3: URL")
      ->type_name("PLACE")
      ->required();
  command->add_option("--target", o->target, "The new data directory: missing, or empty")->type_name("DIR")->required();
  auto* const position =
      command->add_option("--to-gseq", o->to_gseq, "The last event to be there")->check(CLI::PositiveNumber);
  auto* const time =
      command->add_option("--to-time", o->to_time, "The last event committed until then (RFC 3339, or 90s, 24h ago)")
          ->excludes(position);
  command->add_option("--base", o->base, "Begin from this backup; default: the newest not beyond the point");
  command->add_option("--generation", o->generation, "Whose history, where there are several (default: the newest)");
  command->add_option("--tail", o->tail, "ndjson:DIR: a mirror that is ahead, for what was not shipped")
      ->type_name("COPY")
      ->excludes(position)
      ->excludes(time);
  command->add_flag("--inspect", o->inspect, "The copy is to be read only: loglined will not open it");
  command->add_option("--keystore", o->keystore, "A copy of the subjects' keys, to go with the data")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  command->add_option("--shreds", o->shreds, "Places of the shred ledger: nobody erased comes back")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  add_key_options(*command, o->where);
  command->footer(
      "Example:\n  logline restore --from s3:https://s3.example/backups/lisbon --seal-key offsite.key "
      "--keys /safe/keys --target /var/lib/logline --to-gseq 41999");
  command->callback([o, &run] { restore(*o, run); });
  add_reimport_command(*app.get_subcommand("mirror"), run);
}

}  // namespace logline::cli
