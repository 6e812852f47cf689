#pragma once

#include "journal/file.hpp"

namespace logline::ndjson {

using journal::file;
using journal::file_error;
using journal::make_directory;
using journal::remove_durably;
using journal::rename_durably;
using journal::replace_durably;
using journal::running_digest;
using journal::sync_directory;

}  // namespace logline::ndjson
