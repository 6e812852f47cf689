#include "tests/unit/rules/tidy.hpp"

#include <algorithm>
#include <array>
#include <regex>
#include <string>
#include <string_view>

namespace logline::rules {
namespace {

enum class reach { everywhere, headers, code };  ///< code: comments do not count

/// A banned phrase, what to use instead, and the few places that may use it nevertheless.
struct ban {
  std::string_view phrase;
  reach where;
  std::string_view instead;
  std::vector<std::string_view> except = {};
};

/// Places are prefixes of paths. The rules themselves have to spell what they forbid.
constexpr std::string_view rules_folder = "tests/unit/rules/";
const std::array bans{
    ban{"TODO", reach::everywhere, "finish it, or write an issue"},
    ban{"FIXME", reach::everywhere, "finish it, or write an issue"},
    ban{"std::cout",
        reach::code,
        "log by spdlog, or let the command line's adapter print",
        {"adapters/cli/", "cluster/logline_main.cpp", "cluster/loglined_main.cpp", "bench/"}},
    ban{"caf/all.hpp", reach::headers, "include the single headers"},
    ban{"sleep_for", reach::code, "wait for the event itself"},
    ban{"sleep_until", reach::code, "wait for the event itself"},
    ban{"usleep(", reach::code, "wait for the event itself"},
    ban{"nanosleep(", reach::code, "wait for the event itself"},
    ban{"::now()", reach::code, "take the time from context or actors/clock.hpp", {"actors/clock.cpp", "bench/"}},
    ban{"caf::infinite", reach::code, "give the request a deadline"},
    ban{".await(", reach::code, "use .then(: await holds back EXIT and DOWN until the answer"},
    ban{"using namespace", reach::headers, "name what is used"},
    ban{"NDEBUG", reach::code, "checks are on in every build: LL_INVARIANT"},
};

const std::regex banner{R"(^\s*(//|/?\*)[-=*/#~_ ]*[-=*/#~_]{8,}[-=*/#~_ ]*$)"};

std::size_t columns(std::string_view line) {
  return static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool applies(const ban& rule, const source_file& file) {
  if (rule.where == reach::headers && !file.is_header()) return false;
  return std::none_of(rule.except.begin(), rule.except.end(),
                      [&](std::string_view place) { return file.path.starts_with(place); });
}

void check_phrases(const source_file& file, std::vector<finding>& findings) {
  for (const auto& rule : bans) {
    if (!applies(rule, file)) continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      std::string_view text = file.lines[i];
      if (rule.where != reach::everywhere) text = text.substr(0, text.find("//"));
      if (text.find(rule.phrase) != std::string_view::npos)
        findings.push_back({file.path, i + 1, std::string{rule.phrase}, std::string{rule.instead}});
    }
  }
}

}  // namespace

std::vector<finding> check_tidy(const source_file& file) {
  std::vector<finding> findings;
  if (!file.path.starts_with(rules_folder)) check_phrases(file, findings);
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const auto& text = file.lines[i];
    if (columns(text) > columns_max)
      findings.push_back({file.path, i + 1, std::to_string(columns(text)) + " columns", "break the line at 120"});
    if (std::regex_match(text, banner))
      findings.push_back({file.path, i + 1, "banner comment", "let names and empty lines speak"});
  }
  if (file.lines.size() > file_lines_max)
    findings.push_back(
        {file.path, file.lines.size(), std::to_string(file.lines.size()) + " lines", "find the missing concept"});
  if (file.is_header() && std::find(file.lines.begin(), file.lines.end(), "#pragma once") == file.lines.end())
    findings.push_back({file.path, 1, "no #pragma once", "begin the header with it"});
  const auto lengths = check_function_lengths(file);
  findings.insert(findings.end(), lengths.begin(), lengths.end());
  return findings;
}

}  // namespace logline::rules
