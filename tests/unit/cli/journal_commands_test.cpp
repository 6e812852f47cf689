#include <catch2/catch.hpp>

#include <fstream>
#include <set>

#include "actors/clock.hpp"
#include "actors/replay.hpp"
#include "adapters/cli/json_peek.hpp"
#include "journal/checkpoint.hpp"
#include "journal/keys.hpp"
#include "journal/merkle.hpp"
#include "journal/open.hpp"
#include "tests/unit/cli/command_line.hpp"
#include "tests/unit/http/sample_records.hpp"

using namespace logline;
using fixtures::command_line;

namespace {

namespace fs = std::filesystem;

/// A stopped node's data directory with three accounts.
struct data_directory {
  data_directory() {
    auto log = open();
    fixtures::fill_account(*log, "a", 30);
    fixtures::fill_account(*log, "b", 20);
    REQUIRE(log->checkpoint(true));
    head = log->head();
    digest = *actors::replay_digest(*log, fixtures::find_account, [](core::gseq) {});
  }

  std::unique_ptr<journal::partition_log> open() const {
    journal::partition_options options;
    options.directory = (folder.path() / "journal").string();
    options.data_directory = folder.path().string();
    options.free_bytes_min = 0;
    options.free_fraction_min = 0;
    options.log.clock = actors::wall_clock;
    options.log.site = "rio";
    auto key = journal::site_key::load_or_create(folder.path() / "keys");
    REQUIRE(key);
    options.log.signer = std::make_shared<journal::checkpoint_signer>(
        journal::checkpoint_origin("rio", core::partition_id{}), *std::move(key));
    auto log = journal::open_partition(std::move(options));
    if (!log) FAIL(log.error().text());
    return *std::move(log);
  }
  std::string path() const { return folder.path().string(); }

  fixtures::temporary_folder folder;
  journal::log_head head;
  actors::state_digest digest;
};

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// Every file's name and content.
std::set<std::pair<std::string, std::string>> content_of(const fs::path& folder) {
  std::set<std::pair<std::string, std::string>> out;
  for (const auto& entry : fs::recursive_directory_iterator{folder}) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in{entry.path(), std::ios::binary};
    out.emplace(entry.path().string(), std::string{std::istreambuf_iterator<char>{in}, {}});
  }
  return out;
}

}  // namespace

TEST_CASE("hash prints the digest of all states, as a replay from gseq 1 gives it") {
  const data_directory data;
  const command_line shell;
  const auto told = shell.run({"journal", "hash", "--data", data.path()});
  CHECK(told.exit == cli::exit_ok);
  CHECK(told.out == R"({"gseq":50,"chain":")" + data.head.chain.hex() + R"(","root":")" + data.head.root.hex() +
                        R"(","entities":2,"state":")" + data.digest.state.hex() + "\"}\n");
}

TEST_CASE("verify says what it checked, and names damage with exit code 4") {
  data_directory data;
  const command_line shell;
  const auto clean = shell.run({"journal", "verify", "--data", data.path()});
  INFO(clean.out << clean.err);
  CHECK(clean.exit == cli::exit_ok);
  CHECK(clean.out.starts_with("clean: 50 records up to gseq 50, 2 entities, "));
  const auto json = shell.run({"--output", "json", "journal", "verify", "--data", data.path()}).out;
  CHECK(cli::member_of(json, "ok") == "true");
  CHECK(cli::member_of(json, "signed") == "true");
  CHECK(cli::text_of(json, "root") == data.head.root.hex());

  // One bit of the largest file.
  fs::path largest;
  for (const auto& entry : fs::recursive_directory_iterator{data.folder.path() / "journal"})
    if (entry.is_regular_file() && (largest.empty() || entry.file_size() > fs::file_size(largest)))
      largest = entry.path();
  std::fstream file{largest, std::ios::in | std::ios::out | std::ios::binary};
  const auto middle = static_cast<std::streamoff>(fs::file_size(largest) / 2);
  file.seekg(middle);
  const char before = static_cast<char>(file.get());
  file.seekp(middle);
  file.put(static_cast<char>(before ^ 1));
  file.close();
  const auto damaged = shell.run({"journal", "verify", "--data", data.path()});
  CHECK(damaged.exit == cli::exit_unverified);
  CHECK(damaged.out.find("DAMAGED") != std::string::npos);
  const auto findings = shell.run({"--output", "json", "journal", "verify", "--data", data.path()});
  CHECK(findings.exit == cli::exit_unverified);
  CHECK(cli::member_of(findings.out, "ok") == "false");
  CHECK_FALSE(cli::elements_of(cli::member_of(findings.out, "findings")).empty());
}

TEST_CASE("verify says when it could not look at signatures") {
  const data_directory data;
  fs::remove(data.folder.path() / "keys" / "site.pub");
  const auto told = command_line{}.run({"journal", "verify", "--data", data.path()});
  CHECK(told.exit == cli::exit_ok);
  CHECK(told.out.find("note: key_missing") != std::string::npos);
  CHECK(told.out.find("signatures not looked at") != std::string::npos);
}

TEST_CASE("cat prints the records that were asked for") {
  const data_directory data;
  const command_line shell;
  const auto cat = [&](std::vector<std::string> more) {
    std::vector<std::string> line{"--output", "ndjson", "journal", "cat", "--data", data.path()};
    line.insert(line.end(), more.begin(), more.end());
    const auto told = shell.run(line);
    CHECK(told.exit == cli::exit_ok);
    return told.out;
  };
  CHECK(lines(cat({})) == 50);
  CHECK(lines(cat({"--limit", "7"})) == 7);
  CHECK(lines(cat({"--key", "b"})) == 20);
  CHECK(lines(cat({"--from", "45"})) == 6);
  CHECK(lines(cat({"--from", "10", "--to", "12"})) == 3);
  CHECK(lines(cat({"--event", "nothing"})) == 0);
  CHECK(lines(cat({"--until", "2001-01-01T00:00:00Z"})) == 0);
  CHECK(lines(cat({"--since", "24h"})) == 50);
  CHECK(lines(cat({"--until", "24h"})) == 0);
  const auto one = cat({"--from", "31", "--limit", "1"});
  CHECK(one.starts_with(R"({"gseq":31,"eseq":1,"tenant":"acme","type":"account","key":"b","event":"added",)"));
  CHECK(shell.run({"journal", "cat", "--data", data.path(), "--limit", "1"}).out.starts_with("gseq  at "));
  for (const auto* time : {"yesterday", "24", "h", "-1h", "24 h", "99999999999d"})
    CHECK(shell.run({"journal", "cat", "--data", data.path(), "--since=" + std::string{time}}).exit == cli::exit_usage);
}

TEST_CASE("export writes a file in the format that was asked for") {
  const data_directory data;
  const command_line shell;
  const auto file = (data.folder.path() / "out").string();
  const auto told =
      shell.run({"journal", "export", "--data", data.path(), "--format", "csv", "--out", file, "--from", "41"});
  CHECK(told.exit == cli::exit_ok);
  CHECK(told.out.empty());
  CHECK(told.err == "10 records, next gseq 51\n");
  std::ifstream in{file};
  const std::string written{std::istreambuf_iterator<char>{in}, {}};
  CHECK(lines(written) == 11);
  CHECK(written.starts_with("gseq,eseq,"));
  CHECK(lines(shell.run({"journal", "export", "--data", data.path()}).out) == 50);
  CHECK(shell.run({"journal", "export", "--data", data.path(), "--format", "xml"}).exit == cli::exit_usage);
  CHECK(shell.run({"journal", "export", "--data", data.path(), "--out", "/no/such/folder/x"}).exit == cli::exit_usage);
}

TEST_CASE("prove prints what verifies without us") {
  const data_directory data;
  const command_line shell;
  const auto told = shell.run({"journal", "prove", "--data", data.path(), "--gseq", "17"});
  REQUIRE(told.exit == cli::exit_ok);
  CHECK(cli::member_of(told.out, "gseq") == "17");
  std::vector<core::digest> path;
  for (const auto& node : cli::elements_of(cli::member_of(told.out, "path")))
    path.push_back(core::digest::from(*core::from_hex(cli::plain_text(node))));
  const auto record = *core::from_base64(cli::text_of(told.out, "record"));
  const auto root = core::digest::from(*core::from_hex(cli::text_of(told.out, "root")));
  CHECK(root == data.head.root);
  CHECK(journal::verify_inclusion(16, 50, journal::leaf_hash(record), path, root));
  CHECK(shell.run({"journal", "prove", "--data", data.path(), "--old-size", "20"}).out.find("\"old_size\":20") !=
        std::string::npos);
  const auto beyond = shell.run({"journal", "prove", "--data", data.path(), "--gseq", "51"});
  CHECK(beyond.exit == cli::exit_refused);
  CHECK(beyond.err.starts_with("NOT_FOUND: "));
}

TEST_CASE("stats counts, and reading changes nothing") {
  const data_directory data;
  const command_line shell;
  const auto before = content_of(data.folder.path());
  const auto told = shell.run({"--output", "json", "journal", "stats", "--data", data.path()});
  CHECK(told.exit == cli::exit_ok);
  CHECK(told.out.find("\"account\":2") != std::string::npos);
  for (const auto* command : {"verify", "cat", "hash", "export"})
    CHECK(shell.run({"journal", command, "--data", data.path()}).exit == 0);
  CHECK(shell.run({"journal", "prove", "--data", data.path(), "--gseq", "1"}).exit == 0);
  CHECK(content_of(data.folder.path()) == before);
}

TEST_CASE("reindex makes the derived rows anew, and the store is as good as before") {
  const data_directory data;
  const command_line shell;
  const auto told = shell.run({"--output", "json", "journal", "reindex", "--data", data.path()});
  INFO(told.err);
  CHECK(told.exit == cli::exit_ok);
  CHECK(cli::member_of(told.out, "gseq") == "50");
  CHECK(shell.run({"journal", "verify", "--data", data.path()}).exit == cli::exit_ok);
  CHECK(cli::text_of(shell.run({"journal", "hash", "--data", data.path()}).out, "state") == data.digest.state.hex());
}

TEST_CASE("a running node's directory is left alone") {
  const data_directory data;
  const auto running = data.open();
  const command_line shell;
  const auto told = shell.run({"journal", "reindex", "--data", data.path()});
  CHECK(told.exit == cli::exit_refused);
  CHECK(told.err.find("stop the node first") != std::string::npos);
}
