#include "adapters/cli/settings.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <toml++/toml.h>

namespace logline::cli {

namespace {

struct profile_values {
  std::string url;
  std::string token_file;
  std::string output;
};

core::result<profile_values, trouble> read_profile(const std::string& name, const environment& env) {
  const auto path = home_folder(env) / "profiles.toml";
  try {
    const auto file = toml::parse_file(path.string());
    const auto* table = file[name].as_table();
    if (table == nullptr) return trouble{exit_usage, fmt::format("no profile [{}] in {}", name, path.string())};
    profile_values out;
    for (const auto& [key, value] : *table) {
      std::string* to = key == "url"          ? &out.url
                        : key == "token_file" ? &out.token_file
                        : key == "output"     ? &out.output
                                              : nullptr;
      if (to == nullptr || !value.is_string())
        return trouble{exit_usage,
                       fmt::format("{}: [{}] takes the texts url, token_file and output", path.string(), name)};
      *to = *value.value<std::string>();
    }
    return out;
  } catch (const toml::parse_error& e) {
    return trouble{exit_usage, fmt::format("{}: {}", path.string(), e.description())};
  }
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.pop_back();
  return text;
}

void fill(std::string& to, const std::string& value) {
  if (to.empty()) to = value;
}

}  // namespace

std::filesystem::path home_folder(const environment& env) {
  if (const auto own = env.variable("LOGLINE_HOME")) return *own;
  return std::filesystem::path{env.variable("HOME").value_or(".")} / ".config" / "logline";
}

core::result<std::string, trouble> read_file(const std::filesystem::path& path) {
  errno = 0;
  std::ifstream in{path, std::ios::binary};
  std::string content{std::istreambuf_iterator<char>{in}, {}};
  if (!in.is_open() || in.bad())
    return trouble{exit_usage, fmt::format("cannot read {}: {}", path.string(), std::strerror(errno))};
  return content;
}

core::result<settings, trouble> complete(settings s, const environment& env) {
  fill(s.url, env.variable("LOGLINE_URL").value_or(""));
  if (s.token_file.empty()) fill(s.token, env.variable("LOGLINE_TOKEN").value_or(""));
  if (!s.profile.empty()) {
    auto profile = read_profile(s.profile, env);
    if (!profile) return profile.error();
    fill(s.url, profile->url);
    if (s.token.empty()) fill(s.token_file, profile->token_file);
    fill(s.output, profile->output);
  }
  fill(s.url, "http://127.0.0.1:8080");
  fill(s.output, "table");
  while (s.url.ends_with('/'))
    s.url.pop_back();
  const auto format = parse_output_format(s.output);
  if (!format) return trouble{exit_usage, "--output must be table, json, ndjson or csv"};
  s.format = *format;
  return s;
}

bool is_visible(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

core::result<std::string, trouble> find_token(const settings& s, const environment&) {
  std::string token = s.token;
  std::filesystem::path file = s.token_file;
  if (token.empty() && file.empty()) {
    file = std::filesystem::path{s.data.empty() ? "data" : s.data} / "founder.token";
    std::error_code unknown;
    if (!std::filesystem::exists(file, unknown)) return std::string{};
  }
  if (token.empty()) {
    auto content = read_file(file);
    if (!content) return content.error();
    token = trimmed(*std::move(content));
  }
  if (!is_visible(token)) return trouble{exit_usage, "the token holds characters that no token has"};
  return token;
}

}  // namespace logline::cli
