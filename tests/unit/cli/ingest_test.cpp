#include <catch2/catch.hpp>

#include <sys/stat.h>

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "adapters/cli/deliveries.hpp"
#include "adapters/cli/json_peek.hpp"
#include "tests/unit/cli/command_line.hpp"

using namespace logline;
using fixtures::command_line;
using fixtures::listener;

namespace {

core::failure busy(std::int64_t retry_after_s) {
  return core::overloaded("slow down", retry_after_s);
}

/// What a connector does, as far as a sender can tell: opens once, checks signatures, knows deliveries again.
struct inbox {
  explicit inbox(fixtures::fake_door& door) {
    door.decide = [this](const actors::command_request& r) { return decide(r); };
    door.see = [this](const core::address&) -> core::result<actors::entity_view> {
      if (!secret) return core::not_found("no such entity");
      return actors::entity_view{core::eseq{1}, core::to_msgpack(fixtures::connector_state{}), {}};
    };
  }

  core::result<actors::command_reply> decide(const actors::command_request& r) {
    const std::lock_guard lock{guard};
    if (r.command.index == 0) {
      secret = static_cast<const fixtures::open_inbox*>(r.command.body.get())->secret;
      id_header = static_cast<const fixtures::open_inbox*>(r.command.body.get())->id_header.value_or("");
      return actors::command_reply{core::gseq{1}, core::eseq{1}, {"connector_opened"}, "\xc0"};
    }
    const auto& d = *static_cast<const fixtures::receive*>(r.command.body.get());
    if (refuse_first > 0) return --refuse_first, core::result<actors::command_reply>{busy(0)};
    if (d.headers.at("x-hub-signature-256") != "sha256=" + core::hmac_sha256(*secret, d.body.data).hex())
      return core::failure{core::failure_kind::unauthorized, "SIGNATURE_INVALID", "no"};
    events.insert(d.headers.at("x-github-event"));
    const bool fresh = ids.insert(d.headers.at(id_header)).second;
    bodies.push_back(d.body.data);
    arrived.notify_all();
    const std::string said = std::string{R"({"accepted":true,"duplicate":)"} + (fresh ? "false}" : "true}");
    return actors::command_reply{{}, {}, {}, core::document_from_json(said)->msgpack};
  }

  std::mutex guard;
  std::condition_variable arrived;
  std::optional<std::string> secret;
  std::string id_header;
  int refuse_first = 0;
  std::set<std::string> ids;
  std::set<std::string> events;
  std::vector<std::string> bodies;
};

void write_samples(const fixtures::temporary_folder& folder) {
  folder.write("b/push.main.json", R"({"b":1})");
  folder.write("a/issues.opened.json", R"({"a":1})");
  folder.write("a/issues.closed.json", R"({"a":2})");
  folder.write("a/readme.txt", "not sent");
}

struct counts {
  std::string accepted, duplicates, failed;
  friend bool operator==(const counts&, const counts&) = default;
};
counts counts_in(const std::string& json) {
  return {cli::member_of(json, "accepted"), cli::member_of(json, "duplicates"), cli::member_of(json, "failed")};
}

}  // namespace

TEST_CASE("ingest opens its connector, keeps the secret, and sends every file signed") {
  listener node;
  inbox connector{node.door};
  const command_line shell;
  const fixtures::temporary_folder folder;
  write_samples(folder);
  const auto told =
      shell.ask(node, {"--output", "json", "ingest", "--tenant", "acme", "--connector", "git", folder.path().string()});
  INFO(told.err);
  CHECK(told.exit == cli::exit_ok);
  CHECK(counts_in(told.out) == counts{"3", "0", "0"});
  CHECK(std::stod(cli::member_of(told.out, "rate")) > 0);
  CHECK(connector.events == std::set<std::string>{"issues", "push"});
  CHECK(connector.id_header == "x-github-delivery");

  const auto kept = shell.home.path() / "connectors" / "acme.git.secret";
  struct stat status {};
  REQUIRE(::stat(kept.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(connector.secret->size() == 64);

  // The same files again are duplicates, signed with the kept secret.
  const auto again =
      shell.ask(node, {"--output", "json", "ingest", "--tenant", "acme", "--connector", "git", folder.path().string()});
  CHECK(counts_in(again.out) == counts{"0", "3", "0"});
}

TEST_CASE("repetitions are duplicates, unless each is to be a delivery of its own") {
  listener node;
  inbox connector{node.door};
  const command_line shell;
  const fixtures::temporary_folder folder;
  write_samples(folder);
  const auto send = [&](const std::string& flag) {
    std::vector<std::string> line{"--output", "json",     "ingest", "--connector",
                                  "git",      "--repeat", "20",     folder.path().string()};
    if (!flag.empty()) line.push_back(flag);
    return counts_in(shell.ask(node, line).out);
  };
  CHECK(send("") == counts{"3", "57", "0"});
  CHECK(send("--distinct") == counts{"57", "3", "0"});  // the first of each was there
}

TEST_CASE("a connector whose secret nobody here knows is not written to") {
  listener node;
  inbox connector{node.door};
  connector.secret = "of somebody else";
  connector.id_header = "x-github-delivery";
  const command_line shell;
  const fixtures::temporary_folder folder;
  const auto file = folder.write("push.json", "{}").string();
  const auto told = shell.ask(node, {"ingest", "--connector", "git", file});
  CHECK(told.exit == cli::exit_usage);
  CHECK(told.err.find("--secret-file") != std::string::npos);
  CHECK(told.err.find("rotate_secret") != std::string::npos);
  CHECK(node.door.commands().empty());

  const auto secret = folder.write("secret", "of somebody else\n").string();
  CHECK(shell.ask(node, {"ingest", "--connector", "git", "--secret-file", secret, file}).exit == cli::exit_ok);
  const auto wrong = folder.write("wrong", "guessed\n").string();
  const auto refused =
      shell.ask(node, {"--output", "json", "ingest", "--connector", "git", "--secret-file", wrong, file});
  CHECK(refused.exit == cli::exit_refused);
  CHECK(counts_in(refused.out) == counts{"0", "0", "1"});
  CHECK(refused.err.find("push.json: SIGNATURE_INVALID: no") != std::string::npos);
}

TEST_CASE("a busy node is asked again, with the same delivery") {
  listener node;
  inbox connector{node.door};
  connector.refuse_first = 5;
  const command_line shell;
  const fixtures::temporary_folder folder;
  write_samples(folder);
  const auto told = shell.ask(node, {"--output", "json", "ingest", "--connector", "git", folder.path().string()});
  CHECK(told.exit == cli::exit_ok);
  CHECK(counts_in(told.out) == counts{"3", "0", "0"});
  CHECK(node.door.commands().size() == 1 + 3 + 5);
}

TEST_CASE("patience has an end") {
  listener node;
  inbox connector{node.door};
  connector.refuse_first = 1'000'000;
  const command_line shell;
  const fixtures::temporary_folder folder;
  write_samples(folder);
  const auto told =
      shell.ask(node, {"--output", "json", "ingest", "--connector", "git", "--patience", "0", folder.path().string()});
  CHECK(told.exit == cli::exit_refused);
  CHECK(counts_in(told.out) == counts{"0", "0", "3"});
  CHECK(told.err.find("OVERLOADED") != std::string::npos);
}

TEST_CASE("a node that dies in mid-stream and comes back gets every delivery, none of them new twice") {
  auto node = std::make_unique<listener>();
  const auto port = node->port;
  inbox connector{node->door};
  const command_line shell;
  const fixtures::temporary_folder folder;
  for (int i = 0; i < 200; ++i)
    folder.write("push." + std::to_string(i) + ".json", "{\"n\":" + std::to_string(i) + "}");
  fixtures::told told;
  std::thread sender{[&] {
    told = shell.ask(*node, {"--output", "json", "ingest", "--connector", "git", folder.path().string()});
  }};
  {
    std::unique_lock lock{connector.guard};
    connector.arrived.wait(lock, [&] { return connector.bodies.size() >= 50; });
  }
  node->server.stop();
  http::server_options options = listener::options(fixtures::patient_limits(), 1, *node);
  options.port = port;
  http::server next{std::move(options), node->door, fixtures::test_catalogue()};
  const auto started = next.start();
  REQUIRE(started);
  sender.join();
  INFO(told.err);
  CHECK(told.exit == cli::exit_ok);
  const auto sent = counts_in(told.out);
  CHECK(std::stoi(sent.accepted) + std::stoi(sent.duplicates) == 200);
  CHECK(sent.failed == "0");
  CHECK(connector.ids.size() == 200);
}

TEST_CASE("a node that stays away ends the sending with exit code 3") {
  listener node;
  inbox connector{node.door};
  const command_line shell;
  const fixtures::temporary_folder folder;
  write_samples(folder);
  CHECK(shell.ask(node, {"ingest", "--connector", "git", folder.path().string()}).exit == cli::exit_ok);
  const cli::delivery_plan plan{"default", "git", "secret", *cli::find_deliveries({folder.path().string()}),
                                2,         false, 16,       0};
  cli::settings s;
  s.url = "http://127.0.0.1:" + std::to_string(node.port);
  node.server.stop();
  std::istringstream in;
  std::ostringstream out, err;
  const cli::environment env{in, out, err, {}, [](const char*) { return std::optional<std::string>{}; }};
  const auto counted = cli::deliver(plan, s, env);
  CHECK(counted.unreachable);
  CHECK(counted.failed == 6);
  CHECK_FALSE(counted.complaints.empty());
}

TEST_CASE("deliveries are found in order, and known by what they are") {
  const fixtures::temporary_folder folder;
  write_samples(folder);
  const auto found = cli::find_deliveries({folder.path().string(), (folder.path() / "a/readme.txt").string()});
  REQUIRE(found);
  REQUIRE(found->size() == 4);
  CHECK((*found)[0].filename() == "issues.closed.json");
  CHECK((*found)[2].filename() == "push.main.json");
  CHECK((*found)[3].filename() == "readme.txt");
  const fixtures::temporary_folder empty;
  CHECK_FALSE(cli::find_deliveries({empty.path().string()}));
  CHECK(cli::event_of("x/pull_request.opened.1.json") == "pull_request");
  CHECK(cli::event_of("push") == "push");
  CHECK(cli::event_of("pu\r\nX: sh.json") == "pu__X:_sh");
  CHECK(cli::delivery_id("a", 0) == cli::delivery_id("a", 0));
  CHECK(cli::delivery_id("a", 0) != cli::delivery_id("b", 0));
  CHECK(cli::delivery_id("a", 0) != cli::delivery_id("a", 1));
  CHECK(core::parse_uuid(cli::delivery_id("a", 0)));
}
