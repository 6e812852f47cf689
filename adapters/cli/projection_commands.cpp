#include <poll.h>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "adapters/cli/commands.hpp"
#include "adapters/cli/json_peek.hpp"
#include "adapters/cli/node_client.hpp"
#include "adapters/cli/progress.hpp"
#include "adapters/cli/render.hpp"

/// logline projection: what a running node derives from its log (journal REP-02).
namespace logline::cli {

namespace {

constexpr int pause_ms = 200;

core::result<std::vector<std::string>, trouble> fetch(node_client& node) {
  auto answer = accepted(node.get("/v2/projections"));
  if (!answer) return answer.error();
  return elements_of(member_of(*answer, "projections"));
}

void list(invocation& run) {
  std::unique_ptr<node_client> node;
  if (auto connected = connect(node, run); !connected) return run.fail(connected.error());
  auto all = fetch(*node);
  if (!all) return run.fail(all.error());
  list_printer printer{run.env.out, run.given.format, {"name", "gseq", "lag_events", "rebuild"}};
  for (const auto& one : *all)
    printer.row(one);
  printer.finish();
}

std::uint64_t number_of(std::string_view json, std::string_view name) {
  const auto text = text_of(json, name);
  return text.empty() ? 0 : std::strtoull(text.c_str(), nullptr, 10);
}

/// Asks the node, and watches until the new view is the one that is read.
core::result<std::string, trouble> rebuild(const std::string& name, const invocation& run) {
  std::unique_ptr<node_client> node;
  if (auto connected = connect(node, run); !connected) return connected.error();
  if (auto begun = accepted(node->post("/v2/projections/" + percent_encoded(name) + "/rebuild", "{}", {})); !begun)
    return begun.error();
  progress bar{run.env, "rebuild", "records"};
  while (true) {
    auto all = fetch(*node);
    if (!all) return all.error();
    for (const auto& one : *all) {
      if (text_of(one, "name") != name) continue;
      const auto under_way = member_of(one, "rebuild");
      if (under_way == "null") return one;
      bar.show(number_of(under_way, "gseq"), number_of(under_way, "head"));
    }
    ::poll(nullptr, 0, pause_ms);
  }
}

}  // namespace

void add_projection_commands(CLI::App& app, invocation& run) {
  auto* const group = app.add_subcommand("projection", "What a node derives from its log and reads from");
  group->require_subcommand(1);
  group->add_subcommand("list", "Prints projections and how far they are")->callback([&run] { list(run); });
  auto* const rebuilding =
      group->add_subcommand("rebuild", "Builds one anew beside the one that is read, then switches to it");
  const auto name = std::make_shared<std::string>();
  rebuilding->add_option("NAME", *name, "As `projection list` prints it")->required();
  rebuilding->callback([name, &run] {
    auto done = rebuild(*name, run);
    if (!done) return run.fail(done.error());
    print_object(run.env.out, run.given.format, *done);
  });
}

}  // namespace logline::cli
