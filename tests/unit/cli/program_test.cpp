#include <catch2/catch.hpp>

#include "tests/unit/cli/command_line.hpp"

using namespace logline;
using fixtures::command_line;
using fixtures::listener;

namespace {

using words = std::vector<std::string>;

const std::vector<words> commands{{"do"},
                                  {"show"},
                                  {"history"},
                                  {"types"},
                                  {"ingest"},
                                  {"journal", "verify"},
                                  {"journal", "stats"},
                                  {"journal", "cat"},
                                  {"journal", "prove"},
                                  {"journal", "export"},
                                  {"journal", "reindex"},
                                  {"journal", "hash"},
                                  {"completion", "bash"},
                                  {"completion", "zsh"},
                                  {"completion", "fish"}};

}  // namespace

TEST_CASE("every command explains itself") {
  const command_line shell;
  const auto all = shell.run({"--help"});
  CHECK(all.exit == 0);
  CHECK(all.err.empty());
  CHECK(all.out.find("Exit codes: 0 ok") != std::string::npos);
  for (auto command : commands) {
    INFO(command.front() << ' ' << command.back());
    CHECK(all.out.find(command.front()) != std::string::npos);
    command.push_back("--help");
    const auto told = shell.run(command);
    CHECK(told.exit == 0);
    CHECK(told.out.find("Usage: logline") != std::string::npos);
    CHECK(told.err.empty());
  }
  CHECK(shell.run({"--version"}).out.starts_with("logline "));
}

TEST_CASE("what is no command line ends with exit code 2 and one line") {
  const command_line shell;
  const auto line = GENERATE(
      words{}, words{"shwo", "a/b/c"}, words{"journal"}, words{"journal", "verfy"}, words{"completion"},
      words{"completion", "tcsh"}, words{"do"}, words{"do", "a/b/c"}, words{"show"}, words{"history"},
      words{"ingest", "x"}, words{"ingest", "--connector", "c"}, words{"--unknown"},
      words{"show", "a/b/c", "--unknown"}, words{"--output", "xml", "types"},
      words{"--token", "a", "--token-file", "b", "types"}, words{"history", "a/b/c", "--limit", "0"},
      words{"history", "a/b/c", "--limit", "ten"}, words{"do", "nonsense", "add"}, words{"show", "A/b/c"},
      words{"do", "acme/account/a", "add", "amount"}, words{"do", "acme/account/a", "add", "amount=ten"},
      words{"do", "acme/account/a", "add", "--json", "{"},
      words{"do", "acme/account/a", "add", "amount=1", "--json", "{}"},
      words{"do", "acme/account/a", "add", "--idempotency-key", "a\r\nX: y"}, words{"--token", "a\nb", "types"},
      words{"--url", "ftp://h", "types"}, words{"--url", "http://[", "types"},
      words{"--token-file", "/no/such/file", "types"}, words{"--profile", "none", "types"}, words{"journal", "prove"},
      words{"journal", "prove", "--gseq", "1", "--old-size", "1"},
      words{"journal", "hash", "--data", "/no/such/folder"}, words{"journal", "cat", "--data", "/no/such/folder"},
      words{"ingest", "--connector", "c", "/no/such/folder"});
  INFO(Catch::StringMaker<words>::convert(line));
  const auto told = shell.run(line);
  CHECK(told.exit == cli::exit_usage);
  CHECK(told.out.empty());
  CHECK_FALSE(told.err.empty());
  CHECK(std::count(told.err.begin(), told.err.end(), '\n') == 1);
}

TEST_CASE("a mistyped command is met with the one that was meant") {
  const command_line shell;
  CHECK(shell.run({"shwo", "a/b/c"}).err.find("did you mean \"show\"?") != std::string::npos);
  CHECK(shell.run({"journal", "verfy"}).err.find("did you mean \"verify\"?") != std::string::npos);
  CHECK(shell.run({"something"}).err.find("did you mean") == std::string::npos);
}

TEST_CASE("a node that is not there ends with exit code 3") {
  std::uint16_t port = 0;
  {
    listener gone;
    port = gone.port;
  }
  const command_line shell;
  const std::string url = "http://127.0.0.1:" + std::to_string(port);
  const fixtures::temporary_folder folder;
  folder.write("a.json", "{}");
  for (const auto& line : {words{"show", "acme/account/a"}, words{"do", "acme/account/a", "add", "amount=1"},
                           words{"history", "acme/account/a"}, words{"types"},
                           words{"ingest", "--connector", "c", folder.path().string()}}) {
    words whole{"--url", url};
    whole.insert(whole.end(), line.begin(), line.end());
    const auto told = shell.run(whole);
    INFO(line.front());
    CHECK(told.exit == cli::exit_unreachable);
    CHECK(told.out.empty());
    CHECK(told.err.starts_with(url));
  }
}

TEST_CASE("flags go before the environment, the environment before the profile") {
  listener node;
  command_line shell;
  const std::string url = "http://127.0.0.1:" + std::to_string(node.port);
  const auto token = shell.home.write("token", fixtures::founder_token + "\n").string();
  shell.home.write("profiles.toml", "[here]\nurl = \"" + url + "/\"\ntoken_file = \"" + token +
                                        "\"\noutput = \"csv\"\n[odd]\nport = 1\n");
  const auto seen = [&](words line) { return shell.run(std::move(line)); };

  CHECK(seen({"--profile", "here", "types"}).out.starts_with("name,commands,"));
  CHECK(seen({"types", "--profile", "here", "--output", "json"}).out.starts_with("[{\"name\":\"account\""));
  CHECK(seen({"--profile", "here", "--token", "wrong", "types"}).exit == cli::exit_refused);
  CHECK(seen({"--profile", "here", "--url", "http://127.0.0.1:1", "types"}).exit == cli::exit_unreachable);
  CHECK(seen({"--profile", "odd", "types"}).exit == cli::exit_usage);
  shell.variables["LOGLINE_URL"] = "http://127.0.0.1:1";
  CHECK(seen({"--profile", "here", "types"}).exit == cli::exit_unreachable);
  shell.variables["LOGLINE_URL"] = url;
  shell.variables["LOGLINE_TOKEN"] = "wrong";
  CHECK(seen({"types"}).exit == cli::exit_refused);
  CHECK(seen({"--profile", "here", "types"}).exit == cli::exit_refused);
  CHECK(seen({"--token-file", token, "types"}).exit == cli::exit_ok);
  shell.variables["LOGLINE_TOKEN"] = fixtures::founder_token;
  CHECK(seen({"types"}).exit == cli::exit_ok);
}

TEST_CASE("the founder's token is found in the data directory") {
  listener node;
  const command_line shell;
  const fixtures::temporary_folder data;
  data.write("founder.token", fixtures::founder_token + "\n");
  const std::string url = "http://127.0.0.1:" + std::to_string(node.port);
  CHECK(shell.run({"--url", url, "--data", data.path().string(), "types"}).exit == cli::exit_ok);
  const auto told = shell.run({"--url", url, "types"});
  CHECK(told.exit == cli::exit_refused);
  CHECK(told.err.starts_with("UNAUTHORIZED: "));
}

TEST_CASE("completion scripts know every command and flag") {
  const command_line shell;
  const auto bash = shell.run({"completion", "bash"});
  CHECK(bash.exit == 0);
  CHECK(bash.out.find("\" journal\") words=\"verify ") != std::string::npos);
  CHECK(bash.out.find("complete -o default -F _logline logline\n") != std::string::npos);
  const auto fish = shell.run({"completion", "fish"});
  CHECK(fish.out.find("-a ingest -d 'Sends recorded webhook bodies as deliveries'") != std::string::npos);
  for (const auto* flag : {"--url", "--connector", "--old-size", "--as-of"}) {
    CHECK(bash.out.find(flag) != std::string::npos);
    CHECK(fish.out.find("-l " + std::string{flag}.substr(2) + "\n") != std::string::npos);
  }
  CHECK(shell.run({"completion", "zsh"}).out.find("bashcompinit") != std::string::npos);
}
