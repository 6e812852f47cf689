#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters/cli/environment.hpp"
#include "adapters/cli/settings.hpp"

namespace CLI {
class App;
}

namespace logline::cli {

class node_client;

/// What a chosen command works with, once the command line is parsed.
struct invocation {
  const environment& env;
  settings given;
  int exit = exit_ok;

  /// Prints the message to stderr and remembers the exit code.
  void fail(const trouble& why);
};

/// A client for the node that the settings name, in `place`.
core::result<node_client*, trouble> connect(std::unique_ptr<node_client>& place, const invocation& run);

// Each adds a group of commands. Their options live as long as the app; running one sets invocation::exit.
void add_entity_commands(CLI::App& app, invocation& run);  // do, show, history, types
void add_ingest_command(CLI::App& app, invocation& run);
void add_journal_commands(CLI::App& app, invocation& run);
void add_mirror_commands(CLI::App& app, invocation& run);
void add_backfill_command(CLI::App& app, invocation& run);  // ndjson backfill; after add_mirror_commands
void add_backup_commands(CLI::App& app, invocation& run);
void add_restore_command(CLI::App& app, invocation& run);
void add_sign_commands(CLI::App& app, invocation& run);     // sign, verify, keys
void add_archive_commands(CLI::App& app, invocation& run);  // archive run, list, verify, fetch, query, state
void add_gdpr_commands(CLI::App& app, invocation& run);     // gdpr request, status, certificate, verify
void add_projection_commands(CLI::App& app, invocation& run);
void add_fold_command(CLI::App& app, invocation& run);  // journal rebuild; after add_journal_commands
void add_replay_command(CLI::App& app, invocation& run);
void add_subscription_commands(CLI::App& app, invocation& run);  // sub
void add_completion_command(CLI::App& app, invocation& run);

}  // namespace logline::cli
