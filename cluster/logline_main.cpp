#include <csignal>
#include <cstdlib>
#include <iostream>

#include <unistd.h>

#include "adapters/cli/environment.hpp"
#include "cluster/archiving.hpp"
#include "cluster/mirrors.hpp"
#include "cluster/postgres_tools.hpp"
#include "cluster/stores.hpp"
#include "domain/catalogue.hpp"

int main(int argc, char** argv) {
  // A reader that went away ends the output, not the program in the middle of a request.
  std::signal(SIGPIPE, SIG_IGN);
  std::ios::sync_with_stdio(false);
  const logline::cli::environment env{
      std::cin,
      std::cout,
      std::cerr,
      logline::domain::find_entity_type,
      [](const char* name) -> std::optional<std::string> {
        const char* const value = std::getenv(name);
        return value == nullptr || *value == '\0' ? std::nullopt : std::optional<std::string>{value};
      },
      ::isatty(STDERR_FILENO) == 1,
      logline::cluster::read_ndjson,
      [](const logline::cli::copy_plan& plan) {
        return logline::cluster::make_ndjson_copy(plan.directory, plan.keys, plan.site, plan.partition, plan.begin);
      },
      logline::cluster::make_database_tools(),
      [](std::string_view url, const std::filesystem::path& keys) { return logline::cluster::open_store(url, keys); },
      logline::cluster::open_archive};
  return logline::cli::run(argc, argv, env);
}
