#include <algorithm>
#include <regex>
#include <string>

#include "tests/unit/rules/tidy.hpp"

namespace logline::rules {
namespace {

/// The file as one text of the same lines, with comments, literals and preprocessor lines blanked, so that every brace
/// counts.
class blanker {
 public:
  explicit blanker(const source_file& file) {
    bool directive = false;
    for (const auto& line : file.lines) {
      const auto first = line.find_first_not_of(" \t");
      directive = directive || (raw_end_.empty() && first != std::string::npos && line[first] == '#');
      if (directive) {
        directive = line.ends_with('\\');
      } else {
        blank(line);
      }
      text_ += '\n';
    }
  }
  const std::string& text() const { return text_; }

 private:
  void blank(std::string_view line) {
    for (std::size_t i = 0; i < line.size();)
      i = in_comment_ || !raw_end_.empty() ? skip(line, i) : step(line, i);
  }

  /// Inside a comment or raw string: to its end, or to the end of the line.
  std::size_t skip(std::string_view line, std::size_t i) {
    const std::string_view end = in_comment_ ? std::string_view{"*/"} : std::string_view{raw_end_};
    const auto found = line.find(end, i);
    if (found == std::string_view::npos) return line.size();
    const auto after = found + end.size();
    in_comment_ = false;
    raw_end_.clear();
    return after;
  }

  std::size_t step(std::string_view line, std::size_t i) {
    const auto rest = line.substr(i);
    if (rest.starts_with("//")) return line.size();
    if (rest.starts_with("/*")) return in_comment_ = true, i + 2;
    if (rest.starts_with("R\"")) {
      const auto open = std::min(rest.find('('), rest.size());
      raw_end_ = ')' + std::string{rest.substr(2, open - 2)} + '"';
      return i + open + 1;
    }
    const bool separator = rest[0] == '\'' && i > 0 && std::isxdigit(static_cast<unsigned char>(line[i - 1])) != 0;
    if (rest[0] == '"' || (rest[0] == '\'' && !separator)) {
      std::size_t end = 1;
      while (end < rest.size() && rest[end] != rest[0])
        end += rest[end] == '\\' ? 2 : 1;
      return i + std::min(end + 1, rest.size());
    }
    text_ += rest[0];
    return i + 1;
  }

  std::string text_;
  bool in_comment_ = false;
  std::string raw_end_;
};

const std::regex container{R"((^|[\s;}>])(namespace|class|struct|union|enum)\b[^()]*$|^\s*extern\s*$)"};

enum class scope { declarations, function, data };

/// What the text before a brace opens, among declarations. Nothing but space stands between a constructor's
/// initialisers and its body.
scope opened_by(const std::string& head) {
  if (std::regex_search(head, container)) return scope::declarations;
  const bool blank = head.find_first_not_of(" \n") == std::string::npos;
  return blank || head.find('(') != std::string::npos ? scope::function : scope::data;
}

}  // namespace

std::vector<finding> check_function_lengths(const source_file& file) {
  std::vector<finding> findings;
  const blanker blanked{file};
  std::string head;  // since the last ; { } among declarations
  scope open = scope::declarations;
  std::size_t depth = 0, line = 1, first = 1;  // depth counts the braces of the open function or data
  for (const char c : blanked.text()) {
    if (c == '\n') ++line;
    if (open != scope::declarations) {
      depth = c == '{' ? depth + 1 : c == '}' ? depth - 1 : depth;
      if (depth > 0) continue;
      const auto lines = line - first + 1;
      if (open == scope::function && lines > function_lines_max)
        findings.push_back({file.path, first, "function of " + std::to_string(lines) + " lines", "split it at 70"});
      open = scope::declarations;
    } else if (c == '{' && opened_by(head) != scope::declarations) {
      open = opened_by(head);
      depth = 1;
      first = line;
      head.clear();
    } else if (c == '{' || c == '}' || c == ';') {
      head.clear();
    } else {
      head += c;
    }
  }
  return findings;
}

}  // namespace logline::rules
