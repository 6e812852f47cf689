#include <algorithm>
#include <filesystem>
#include <fstream>

#include <poll.h>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "actors/clock.hpp"
#include "actors/directory_view.hpp"
#include "actors/live_view.hpp"
#include "actors/replaying.hpp"
#include "adapters/cli/commands.hpp"
#include "adapters/cli/journal_copy.hpp"
#include "adapters/cli/progress.hpp"
#include "adapters/cli/record_options.hpp"
#include "adapters/cli/render.hpp"
#include "domain/core/json.hpp"
#include "domain/core/show_record.hpp"
#include "journal/checkpoint.hpp"
#include "journal/file.hpp"
#include "journal/keys.hpp"
#include "journal/open.hpp"
#include "journal/rebuild.hpp"

/// logline replay: what happened, once more, where nobody acts on it (journal REP-01).
namespace logline::cli {

namespace {

namespace fs = std::filesystem;
using finished = core::result<core::done, trouble>;

struct replay_options {
  std::uint64_t from_gseq = 1;
  std::string from_time;
  std::string to;
  std::vector<std::string> types;
  std::string speed = "max";
  std::string into = "stdout";
  bool skip_unknown = false;
};

fs::path data_folder(const invocation& run) {
  return run.given.data.empty() ? "data" : run.given.data;
}

trouble trouble_of(const journal::error& e) {
  using journal::errc;
  const bool cannot = e.code == errc::store_failed || e.code == errc::key_missing || e.code == errc::store_locked ||
                      e.code == errc::conflict || e.code == errc::disk_full;
  return {e.code == errc::not_found ? exit_usage : cannot ? exit_refused : exit_unverified, e.text()};
}

journal::partition_options place_of(const fs::path& data) {
  journal::partition_options options;
  options.directory = (data / "journal").string();
  options.data_directory = data.string();
  options.log.clock = actors::wall_clock;
  return options;
}

core::result<std::unique_ptr<journal::partition_log>, trouble> open_to_read(const fs::path& data) {
  auto options = place_of(data);
  options.read_only = true;
  auto log = journal::open_partition(std::move(options));
  if (!log) return trouble_of(log.error());
  return *std::move(log);
}

/// "max" or a factor.
core::result<double, trouble> read_speed(const std::string& text) {
  if (text == "max") return 0.0;
  char* end = nullptr;
  const double factor = std::strtod(text.c_str(), &end);
  if (end == text.c_str() || *end != '\0' || !(factor > 0))
    return trouble{exit_usage, "--speed must be max or a factor"};
  return factor;
}

core::result<actors::replay_plan, trouble> plan_of(const replay_options& o, const journal::partition_log& log) {
  actors::replay_plan plan;
  plan.from = core::gseq{o.from_gseq};
  plan.types = o.types;
  plan.skip_unknown = o.skip_unknown;
  auto speed = read_speed(o.speed);
  if (!speed) return speed.error();
  plan.speed = *speed;
  auto since = read_time(o.from_time, "--from-time");
  if (!since) return since.error();
  if (*since) {
    auto before = log.position_at(**since - core::duration_us{1});
    if (!before) return trouble_of(before.error());
    plan.from = core::next(*before);
  }
  if (o.to.empty()) return plan;
  if (o.to.find_first_not_of("0123456789") == std::string::npos) {
    plan.to = core::gseq{std::stoull(o.to.substr(0, 19))};
    return plan;
  }
  auto until = read_time(o.to, "--to");
  if (!until) return until.error();
  auto last = log.position_at(**until);
  if (!last) return trouble_of(last.error());
  plan.to = *last;
  return plan;
}

std::string report_json(const actors::replay_report& r) {
  return fmt::format(R"({{"records":{},"retired":{},"unknown":{},"last_gseq":{}}})", r.records, r.retired, r.unknown,
                     r.last.value);
}

finished replay_into(std::ostream& out, const replay_options& o, invocation& run) {
  auto log = open_to_read(data_folder(run));
  if (!log) return log.error();
  auto plan = plan_of(o, **log);
  if (!plan) return plan.error();
  const auto began = actors::wall_clock();
  const auto wait = [&](core::duration_us due) {
    out.flush();
    for (auto left = began + due - actors::wall_clock(); left.us > 0; left = began + due - actors::wall_clock())
      ::poll(nullptr, 0, static_cast<int>(std::clamp<std::int64_t>(left.us / 1'000, 1, 60'000)));
  };
  std::string line;
  const auto print = [&](const core::record& r) -> core::outcome {
    line.clear();
    core::json_sink json{line};
    core::show_record(r, run.env.find_type(r.entity.type), json);
    out << line << '\n';
    if (out.good()) return core::done{};
    return core::unavailable("the output cannot be written");
  };
  auto done = actors::replay_records(**log, run.env.find_type, *plan, wait, print);
  if (!done) return trouble{exit_refused, done.error().code + ": " + done.error().message};
  out.flush();
  run.env.err << report_json(*done) << '\n';
  return core::done{};
}

finished replay_into_file(const std::string& file, const replay_options& o, invocation& run) {
  std::ofstream out{file, std::ios::binary | std::ios::trunc};
  if (!out) return trouble{exit_usage, "cannot write " + file};
  return replay_into(out, o, run);
}

/// A data directory of its own, with keys of its own, that a node opens muted: the marker says so.
finished replay_into_node(const fs::path& target, const replay_options& o, invocation& run) {
  std::error_code problem;
  if (fs::exists(target, problem) && !fs::is_empty(target, problem))
    return trouble{exit_refused, "REFUSED_NOT_EMPTY: " + target.string()};
  auto source = open_to_read(data_folder(run));
  if (!source) return source.error();
  auto plan = plan_of(o, **source);
  if (!plan) return plan.error();
  if (plan->from != core::gseq{1} || !plan->types.empty() || plan->speed > 0)
    return trouble{exit_usage, "a node holds whole entities: it is replayed from record 1, all types, at full speed"};
  const auto head = (*source)->head().position;
  // What this program cannot fold is refused before anything is written.
  auto known = actors::replay_records(
      **source, run.env.find_type, *plan, [](core::duration_us) {},
      [](const core::record&) -> core::outcome { return core::done{}; });
  if (!known) return trouble{exit_refused, known.error().code + ": " + known.error().message};
  source->reset();
  fs::create_directories(target, problem);
  if (problem) return trouble{exit_refused, fmt::format("{}: {}", target.string(), problem.message())};
  auto site = journal::site_key::load_or_create(target / "keys");
  if (!site) return trouble_of(site.error());

  auto options = place_of(target);
  std::unique_ptr<journal::rebuilding> making;
  journal::outcome status = core::done{};
  progress bar{run.env, "replay", "records"};
  auto read = read_journal_copy(data_folder(run), [&](journal::parsed_line&& line, const std::string&) {
    const auto position = line.record.position;
    if (position > plan->to) return false;
    if (!making) {
      options.log.signer = std::make_shared<journal::checkpoint_signer>(
          journal::checkpoint_origin(line.record.site, line.record.partition), *site);
      auto begun = journal::rebuilding::begin(options);
      if (!begun) return status = std::move(begun).error(), false;
      making = *std::move(begun);
    }
    status = making->take(std::move(line.record), line.hash);
    if (position.value % 1'000 == 0) bar.show(position.value, head.value);
    return status.has_value();
  });
  if (!read) return trouble_of(read.error());
  if (!status) return trouble_of(status.error());
  if (!making) return trouble{exit_usage, "there is nothing to replay"};
  auto made = making->finish();
  if (!made) return trouble_of(made.error());
  const auto marker = fmt::format("{{\"replayed_to\":{}}}\n", made->position.value);
  if (auto written = journal::replace_durably(target / "replay.json", marker); !written)
    return trouble_of(written.error());
  print_object(run.env.out, run.given.format,
               fmt::format(R"({{"gseq":{},"chain":"{}","root":"{}","retired":{},"unknown":{}}})", made->position.value,
                           made->chain.hex(), made->root.hex(), known->retired, known->unknown));
  return core::done{};
}

/// Of the stopped node itself.
finished replay_into_projection(const std::string& name, const replay_options& o, invocation& run) {
  if (name != actors::directory_view::name) return trouble{exit_usage, "there is no projection " + name};
  if (o.from_gseq != 1 || !o.from_time.empty() || !o.to.empty() || !o.types.empty())
    return trouble{exit_usage, "a projection is made of the whole log"};
  const auto data = data_folder(run);
  auto site = journal::site_key::load(data / "keys");
  if (!site) return trouble_of(site.error());
  core::partition_id partition;
  auto options = place_of(data);
  std::string site_name;
  {
    auto log = open_to_read(data);
    if (!log) return log.error();
    auto first = (*log)->read(core::gseq{1}, [&](const core::record& r) {
      site_name = r.site;
      partition = r.partition;
      return false;
    });
    if (!first) return trouble_of(first.error());
  }
  options.log.site = site_name;
  options.log.signer =
      std::make_shared<journal::checkpoint_signer>(journal::checkpoint_origin(site_name, partition), *std::move(site));
  auto log = journal::open_partition(std::move(options));
  if (!log) return trouble_of(log.error());
  const auto head = (*log)->head().position;
  progress bar{run.env, "replay", "records"};
  auto made =
      actors::directory_view::rebuild(**log, [&](core::gseq position) { bar.show(position.value, head.value); });
  if (!made) return trouble_of(made.error());
  print_object(run.env.out, run.given.format, fmt::format(R"({{"projection":"{}","gseq":{}}})", name, made->value));
  return core::done{};
}

finished replay(const replay_options& o, invocation& run) {
  if (o.into == "stdout") return replay_into(run.env.out, o, run);
  if (o.into.starts_with("file:")) return replay_into_file(o.into.substr(5), o, run);
  if (o.into.starts_with("node:")) return replay_into_node(o.into.substr(5), o, run);
  if (o.into.starts_with("projection:")) return replay_into_projection(o.into.substr(11), o, run);
  return trouble{exit_usage, "--into must be stdout, file:FILE, node:DIR or projection:NAME"};
}

}  // namespace

void add_replay_command(CLI::App& app, invocation& run) {
  auto* const command = app.add_subcommand("replay", "What happened, once more, where nobody acts on it (--data DIR)");
  const auto o = std::make_shared<replay_options>();
  auto* const gseq = command->add_option("--from-gseq", o->from_gseq, "First record")->check(CLI::PositiveNumber);
  command->add_option("--from-time", o->from_time, "Not before this: RFC 3339, a day, or 90s, 30m, 24h, 7d ago")
      ->excludes(gseq);
  command->add_option("--to", o->to, "Last record, or a time");
  command->add_option("--types", o->types, "Only these entity types")->delimiter(',');
  command->add_option("--speed", o->speed, "Times as fast as it happened, or max")->capture_default_str();
  command->add_option("--into", o->into, "stdout, file:FILE, node:DIR (a data directory) or projection:NAME")
      ->capture_default_str();
  command->add_flag("--skip-unknown", o->skip_unknown, "Leave out events that this program does not know");
  command->footer("Example:\n  logline replay --data DIR --from-time 24h --types task_queue --speed 60");
  command->callback([o, &run] {
    if (auto done = replay(*o, run); !done) run.fail(done.error());
  });
}

}  // namespace logline::cli
