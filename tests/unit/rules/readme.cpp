#include "tests/unit/rules/readme.hpp"

#include <regex>

namespace logline::rules {
namespace {

const std::regex folder_row{R"(^\|\s*`([^`/]+)/`\s*\|.*)"};
const std::regex named_path{
    R"(`((?:domain|journal|actors|adapters|cluster|tests|bench|configs|docs|scripts|cmake)/[\w./-]*)`)"};

/// Folders at the top that belong to the project, and not to a build or a run.
std::set<std::string> real_folders(const std::filesystem::path& root) {
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(root)) {
    const auto name = entry.path().filename().string();
    if (entry.is_directory() && !name.starts_with('.') && name != "build" && name != "data") found.insert(name);
  }
  return found;
}

void append(std::vector<finding>& to, std::vector<finding> more) {
  to.insert(to.end(), more.begin(), more.end());
}

}  // namespace

std::vector<finding> check_folder_table(const source_file& readme, const std::set<std::string>& folders) {
  std::vector<finding> findings;
  auto missing = folders;
  for (std::size_t i = 0; i < readme.lines.size(); ++i) {
    std::smatch row;
    if (!std::regex_match(readme.lines[i], row, folder_row)) continue;
    if (missing.erase(row[1]) == 0)
      findings.push_back({readme.path, i + 1, "`" + row[1].str() + "/` does not exist", "remove its row"});
  }
  for (const auto& folder : missing)
    findings.push_back({readme.path, 1, "no row for `" + folder + "/`", "add it to the folder table"});
  return findings;
}

std::vector<finding> check_named_paths(const source_file& page, const std::function<bool(const std::string&)>& exists) {
  std::vector<finding> findings;
  for (std::size_t i = 0; i < page.lines.size(); ++i) {
    const auto& line = page.lines[i];
    for (std::sregex_iterator found{line.begin(), line.end(), named_path}, end; found != end; ++found) {
      if (!exists((*found)[1]))
        findings.push_back({page.path, i + 1, found->str() + " does not exist", "name what does"});
    }
  }
  return findings;
}

std::vector<finding> check_law(const source_file& readme) {
  for (const auto& line : readme.lines) {
    if (line.empty() || line.starts_with("# ")) continue;
    if (line.starts_with("#") || line.starts_with("|") || line.starts_with("-")) break;
    return {};
  }
  return {{readme.path, 1, "no law", "say it in the first sentence below the title"}};
}

std::vector<finding> check_readmes(const std::filesystem::path& root) {
  const auto exists = [&](const std::string& path) { return std::filesystem::exists(root / path); };
  std::vector<std::string> folders{"configs"};
  folders.insert(folders.end(), std::begin(code_folders), std::end(code_folders));
  for (const auto& entry : std::filesystem::directory_iterator(root / "adapters"))
    if (entry.is_directory()) folders.push_back("adapters/" + entry.path().filename().string());

  std::vector<finding> findings = check_folder_table(read_source(root, "README.md"), real_folders(root));
  for (const auto& folder : folders) {
    const auto path = folder + "/README.md";
    if (!exists(path)) {
      findings.push_back({path, 1, "no README.md", "write the folder's law into it"});
      continue;
    }
    append(findings, check_law(read_source(root, path)));
    append(findings, check_named_paths(read_source(root, path), exists));
  }
  for (const auto* page : {"README.md", "CONTRIBUTING.md", "docs/architecture.md"})
    append(findings, check_named_paths(read_source(root, page), exists));
  return findings;
}

}  // namespace logline::rules
