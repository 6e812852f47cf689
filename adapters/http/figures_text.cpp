#include "adapters/http/figures_text.hpp"

#include <cmath>
#include <map>

#include <fmt/format.h>

namespace logline::http {

namespace {

/// Line feeds and backslashes would end the line early (text format, "Line format").
std::string escaped(std::string_view help) {
  std::string out;
  for (const char c : help) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

}  // namespace

std::string figures_text(const std::vector<actors::door::figure>& figures) {
  std::map<std::string_view, std::string> families;
  for (const auto& figure : figures) {
    const std::string_view name = figure.name;
    const std::string_view family = name.substr(0, name.find('{'));
    auto [place, fresh] = families.try_emplace(family);
    if (fresh)
      place->second = fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", family, escaped(figure.help),
                                  figure.is_counter ? "counter" : "gauge");
    place->second += fmt::format("{} {}\n", name, number(figure.value));
  }
  std::string out;
  for (const auto& [family, lines] : families)
    out += lines;
  return out;
}

}  // namespace logline::http
