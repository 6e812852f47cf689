#include <catch2/catch.hpp>

#include "adapters/cli/json_peek.hpp"
#include "tests/unit/cli/command_line.hpp"
#include "tests/unit/http/sample_records.hpp"

using namespace logline;
using fixtures::command_line;
using fixtures::listener;

TEST_CASE("do sends a command with typed fields, key and expectation") {
  listener node;
  const command_line shell;
  const auto told = shell.ask(node, {"--output", "json", "do", "acme/account/a/b", "add", "amount=5",
                                     "payload={\"x\":[1]}", "--idempotency-key", "k-1", "--expect", "3"});
  CHECK(told.exit == cli::exit_ok);
  CHECK(told.err.empty());
  CHECK(told.out == R"({"position":{"partition":0,"gseq":7},"eseq":2,"events":[{"name":"added"}],"reply":{"total":5}})"
                    "\n");
  const auto commands = node.door.commands();
  REQUIRE(commands.size() == 1);
  CHECK(commands[0].to.text() == "acme/account/a/b");
  CHECK(commands[0].idempotency_key == "k-1");
  CHECK(commands[0].expected == core::eseq{3});
  const auto& sent = *static_cast<const fixtures::add*>(commands[0].command.body.get());
  CHECK(sent.amount == 5);
  CHECK(core::json_text(sent.payload) == R"({"x":[1]})");
}

TEST_CASE("do takes its fields as one JSON object, too") {
  listener node;
  command_line shell;
  shell.input = R"({"amount":2})";
  const auto file = shell.home.write("body", R"({"amount":3})").string();
  CHECK(shell.ask(node, {"do", "acme/account/a", "add", "--json", R"({"amount":1})"}).exit == cli::exit_ok);
  CHECK(shell.ask(node, {"do", "acme/account/a", "add", "--json", "-"}).exit == cli::exit_ok);
  CHECK(shell.ask(node, {"do", "acme/account/a", "add", "--json", "@" + file}).exit == cli::exit_ok);
  CHECK(shell.ask(node, {"do", "acme/account/a", "read_total"}).exit == cli::exit_ok);
  const auto commands = node.door.commands();
  REQUIRE(commands.size() == 4);
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(static_cast<const fixtures::add*>(commands[i].command.body.get())->amount ==
          static_cast<std::int64_t>(i + 1));
  CHECK(commands[3].command.is_query);
}

TEST_CASE("types that only the node knows take their fields from it") {
  listener node;
  const command_line shell;
  // A connector's secret is text, although it looks like a number; this program's own catalogue has no connector.
  CHECK(shell.ask(node, {"do", "acme/connector/git", "open", "secret=12"}).exit == cli::exit_ok);
  REQUIRE(node.door.commands().size() == 1);
  CHECK(static_cast<const fixtures::open_inbox*>(node.door.commands()[0].command.body.get())->secret == "12");
}

TEST_CASE("a refusal goes to stderr with code, message and places, and exit code 1") {
  listener node;
  const command_line shell;
  const auto wrong = shell.ask(node, {"do", "acme/account/a", "add", "amount=5000", "extra=1"});
  CHECK(wrong.exit == cli::exit_refused);
  CHECK(wrong.out.empty());
  CHECK(wrong.err.starts_with("INVALID_INPUT: "));
  CHECK(wrong.err.find("\n  /amount must be at most 1000\n") != std::string::npos);
  CHECK(wrong.err.find("\n  /extra unknown field\n") != std::string::npos);
  node.door.says = core::overloaded("full", 2);
  const auto busy = shell.ask(node, {"do", "acme/account/a", "add", "amount=5"});
  CHECK(busy.exit == cli::exit_refused);
  CHECK(busy.err == "OVERLOADED: full\n  try again in 2 s\n");
  CHECK(shell.ask(node, {"do", "acme/nothing/a", "add"}).err.starts_with("UNKNOWN_TYPE: "));
  CHECK(shell.ask(node, {"do", "acme/account/a", "remove"}).err.starts_with("UNKNOWN_COMMAND: "));
}

TEST_CASE("show prints a state, as it is or as it was") {
  listener node;
  const command_line shell;
  const auto told = shell.ask(node, {"--output", "json", "show", "acme/account/a"});
  CHECK(told.exit == cli::exit_ok);
  CHECK(cli::member_of(told.out, "eseq") == "2");
  CHECK(cli::member_of(told.out, "state") == R"({"total":0,"additions":0,"rings":0,"added_at":[]})");
  CHECK(shell.ask(node, {"show", "acme/account/x/history", "--as-of", "2026-01-01T01:00:00+01:00"}).exit ==
        cli::exit_ok);
  const auto shown = node.door.shown();
  REQUIRE(shown.size() == 2);
  CHECK(shown[1].first.key == "x/history");
  CHECK(std::get<core::timestamp>(shown[1].second) == core::timestamp{1'767'225'600'000'000});
  CHECK(shell.ask(node, {"show", "acme/account/a", "--as-of", "yesterday"}).err.starts_with("INVALID_INPUT: "));
  node.door.view = core::not_found("no such entity");
  CHECK(shell.ask(node, {"show", "acme/account/a"}).err == "NOT_FOUND: no such entity\n");
}

TEST_CASE("history goes on over pages until it has what was asked for") {
  listener node;
  const command_line shell;
  fixtures::fill_account(*node.door.log, "a", 1'100);
  const auto lines = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
  const auto all = shell.ask(node, {"--output", "ndjson", "history", "acme/account/a", "--limit", "5000"});
  CHECK(all.exit == cli::exit_ok);
  CHECK(lines(all.out) == 1'100);
  CHECK(lines(shell.ask(node, {"--output", "ndjson", "history", "acme/account/a", "--limit", "1050"}).out) == 1'050);
  const auto some = shell.ask(node, {"--output", "csv", "history", "acme/account/a", "--from", "3", "--limit", "2"});
  CHECK(
      some.out.starts_with("eseq,gseq,at,event,principal,payload\n3,3,2026-01-01T00:00:00.000000Z,added,founder,\"{"));
  CHECK(lines(some.out) == 3);
  CHECK(shell.ask(node, {"history", "acme/account/none"}).exit == cli::exit_refused);
}

TEST_CASE("types prints the catalogue, or one type with its fields") {
  listener node;
  const command_line shell;
  const auto all = shell.ask(node, {"types"});
  CHECK(all.out.find("add set_alarm wait_for") != std::string::npos);
  const auto one = shell.ask(node, {"types", "account"});
  CHECK(one.out.find("command  add         amount integer, payload any?") != std::string::npos);
  CHECK(one.out.find("event    alarm_set   at date-time") != std::string::npos);
  CHECK(cli::text_of(shell.ask(node, {"--output", "json", "types", "account"}).out, "name") == "account");
  CHECK(shell.ask(node, {"types", "nothing"}).exit == cli::exit_refused);
}
