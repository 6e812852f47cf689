#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "adapters/cli/environment.hpp"
#include "adapters/cli/render.hpp"
#include "domain/core/result.hpp"

namespace logline::cli {

/// What every command takes. A flag goes before the environment, the environment before the profile, that before what
/// is built in.
struct settings {
  std::string url;         ///< --url, $LOGLINE_URL, profile, http://127.0.0.1:8080
  std::string token;       ///< --token
  std::string archive;     ///< --archive: where rows are that a journal dropped
  std::string token_file;  ///< --token-file
  std::string profile;     ///< --profile: a table of $LOGLINE_HOME/profiles.toml
  std::string output;      ///< --output: table
  std::string data;        ///< --data: ./data
  double timeout_s = 60;

  output_format format = output_format::table;  ///< of `output`
};

/// Fills in what the flags left open. Usage errors only.
core::result<settings, trouble> complete(settings given, const environment& env);

/// The bearer token: --token, --token-file, $LOGLINE_TOKEN, the profile's token_file (all put into the settings by
/// complete), else the founder's in the data directory; empty where there is none.
core::result<std::string, trouble> find_token(const settings& s, const environment& env);

/// $LOGLINE_HOME, else ~/.config/logline.
std::filesystem::path home_folder(const environment& env);

/// Whether the text may stand in a header field: visible ASCII, at least one.
bool is_visible(std::string_view text);

/// A whole file.
core::result<std::string, trouble> read_file(const std::filesystem::path& path);

}  // namespace logline::cli
