#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "actors/clock.hpp"
#include "actors/restore_probe.hpp"
#include "adapters/cli/backup_jobs.hpp"
#include "adapters/cli/backup_options.hpp"
#include "adapters/cli/commands.hpp"
#include "adapters/cli/progress.hpp"
#include "adapters/cli/render.hpp"
#include "journal/backup.hpp"
#include "journal/backup_retention.hpp"
#include "journal/open.hpp"
#include "journal/shred_ledger.hpp"

namespace logline::cli {

namespace {

namespace fs = std::filesystem;

struct backup_command {
  backup_options where;
  std::string label;
  std::string name;
  std::uint32_t keep_days = journal::retention_policy{}.days;
  std::uint32_t keep_months = journal::retention_policy{}.months;
};

/// A name for files on their way; two commands do not meet there.
fs::path scratch_in(const fs::path& folder) {
  return folder / fmt::format("logline-scratch-{}", ::getpid());
}

std::string journal_json(const journal::manifest_journal& j) {
  return fmt::format(R"("site":{},"generation":{},"gseq":{},"chain":"{}","root":"{}","head_at":"{}")",
                     json_string(j.site), j.generation, j.gseq.value, j.chain.hex(), j.root.hex(),
                     core::to_rfc3339(j.at));
}

struct log_identity {
  std::string site;
  std::uint32_t generation = 1;
};

/// Who wrote a stopped node's newest record.
journal::result<log_identity> identity_of(const fs::path& data) {
  journal::partition_options options;
  options.directory = (data / "journal").string();
  options.data_directory = data.string();
  options.log.clock = actors::wall_clock;
  options.read_only = true;
  options.open_check_bytes = 0;
  const auto log = journal::open_partition(std::move(options));
  if (!log) return log.error();
  std::optional<log_identity> out;
  const auto last = std::max<std::uint64_t>(1, (*log)->head().position.value);
  auto read = (*log)->read(core::gseq{last}, [&](const core::record& r) {
    out = log_identity{r.site, r.generation};
    return true;
  });
  if (!read) return std::move(read).error();
  if (!out) return journal::error{journal::errc::not_found, "the journal holds no record yet", {}};
  return *std::move(out);
}

/// Whether the command is for the running node: no directory is named.
bool is_for_node(const backup_command& c, const invocation& run) {
  return run.given.data.empty() && c.where.place.empty();
}

void now(const backup_command& c, invocation& run) {
  if (run.given.data.empty()) return order_job("backup", c.label, run);
  const fs::path data = data_folder(run);
  const auto identity = identity_of(data);
  if (!identity) return run.fail(backup_trouble(identity.error()));
  const fs::path keys = keys_folder(run, c.where);
  const auto history = journal::key_history::load(keys);
  if (!history) return run.fail(backup_trouble(history.error()));
  const auto signers = journal::load_backup_keys(keys, *history, actors::wall_clock());
  if (!signers) return run.fail(backup_trouble(signers.error()));
  const auto site = journal::site_public_key::load(keys);
  if (!site) return run.fail(backup_trouble(site.error()));
  const fs::path ledger = data / "shreds";
  const auto erased = journal::newest_shred_ledger(std::span{&ledger, 1}, *site);
  if (!erased) return run.fail(backup_trouble(erased.error()));
  const auto place = open_place(c.where, true, run);
  if (!place) return;
  const auto made = journal::make_backup(*place, {.freeze = journal::freeze_stopped(data / "journal", {}),
                                                  .scratch = data / "frozen",
                                                  .partition = {},
                                                  .site = identity->site,
                                                  .generation = identity->generation,
                                                  .label = c.label,
                                                  .versions = {{"logline", LOGLINE_VERSION}},
                                                  .erasures = erased->size(),
                                                  .signers = *signers,
                                                  .keys = *history,
                                                  .clock = actors::wall_clock});
  if (!made) return run.fail(backup_trouble(made.error()));
  print_object(run.env.out, run.given.format,
               fmt::format(R"({{"name":{},"existed":{},{},"files":{},"bytes":{},"new_bytes":{},"duration_ms":{}}})",
                           json_string(made->name), made->existed, journal_json(made->content.journals.front()),
                           made->content.files.size(), made->bytes, made->new_bytes, made->content.duration_ms));
}

void list(const backup_command& c, invocation& run) {
  const auto history = journal::key_history::load(keys_folder(run, c.where));
  if (!history) return run.fail(backup_trouble(history.error()));
  const auto place = open_place(c.where, false, run);
  if (!place) return;
  const auto names = journal::backup_names(*place);
  if (!names) return run.fail(backup_trouble(names.error()));
  list_printer printer{
      run.env.out, run.given.format, {"name", "ok", "gseq", "head_at", "bytes", "verified", "problem"}};
  for (const auto& name : *names) {
    const auto backup = journal::load_backup(*place, name, *history);
    if (!backup) {
      printer.row(fmt::format(R"({{"name":{},"ok":false,"problem":{}}})", json_string(name),
                              json_string(backup.error().text())));
      run.exit = exit_unverified;
      continue;
    }
    std::uint64_t bytes = 0;
    for (const auto& file : backup->content.files)
      bytes += file.bytes;
    const auto verified = place->get(journal::verified_name(name), 64);
    printer.row(fmt::format(R"({{"name":{},"ok":true,"at":"{}",{},"bytes":{},"key":"{}","verified":{}}})",
                            json_string(name), core::to_rfc3339(backup->content.at),
                            journal_json(backup->content.journals.front()), bytes, backup->by.key_id,
                            verified ? json_string(*verified) : "null"));
  }
  printer.finish();
}

/// The named one, or the newest.
std::optional<journal::stored_backup> chosen(const backup_command& c, journal::object_store& place, invocation& run) {
  const auto history = journal::key_history::load(keys_folder(run, c.where));
  if (!history) return run.fail(backup_trouble(history.error())), std::nullopt;
  std::string name = c.name;
  if (name.empty()) {
    const auto names = journal::backup_names(place);
    if (!names) return run.fail(backup_trouble(names.error())), std::nullopt;
    if (names->empty()) return run.fail({exit_usage, "there is no backup in " + place.where()}), std::nullopt;
    name = names->back();
  }
  auto backup = journal::load_backup(place, name, *history);
  if (!backup) return run.fail(backup_trouble(backup.error())), std::nullopt;
  return *std::move(backup);
}

void verify(const backup_command& c, invocation& run) {
  const auto place = open_place(c.where, false, run);
  if (!place) return;
  const auto backup = chosen(c, *place, run);
  if (!backup) return;
  progress bar{run.env, "verify", "bytes"};
  std::error_code unknown;
  const auto differences =
      journal::check_files_of(*place, backup->content, scratch_in(fs::temp_directory_path(unknown)),
                              [&](std::uint64_t done, std::uint64_t total) { bar.show(done, total); });
  if (!differences) return run.fail(backup_trouble(differences.error()));
  std::string found;
  for (const auto& d : *differences)
    found += fmt::format(R"({}{{"file":{},"what":"{}","expected":"{}","found":{}}})", found.empty() ? "" : ",",
                         json_string(d.path), journal::to_string(d.what), d.expected,
                         d.found.empty() ? "null" : json_string(d.found));
  print_object(
      run.env.out, run.given.format,
      fmt::format(R"({{"name":{},"ok":{},{},"files":{},"key":"{}","differences":[{}]}})", json_string(backup->name),
                  differences->empty(), journal_json(backup->content.journals.front()), backup->content.files.size(),
                  backup->by.key_id, found));
  if (!differences->empty()) run.exit = exit_unverified;
}

/// The stopped node's journal, where --data names one; a probe without it compares no states.
journal::result<std::unique_ptr<journal::partition_log>> live_journal(const invocation& run) {
  journal::partition_options options;
  options.directory = (data_folder(run) / "journal").string();
  options.data_directory = data_folder(run).string();
  options.log.clock = actors::wall_clock;
  options.read_only = true;
  options.open_check_bytes = 0;
  return journal::open_partition(std::move(options));
}

void probe(const backup_command& c, invocation& run) {
  if (is_for_node(c, run)) return order_job("probe", {}, run);
  const auto place = open_place(c.where, false, run);
  if (!place) return;
  const auto live = live_journal(run);
  if (!live && live.error().code != journal::errc::not_found) return run.fail(backup_trouble(live.error()));
  progress bar{run.env, "probe", "steps"};
  std::error_code unknown;
  const auto done = actors::probe_backup(
      {.place = *place,
       .name = c.name,
       .keys = keys_folder(run, c.where),
       .scratch = scratch_in(fs::temp_directory_path(unknown)),
       .types = run.env.find_type,
       .live = live ? live->get() : nullptr,
       .clock = actors::wall_clock,
       .progress = [&](std::string_view, std::uint64_t n, std::uint64_t all) { bar.show(n, all); }});
  const auto noted = journal::note_probe(*place, actors::wall_clock(), done.has_value());
  if (!done) return run.fail(backup_trouble(done.error()));
  if (!noted) return run.fail(backup_trouble(noted.error()));
  print_object(
      run.env.out, run.given.format,
      fmt::format(R"({{"name":{},"gseq":{},"chain":"{}","root":"{}","entities":{},"sampled":{},"compared":{}}})",
                  json_string(done->name), done->head.position.value, done->head.chain.hex(), done->head.root.hex(),
                  done->entities, done->sampled, live.has_value()));
}

void prune(const backup_command& c, invocation& run) {
  if (is_for_node(c, run)) return order_job("prune", {}, run);
  const auto history = journal::key_history::load(keys_folder(run, c.where));
  if (!history) return run.fail(backup_trouble(history.error()));
  const auto place = open_place(c.where, false, run);
  if (!place) return;
  const auto done = journal::prune_backups(*place, *history, {}, {c.keep_days, c.keep_months}, actors::wall_clock());
  if (!done) return run.fail(backup_trouble(done.error()));
  std::string names;
  for (const auto& name : done->backups)
    names += (names.empty() ? "" : ",") + json_string(name);
  print_object(run.env.out, run.given.format,
               fmt::format(R"({{"removed":[{}],"contents":{},"segments":{},"held_back":{}}})", names, done->contents,
                           done->segments, done->held_back.empty() ? "null" : json_string(done->held_back)));
}

using action = void (*)(const backup_command&, invocation&);

CLI::App* add(CLI::App& group, invocation& run, const std::string& name, const std::string& doc, action act,
              std::shared_ptr<backup_command>& c) {
  auto* const command = group.add_subcommand(name, doc);
  c = std::make_shared<backup_command>();
  command->add_option("--dir", c->where.place, "Place of backups: a directory or an s3: URL (default: DATA/backups)")
      ->type_name("PLACE");
  add_key_options(*command, c->where);
  command->callback([c, act, &run] { act(*c, run); });
  return command;
}

}  // namespace

void add_backup_commands(CLI::App& app, invocation& run) {
  auto* const group = app.add_subcommand("backup", "Backups of the journal: made, listed, proven");
  group->require_subcommand(1);
  std::shared_ptr<backup_command> c;
  auto* const making = add(*group, run, "now",
                           "Makes the day's backup: of the node, or of a stopped one's journal (--data DIR)", now, c);
  making->add_option("--label", c->label, "Makes one of its own beside the day's: a-z 0-9 _ -")->type_name("TEXT");
  add(*group, run, "list", "What there is, with head and signature", list, c);
  auto* const verifying = add(*group, run, "verify", "Reads every file of a backup and compares its digest", verify, c);
  verifying->add_option("name", c->name, "Default: the newest");
  auto* const probing =
      add(*group, run, "probe", "Restores a backup on trial: by the node, or here where --data or --dir is given",
          probe, c);
  probing->add_option("name", c->name, "Default: the newest");
  auto* const pruning =
      add(*group, run, "prune", "Removes what is past its time: by the node, or here where --data or --dir is given",
          prune, c);
  pruning->add_option("--keep-days", c->keep_days, "Days that every backup stays")->capture_default_str();
  pruning->add_option("--keep-months", c->keep_months, "Months of which the first one stays")->capture_default_str();
}

}  // namespace logline::cli
