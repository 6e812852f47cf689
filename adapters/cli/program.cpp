#include <algorithm>
#include <numeric>

#include <curl/curl.h>
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "adapters/cli/commands.hpp"

namespace logline::cli {

namespace {

/// Edits that make one word of the other (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = std::exchange(row[j + 1], std::min({changed, row[j] + 1, row[j + 1] + 1}));
    }
  }
  return row.back();
}

/// The command that was probably meant, among those that could stand where the first unknown word stands.
std::string suggestion(const CLI::App& app, int argc, const char* const* argv) {
  const CLI::App* at = &app;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto below = at->get_subcommands([](const CLI::App* each) { return !each->get_name().empty(); });
    const auto known =
        std::find_if(below.begin(), below.end(), [&](const CLI::App* each) { return each->get_name() == word; });
    if (known != below.end()) {
      at = *known;
      continue;
    }
    if (word.starts_with('-')) continue;
    const auto nearest = std::min_element(below.begin(), below.end(), [&](const CLI::App* a, const CLI::App* b) {
      return distance(a->get_name(), word) < distance(b->get_name(), word);
    });
    if (nearest != below.end() && distance((*nearest)->get_name(), word) <= 2)
      return fmt::format("; did you mean \"{}\"?", (*nearest)->get_name());
  }
  return {};
}

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

void add_global_options(CLI::App& app, settings& s) {
  app.add_option("--url", s.url, "The node (default: $LOGLINE_URL, else http://127.0.0.1:8080)")->type_name("URL");
  auto* const token = app.add_option("--token", s.token, "Bearer token (default: $LOGLINE_TOKEN)");
  app.add_option("--token-file", s.token_file, "File with it (default: DATA/founder.token)")
      ->type_name("FILE")
      ->excludes(token);
  app.add_option("--profile", s.profile, "Table of profiles.toml in $LOGLINE_HOME (default: ~/.config/logline)")
      ->type_name("NAME");
  app.add_option("--output", s.output, "table, json, ndjson or csv (default: table)")->type_name("FORMAT");
  app.add_option("--archive", s.archive, "Where a node with retention.drop keeps its archive: dir:DIR or s3:URL")
      ->type_name("URL");
  app.add_option("--data", s.data, "A node's data directory (default: ./data)")->type_name("DIR");
  app.add_option("--timeout", s.timeout_s, "Seconds to wait for one answer")
      ->type_name("S")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.set_version_flag("--version", "logline " LOGLINE_VERSION);
}

/// libcurl wants to be started and ended once per program.
struct curl_session {
  curl_session() { curl_global_init(CURL_GLOBAL_DEFAULT); }
  ~curl_session() { curl_global_cleanup(); }
  curl_session(const curl_session&) = delete;
  curl_session& operator=(const curl_session&) = delete;
};

}  // namespace

void invocation::fail(const trouble& why) {
  env.err << why.message << '\n';
  exit = why.code;
}

int run(int argc, const char* const* argv, const environment& env) {
  const curl_session curl;
  CLI::App app{"Asks a LogLine node, or reads a stopped node's journal.", "logline"};
  invocation run{env, {}};
  settings flags;
  app.fallthrough();  // global options may stand behind the command
  app.require_subcommand(1);
  add_global_options(app, flags);
  app.parse_complete_callback([&] {
    auto complete_settings = complete(flags, env);
    if (!complete_settings) throw CLI::ValidationError{complete_settings.error().message};
    run.given = *std::move(complete_settings);
  });
  add_entity_commands(app, run);
  add_ingest_command(app, run);
  add_journal_commands(app, run);
  add_mirror_commands(app, run);
  add_backfill_command(app, run);
  add_backup_commands(app, run);
  add_restore_command(app, run);
  add_sign_commands(app, run);
  add_archive_commands(app, run);
  add_gdpr_commands(app, run);
  add_subscription_commands(app, run);
  add_projection_commands(app, run);
  add_replay_command(app, run);
  add_fold_command(app, run);
  add_completion_command(app, run);
  app.footer("Exit codes: 0 ok, 1 refused by the node, 2 usage, 3 unreachable, 4 verification failed.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked, env.out, env.err);
  } catch (const CLI::ParseError& e) {
    env.err << one_line(e.what()) << suggestion(app, argc, argv) << " (see --help)\n";
    return exit_usage;
  }
  return run.exit;
}

}  // namespace logline::cli
