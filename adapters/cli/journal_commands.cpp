#include <algorithm>
#include <charconv>
#include <fstream>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "actors/clock.hpp"
#include "actors/replay.hpp"
#include "adapters/cli/commands.hpp"
#include "adapters/cli/json_peek.hpp"
#include "adapters/cli/progress.hpp"
#include "adapters/cli/record_options.hpp"
#include "adapters/cli/render.hpp"
#include "domain/core/json.hpp"
#include "journal/cold_objects.hpp"
#include "journal/export.hpp"
#include "journal/inspect.hpp"
#include "journal/keys.hpp"
#include "journal/log_store.hpp"
#include "journal/open.hpp"
#include "journal/reindex.hpp"
#include "journal/verify.hpp"

namespace logline::cli {

namespace {

namespace fs = std::filesystem;
template <class T>
using tried = core::result<T, trouble>;
using finished = tried<core::done>;

fs::path data_folder(const invocation& run) {
  return run.given.data.empty() ? "data" : run.given.data;
}

/// Damage is what verification is for: it has an exit code of its own.
trouble trouble_of(const journal::error& e, const fs::path& data) {
  switch (e.code) {
    case journal::errc::not_found:
      return {exit_usage, e.message};
    case journal::errc::store_locked:
      return {exit_refused, fmt::format("{} is open in another process; stop the node first", data.string())};
    case journal::errc::store_failed:
    case journal::errc::key_missing:
    case journal::errc::disk_full:
    case journal::errc::archived:
      return {exit_refused, e.text()};
    default:
      return {exit_unverified, e.text() + "; see logline journal verify --data " + data.string()};
  }
}

/// What a node with retention.drop moved to its archive is read from there, where --archive says which that is.
journal::partition_options options_for(const fs::path& data, const invocation& run) {
  journal::partition_options options;
  options.directory = (data / "journal").string();
  options.data_directory = data.string();
  options.log.clock = actors::wall_clock;
  if (!run.given.archive.empty() && run.env.open_store)
    options.cold = std::make_shared<journal::cold_objects>(
        run.given.archive,
        [open = run.env.open_store, url = run.given.archive, keys = data / "keys"] { return open(url, keys); });
  return options;
}

finished check_folder(const fs::path& data) {
  std::error_code unknown;
  if (fs::is_directory(data / "journal", unknown)) return core::done{};
  return trouble{exit_usage, fmt::format("no journal in {}: name a node's data directory by --data", data.string())};
}

tried<std::unique_ptr<journal::partition_log>> open_to_read(const fs::path& data, const invocation& run) {
  if (auto there = check_folder(data); !there) return there.error();
  auto options = options_for(data, run);
  options.read_only = true;
  auto log = journal::open_partition(std::move(options));
  if (!log) return trouble_of(log.error(), data);
  return *std::move(log);
}

std::string finding_json(const journal::finding& f) {
  std::string out;
  core::json_sink json{out};
  json.begin_object(4);
  json.key("kind");
  json.text(journal::to_string(f.code));
  json.key("gseq");
  json.unsigned_integer(f.position.value);
  json.key("place");
  json.text(f.place);
  json.key("message");
  json.text(f.message);
  json.end_object();
  return out;
}

std::string report_json(const journal::verify_report& r) {
  std::string findings;
  for (const auto& f : r.findings)
    findings += (findings.empty() ? "" : ",") + finding_json(f);
  std::string notes;
  for (const auto& note : r.notes) {
    notes += notes.empty() ? "" : ",";
    core::append_json_text(notes, note);
  }
  return fmt::format(
      R"({{"ok":{},"gseq":{},"chain":"{}","root":"{}","from":{},"records":{},"commits":{},"frames":{},"entities":{},)"
      R"("checkpoints":{},"signed":{},"stored_bytes":{},"file_bytes":{},"findings":[{}],"more_findings":{},)"
      R"("notes":[{}]}})",
      r.ok(), r.head.position.value, r.head.chain.hex(), r.head.root.hex(), r.from.value, r.records, r.commits,
      r.frames, r.entities, r.checkpoints, r.is_signed, r.stored_bytes, r.file_bytes, findings, r.has_more_findings,
      notes);
}

void print_report(const journal::verify_report& r, const invocation& run) {
  if (run.given.format != output_format::table) return print_object(run.env.out, run.given.format, report_json(r));
  auto& out = run.env.out;
  for (const auto& f : r.findings)
    out << f.text() << '\n';
  if (r.has_more_findings) out << "… and more\n";
  for (const auto& note : r.notes)
    out << "note: " << note << '\n';
  out << (r.ok() ? "clean" : "DAMAGED")
      << fmt::format(": {} records up to gseq {}, {} entities, {} signed heads{}\n", r.records, r.head.position.value,
                     r.entities, r.checkpoints, r.is_signed ? "" : ", signatures not looked at");
}

finished verify(std::uint64_t since, invocation& run) {
  const auto data = data_folder(run);
  if (auto there = check_folder(data); !there) return there.error();
  journal::verify_options options;
  options.since = core::gseq{since};
  progress bar{run.env, "verify", "records"};
  options.progress = [&](const journal::verify_progress& p) { return bar.show(p.position.value, p.end.value), true; };
  auto where = options_for(data, run);
  // Without a verifier the report says so; what keeps the store from being read, it finds itself.
  auto verifier = journal::find_verifier(where, data / "keys");
  if (verifier) where.verifier = *std::move(verifier);
  auto report = journal::verify_store(where, options);
  if (!verifier && verifier.error().code == journal::errc::key_missing) report.notes.push_back(verifier.error().text());
  print_report(report, run);
  if (!report.ok()) run.exit = exit_unverified;
  return core::done{};
}

finished reindex(invocation& run) {
  const auto data = data_folder(run);
  if (auto there = check_folder(data); !there) return there.error();
  progress bar{run.env, "reindex", "records"};
  auto done = journal::reindex_store(options_for(data, run), [&](const journal::verify_progress& p) {
    return bar.show(p.position.value, p.end.value), true;
  });
  if (!done) return trouble_of(done.error(), data);
  print_object(run.env.out, run.given.format,
               fmt::format(R"({{"gseq":{},"records":{},"entity_rows":{}}})", done->head.value, done->records,
                           done->entity_rows));
  return core::done{};
}

finished stats(invocation& run) {
  const auto data = data_folder(run);
  if (auto there = check_folder(data); !there) return there.error();
  auto options = options_for(data, run);
  options.read_only = true;
  auto store = journal::open_store_read_only(options);
  if (!store) return trouble_of(store.error(), data);
  auto counted = journal::collect_stats(**store, {});
  if (!counted) return trouble_of(counted.error(), data);
  print_object(run.env.out, run.given.format, journal::to_json(*counted));
  return core::done{};
}

finished cat(const record_options& o, invocation& run) {
  auto filter = filter_of(o);
  if (!filter) return filter.error();
  auto log = open_to_read(data_folder(run), run);
  if (!log) return log.error();
  list_printer printer{
      run.env.out, run.given.format, {"gseq", "at", "tenant", "type", "key", "eseq", "event", "payload"}};
  std::uint64_t shown = 0;
  const auto print_lines = [&](std::string_view part) {
    while (!part.empty() && shown < o.limit) {
      const std::size_t end = std::min(part.find('\n'), part.size());
      printer.row(part.substr(0, end));
      part.remove_prefix(std::min(end + 1, part.size()));
      ++shown;
    }
    return shown < o.limit && run.env.out.good();
  };
  auto done = journal::export_records(**log, *filter, journal::export_format::ndjson, run.env.find_type, print_lines);
  printer.finish();
  if (!done) return trouble_of(done.error(), data_folder(run));
  return core::done{};
}

/// "A..B": from gseq A to gseq B; either may be left out.
finished narrow(journal::record_filter& filter, const std::string& range) {
  if (range.empty()) return core::done{};
  const std::size_t dots = range.find("..");
  const auto read = [](std::string_view text, core::gseq& out) {
    if (text.empty()) return true;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out.value);
    return problem == std::errc{} && end == text.data() + text.size() && out.value > 0;
  };
  const std::string_view text = range;
  if (dots != std::string::npos && read(text.substr(0, dots), filter.from) && read(text.substr(dots + 2), filter.to) &&
      filter.from <= filter.to)
    return core::done{};
  return trouble{exit_usage, "--range must be A..B, two gseqs"};
}

finished write_export(const record_options& o, const std::string& range, const std::string& format_name,
                      const std::string& file, invocation& run) {
  const auto format = journal::parse_export_format(format_name);
  if (!format) return trouble{exit_usage, "--format must be ndjson, csv or msgpack"};
  auto filter = filter_of(o);
  if (!filter) return filter.error();
  if (auto narrowed = narrow(*filter, range); !narrowed) return narrowed.error();
  auto log = open_to_read(data_folder(run), run);
  if (!log) return log.error();
  std::ofstream to_file;
  if (!file.empty()) {
    to_file.open(file, std::ios::binary | std::ios::trunc);
    if (!to_file) return trouble{exit_usage, "cannot write " + file};
  }
  std::ostream& out = file.empty() ? run.env.out : to_file;
  progress bar{run.env, "export", "bytes"};
  std::uint64_t bytes = 0;
  auto done = journal::export_records(**log, *filter, *format, run.env.find_type, [&](std::string_view part) {
    out.write(part.data(), static_cast<std::streamsize>(part.size()));
    bar.show(bytes += part.size(), 0);
    return out.good();
  });
  if (!done) return trouble_of(done.error(), data_folder(run));
  out.flush();
  if (!out) return trouble{exit_refused, "cannot write " + (file.empty() ? "the output" : file)};
  run.env.err << fmt::format("{} records, next gseq {}\n", done->records, done->next.value);
  return core::done{};
}

finished prove(std::uint64_t gseq, std::uint64_t old_size, invocation& run) {
  const auto data = data_folder(run);
  auto log = open_to_read(data, run);
  if (!log) return log.error();
  auto key = journal::site_public_key::load(data / "keys");
  if (!key) return trouble_of(key.error(), data);
  auto proof = gseq != 0 ? journal::prove_record(**log, core::gseq{gseq}, *key)
                         : journal::prove_consistency(**log, old_size, *key);
  if (!proof && proof.error().code == journal::errc::not_found)
    return trouble{exit_refused, "NOT_FOUND: " + proof.error().message};
  if (!proof) return trouble_of(proof.error(), data);
  run.env.out << *proof << '\n';
  return core::done{};
}

finished hash(invocation& run) {
  auto log = open_to_read(data_folder(run), run);
  if (!log) return log.error();
  const auto head = (*log)->head();
  progress bar{run.env, "replay", "records"};
  const auto digest = actors::replay_digest(
      **log, run.env.find_type, [&](core::gseq position) { bar.show(position.value, head.position.value); });
  if (!digest) return trouble{exit_unverified, digest.error().code + ": " + digest.error().message};
  run.env.out << fmt::format(R"({{"gseq":{},"chain":"{}","root":"{}","entities":{},"state":"{}"}})",
                             head.position.value, head.chain.hex(), head.root.hex(), digest->entities,
                             digest->state.hex())
              << '\n';
  return core::done{};
}

void finish(const finished& done, invocation& run) {
  if (!done) run.fail(done.error());
}

void add_reading(CLI::App& group, invocation& run) {
  auto* const verifying =
      group.add_subcommand("verify", "Recomputes everything the store says; names what does not fit");
  const auto since = std::make_shared<std::uint64_t>(0);
  verifying->add_option("--since", *since, "Only from the signed head before this gseq on");
  verifying->callback([since, &run] { finish(verify(*since, run), run); });

  group.add_subcommand("reindex", "Makes everything derived from the log anew; the one command here that writes")
      ->callback([&run] { finish(reindex(run), run); });
  group.add_subcommand("stats", "Counts records, bytes, entities and events")->callback([&run] {
    finish(stats(run), run);
  });

  auto* const catting = group.add_subcommand("cat", "Prints records");
  const auto f = std::make_shared<record_options>();
  add_record_options(*catting, *f);
  catting->add_option("--limit", f->limit, "At most so many")->check(CLI::PositiveNumber);
  catting->footer("Example:\n  logline journal cat --data DIR --type connector --output ndjson");
  catting->callback([f, &run] { finish(cat(*f, run), run); });

  group.add_subcommand("hash", "Replays from gseq 1 and prints the digest of all states")->callback([&run] {
    finish(hash(run), run);
  });
}

void add_writing_out(CLI::App& group, invocation& run) {
  auto* const exporting = group.add_subcommand("export", "Writes records to a file");
  struct export_options {
    record_options filter;
    std::string range;
    std::string format = "ndjson";
    std::string file;
  };
  const auto e = std::make_shared<export_options>();
  add_record_options(*exporting, e->filter);
  exporting->add_option("--range", e->range, "A..B: from gseq A to gseq B");
  exporting->add_option("--format", e->format, "ndjson, csv or msgpack")->capture_default_str();
  exporting->add_option("--out", e->file, "Default: stdout");
  exporting->callback([e, &run] { finish(write_export(e->filter, e->range, e->format, e->file, run), run); });

  auto* const proving = group.add_subcommand("prove", "Prints what proves a record, or that the log only grew");
  struct prove_options {
    std::uint64_t gseq = 0;
    std::uint64_t old_size = 0;
  };
  const auto p = std::make_shared<prove_options>();
  auto* const which = proving->add_option_group("what")->require_option(1);
  which->add_option("--gseq", p->gseq, "This record is in the log")->check(CLI::PositiveNumber);
  which->add_option("--old-size", p->old_size, "The log of so many records is the beginning of today's")
      ->check(CLI::PositiveNumber);
  proving->callback([p, &run] { finish(prove(p->gseq, p->old_size, run), run); });
}

}  // namespace

void add_journal_commands(CLI::App& app, invocation& run) {
  auto* const group = app.add_subcommand("journal", "Reads a stopped node's data directory (--data DIR)");
  group->require_subcommand(1);
  add_reading(*group, run);
  add_writing_out(*group, run);
}

}  // namespace logline::cli
