#pragma once

#include <filesystem>

#include "adapters/cli/copies.hpp"

namespace logline::cli {

/// Reads the records of the journal in a data directory, of a stopped node or a copy of one, in order, with the chain
/// computed from their bytes. Errors: those of opening and reading; not_found where there is none.
journal::outcome read_journal_copy(const std::filesystem::path& data, copy_visitor visit);

}  // namespace logline::cli
