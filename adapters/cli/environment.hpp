#pragma once

#include <functional>
#include <istream>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "adapters/cli/copies.hpp"
#include "adapters/cli/places.hpp"

namespace logline::core {
class entity_type;
}

namespace logline::cli {

/// Exit codes of `logline`; promised to scripts.
enum exit_code : int {
  exit_ok = 0,
  exit_refused = 1,  ///< by the node, with code and message on stderr
  exit_usage = 2,
  exit_unreachable = 3,
  exit_unverified = 4,  ///< verification failed: what is stored does not fit itself
};

/// What the program sees of the world. Everything referred to outlives run().
struct environment {
  std::istream& in;
  std::ostream& out;  ///< results only
  std::ostream& err;  ///< everything else
  /// The entity types this program was built with; null when there is none of that name.
  std::function<const core::entity_type*(std::string_view name)> find_type;
  /// An environment variable; nothing where it is unset or empty.
  std::function<std::optional<std::string>(const char* name)> variable;
  bool err_is_terminal = false;  ///< progress is shown there only
  copy_reader read_ndjson = {};
  copy_maker make_ndjson = {};
  database_tools databases = {};
  store_opener open_store = {};
  archive_opener open_archive = {};
};

/// Why a command ended without its result.
struct trouble {
  exit_code code = exit_refused;
  std::string message;  ///< for stderr, without a line end
};

/// Runs one command line and answers the exit code.
int run(int argc, const char* const* argv, const environment& env);

}  // namespace logline::cli
