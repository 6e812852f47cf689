#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include "cluster/log_format.hpp"
#include "cluster/node.hpp"

namespace {

constexpr int exit_usage = 64;
constexpr int exit_config = 78;

using logline::cluster::setting;

/// JSON lines on stderr; text when a person is looking.
void start_logging(const std::string& level) {
  auto logger =
      ::isatty(STDERR_FILENO) != 0 ? spdlog::stderr_color_mt("loglined") : spdlog::stderr_logger_mt("loglined");
  if (::isatty(STDERR_FILENO) != 0) {
    logger->set_pattern("%H:%M:%S %^%l%$ %v");
  } else {
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    formatter->add_flag<logline::cluster::json_message_flag>('J').set_pattern(
        R"({"ts":"%Y-%m-%dT%H:%M:%S.%fZ","severity":"%l","service":"loglined","msg":%J})");
    logger->set_formatter(std::move(formatter));
  }
  logger->set_level(spdlog::level::from_str(level));
  spdlog::set_default_logger(std::move(logger));
}

/// KEY=VALUE each; says on stderr which one is not.
std::optional<std::vector<setting>> parse_settings(const std::vector<std::string>& assignments) {
  std::vector<setting> settings;
  for (const auto& assignment : assignments) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos) {
      std::fprintf(stderr, "--set %s: expected KEY=VALUE\n", assignment.c_str());
      return std::nullopt;
    }
    settings.emplace_back(assignment.substr(0, equals), assignment.substr(equals + 1));
  }
  return settings;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"LogLine node: actors whose state is rebuilt from an append-only journal."};
  std::optional<std::filesystem::path> config_file;
  std::string profile;
  std::optional<std::filesystem::path> data;
  std::vector<std::string> assignments;
  app.add_option("--config", config_file, "TOML file")->type_name("FILE");
  app.add_option("--profile", profile, "table [profile.NAME] of the file, over its top level")->type_name("NAME");
  app.add_option("--data", data, "data directory (default: ./data)")->type_name("DIR");
  app.add_option("--set", assignments, "one setting, over the file")->type_name("KEY=VALUE");
  app.set_version_flag("--version", LOGLINE_VERSION);
  app.footer([] {
    std::string keys = "Settings:\n";
    for (const auto& key : logline::cluster::config_keys())
      keys += "  " + std::string{key.name} + "  " + std::string{key.doc} + '\n';
    return keys;
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? EXIT_SUCCESS : exit_usage;
  }

  const auto settings = parse_settings(assignments);
  if (!settings) return exit_usage;
  auto config = logline::cluster::load_config(config_file, profile, *settings);
  if (!config) {
    std::fprintf(stderr, "%s: %s\n", config.error().code.c_str(), config.error().message.c_str());
    return exit_config;
  }
  if (data) config->data = *data;

  // Before any thread exists: signals come to sigwait below, and a peer that went away is an error code, not a death.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  start_logging(config->log_level);
  std::atomic<bool> gave_up{false};
  auto node = logline::cluster::node::start(*config, [&gave_up, pid = ::getpid()] {
    gave_up = true;
    ::kill(pid, SIGTERM);
  });
  if (!node) {
    spdlog::error("{}", node.error().message);
    return node.error().exit_code;
  }
  std::printf("%s\n", (*node)->ready_line().c_str());
  std::fflush(stdout);

  int signal = 0;
  sigwait(&signals, &signal);
  spdlog::info("draining; a second signal stops at once");
  // Whatever is acknowledged is on disk already, so leaving at once loses nothing.
  std::thread{[signals] {
    int second = 0;
    sigwait(&signals, &second);
    ::_exit(EXIT_SUCCESS);
  }}.detach();
  (*node)->stop();
  return gave_up ? EXIT_FAILURE : EXIT_SUCCESS;
}
