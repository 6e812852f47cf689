#include <filesystem>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "actors/clock.hpp"
#include "actors/fold_check.hpp"
#include "adapters/cli/commands.hpp"
#include "adapters/cli/render.hpp"
#include "domain/core/json.hpp"
#include "journal/open.hpp"

/// logline journal rebuild --verify: every state from its events alone, against the snapshots (journal REP-04).
namespace logline::cli {

namespace {

core::result<core::done, trouble> verify(std::uint64_t one_in, std::uint64_t turn, invocation& run) {
  const std::filesystem::path data = run.given.data.empty() ? "data" : run.given.data;
  journal::partition_options options;
  options.directory = (data / "journal").string();
  options.data_directory = data.string();
  options.log.clock = actors::wall_clock;
  options.read_only = true;
  const auto log = journal::open_partition(std::move(options));
  if (!log)
    return trouble{log.error().code == journal::errc::not_found ? exit_usage : exit_refused, log.error().text()};
  // The state that a node would begin with: the snapshot, and what came after it.
  const auto live = [&](const core::address& entity) -> core::result<actors::entity_view> {
    const auto* type = run.env.find_type(entity.type);
    if (type == nullptr) return core::not_found("no entity type " + entity.type);
    auto folded = actors::load_entity(**log, *type, entity);
    if (!folded) return folded.error();
    return actors::entity_view{folded->sequence, {}, type->state_hash(folded->state.get())};
  };
  const auto report = actors::check_folds(**log, run.env.find_type, live, {one_in, turn}, [] { return false; });
  if (!report) return trouble{exit_unverified, report.error().code + ": " + report.error().message};
  std::string findings;
  for (const auto& f : report->findings) {
    findings += findings.empty() ? "" : ",";
    core::append_json_text(findings, f.text());
  }
  print_object(run.env.out, run.given.format,
               fmt::format(R"({{"ok":{},"entities":{},"differing":{},"findings":[{}]}})", report->differing == 0,
                           report->entities, report->differing, findings));
  if (report->differing > 0) run.exit = exit_unverified;
  return core::done{};
}

}  // namespace

void add_fold_command(CLI::App& app, invocation& run) {
  auto* const command = app.get_subcommand("journal")->add_subcommand(
      "rebuild", "Folds entities from their events alone and compares with what snapshots say");
  struct fold_options {
    std::uint64_t one_in = 1;
    std::uint64_t turn = 0;
    bool verify = false;
  };
  const auto o = std::make_shared<fold_options>();
  command->add_flag("--verify", o->verify, "Only compares; nothing is written")->required();
  command->add_option("--one-in", o->one_in, "Looks at one entity in so many")->check(CLI::PositiveNumber);
  command->add_option("--turn", o->turn, "At other ones with each number");
  command->callback([o, &run] {
    if (auto done = verify(o->one_in, o->turn, run); !done) run.fail(done.error());
  });
}

}  // namespace logline::cli
