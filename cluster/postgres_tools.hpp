#pragma once

#include "adapters/cli/copies.hpp"

namespace logline::cluster {

/// What the command line does with a PostgreSQL mirror.
cli::database_tools make_database_tools();

}  // namespace logline::cluster
