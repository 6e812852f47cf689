#include <array>

#include <CLI/CLI.hpp>

#include "adapters/cli/commands.hpp"

namespace logline::cli {

namespace {

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* each) { return !each->get_name().empty(); });
}

std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> out;
  for (const CLI::Option* option : app.get_options())
    for (const auto& name : option->get_lnames())
      out.push_back("--" + name);
  // Options may stand in a group without a name.
  for (const CLI::App* group : app.get_subcommands([](const CLI::App* each) { return each->get_name().empty(); }))
    for (const auto& flag : flags_of(*group))
      out.push_back(flag);
  return out;
}

std::string words_after(const CLI::App& app, const CLI::App& root) {
  std::string out;
  for (const auto* command : commands_of(app))
    out += command->get_name() + ' ';
  for (const auto& flag : flags_of(app))
    out += flag + ' ';
  if (&app != &root)
    for (const auto& flag : flags_of(root))
      if (flag != "--help" && flag != "--version") out += flag + ' ';
  return out;
}

/// One line of a shell's case per command: the words said so far, and what can follow.
void append_cases(const CLI::App& app, const CLI::App& root, const std::string& said, std::string& out) {
  out += "    \"" + said + "\") words=\"" + words_after(app, root) + "\" ;;\n";
  for (const auto* command : commands_of(app))
    append_cases(*command, root, said + ' ' + command->get_name(), out);
}

/// The words that are no options, and no values of theirs, name the command.
std::string bash_script(const CLI::App& root) {
  std::string names;
  for (const auto* command : commands_of(root)) {
    names += command->get_name() + ' ';
    for (const auto* below : commands_of(*command))
      names += below->get_name() + ' ';
  }
  std::string out =
      "_logline() {\n"
      "  local said= word words known=\" " +
      names +
      "\"\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    [[ $known == *\" $word \"* ]] && said=\"$said $word\"\n"
      "  done\n"
      "  case \"$said\" in\n";
  append_cases(root, root, "", out);
  out +=
      "    *) words=\"\" ;;\n"
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
      "}\n"
      "complete -o default -F _logline logline\n";
  return out;
}

std::string fish_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text)
    out += c == '\'' ? std::string{"\\'"} : std::string{c};
  return out + '\'';
}

void append_fish(const CLI::App& app, const std::string& said, std::string& out) {
  std::string others;
  for (const auto* command : commands_of(app))
    others += ' ' + command->get_name();
  const std::string here = said.empty() ? "" : "__fish_seen_subcommand_from" + said + "; and ";
  for (const auto* command : commands_of(app)) {
    out += "complete -c logline -f -n '" + here + "not __fish_seen_subcommand_from" + others + "' -a " +
           command->get_name() + " -d " + fish_quoted(command->get_description()) + '\n';
    append_fish(*command, ' ' + command->get_name(), out);
  }
  const std::string condition = said.empty() ? "" : " -n '__fish_seen_subcommand_from" + said + '\'';
  for (const auto& flag : flags_of(app))
    out += "complete -c logline" + condition + " -l " + flag.substr(2) + '\n';
}

}  // namespace

void add_completion_command(CLI::App& app, invocation& run) {
  auto* const group = app.add_subcommand("completion", "Prints a completion script for a shell");
  group->require_subcommand(1);
  group->add_subcommand("bash", "source <(logline completion bash)")->callback([&app, &run] {
    run.env.out << bash_script(app);
  });
  group->add_subcommand("zsh", "source <(logline completion zsh)")->callback([&app, &run] {
    run.env.out << "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n"
                << bash_script(app);
  });
  group->add_subcommand("fish", "logline completion fish | source")->callback([&app, &run] {
    std::string script;
    append_fish(app, "", script);
    run.env.out << script;
  });
}

}  // namespace logline::cli
