// scripts/read_journal.py shares no code with us: what it reads and recomputes must be what we do.
#include <catch2/catch.hpp>

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "domain/core/json.hpp"
#include "journal/export.hpp"
#include "journal/frame.hpp"
#include "journal/inspect.hpp"
#include "journal/rocks_store.hpp"
#include "tests/integration/journal_tools/store_directory.hpp"

namespace {

using namespace logline;

struct run_result {
  int status = -1;
  std::vector<std::string> lines;
  std::string errors;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    out.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

/// Runs the reader; its standard error goes through a file in `data`.
run_result run_reader(const sample::store_directory& store, const std::string& arguments) {
  const char* source = std::getenv("LOGLINE_SOURCE");
  REQUIRE(source != nullptr);
  const std::string errors = (store.data() / "stderr").string();
  const std::string command =
      "python3 " + std::string{source} + "/scripts/read_journal.py " + arguments + " 2>" + errors;
  std::FILE* const out = ::popen(command.c_str(), "r");
  REQUIRE(out != nullptr);
  std::string text;
  std::array<char, 65'536> part{};
  while (const std::size_t got = std::fread(part.data(), 1, part.size(), out))
    text.append(part.data(), got);
  const int status = ::pclose(out);
  run_result result;
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  result.lines = lines_of(text);
  result.errors = sample::store_directory::read(errors);
  return result;
}

constexpr std::string_view unusual_payload = R"({
  "text":"ação \"quoted\" \\ \u0001 \ud83d\ude00","empty":"","":{"nested":[]},"list":[1,[2,[3]],{}],
  "big":9223372036854775807,"small":-9223372036854775808,"huge":18446744073709551615,"edge":9007199254740991,
  "over":9007199254740992,"under":-9007199254740992,"yes":true,"no":false,"none":null,
  "real":0.1,"large":1e300,"tiny":-2.5e-7,"raw":{"$b64":"AP8="}})";

/// One record of everything that a record can hold.
journal::append_request unusual_request() {
  journal::append_request request;
  request.entity = {"acme", "timeline", "every/thing@once"};
  request.decided_at = core::timestamp{1'774'745'999'999'999};
  request.principal = core::principal_id{"reactor:webhook_intake"};
  request.command_id = core::make_uuid7(1, 2, 3);
  request.correlation_id = core::make_uuid7(4, 5, 6);
  request.causation_id = core::make_uuid7(7, 8, 9);
  request.trace_id = "0af7651916cd43dd8448eb211c80319c";
  request.wake_at = core::timestamp{1'774'800'000'000'000};
  request.idempotency = core::idempotency{"a \"key\" of mine", core::sha256("request"), "\xc3"};
  auto& draft = request.events.emplace_back();
  draft.event_id = core::make_uuid7(10, 11, 12);
  draft.event = "timeline_entry_posted";
  draft.schema = 3;
  draft.owner = "somebody";
  draft.visibility = core::visibility::public_;
  draft.timeline =
      core::timeline_stamp{"webhooks.github", {"rio.1", 9'007'199'254'740'993}, 77, {{"rio.1", 12}, {"sao.2", 3}}};
  draft.payload = core::document_from_json(unusual_payload)->msgpack;
  return request;
}

void append_unusual(const sample::store_directory& store) {
  auto opened = journal::open_partition(store.options());
  REQUIRE(opened);
  const auto request = unusual_request();
  const auto written = (*opened)->append({&request, 1});
  REQUIRE(written);
  REQUIRE((*written)[0]);
}

std::unique_ptr<journal::partition_log> open_read_only(const sample::store_directory& store) {
  auto options = store.options();
  options.read_only = true;
  auto opened = journal::open_partition(options);
  if (!opened) FAIL(opened.error().text());
  return std::move(*opened);
}

std::string key_argument(const sample::store_directory& store) {
  return " --key " + (store.keys() / "site.pub").string();
}

}  // namespace

TEST_CASE("a stranger reads every record, and comes to the same digests", "[integration][stranger][JRN-06]") {
  sample::store_directory store;
  store.append(30, 9);
  append_unusual(store);
  store.append_and_die(10, 9);  // some of it in tables, some in the write-ahead log
  std::string exported;
  journal::log_head head;
  {
    const auto log = open_read_only(store);
    head = log->head();
    REQUIRE(journal::export_records(*log, {}, journal::export_format::ndjson, {}, [&](std::string_view part) {
      exported += part;
      return true;
    }));
  }
  const auto ours = lines_of(exported);
  const auto theirs = run_reader(store, store.partition().string() + key_argument(store));
  INFO(theirs.errors);
  REQUIRE(theirs.status == 0);
  REQUIRE(theirs.lines.size() == ours.size());
  REQUIRE(ours.size() == head.position.value);
  for (std::size_t i = 0; i < ours.size(); ++i) {
    INFO(ours[i] << '\n' << theirs.lines[i]);
    const auto mine = core::document_from_json(ours[i]);
    const auto yours = core::document_from_json(theirs.lines[i]);
    REQUIRE(mine);
    REQUIRE(yours);
    REQUIRE(mine->msgpack == yours->msgpack);
  }
  CHECK_THAT(theirs.errors, Catch::Contains("\"gseq\": " + std::to_string(head.position.value) + ",") &&
                                Catch::Contains(head.chain.hex()) && Catch::Contains(head.root.hex()));
}

TEST_CASE("a stranger checks the signed heads", "[integration][stranger][JRN-06]") {
  sample::store_directory store;
  store.append(30, 9);
  CHECK(run_reader(store, store.partition().string() + " --quiet" + key_argument(store)).status == 0);
  const sample::store_directory other;
  const auto refused = run_reader(store, store.partition().string() + " --quiet" + key_argument(other));
  CHECK(refused.status == 4);
  CHECK_THAT(refused.errors, Catch::Contains("bad_signature"));
}

TEST_CASE("a stranger notices a record that was changed with all checksums right", "[integration][stranger][JRN-07]") {
  sample::store_directory store;
  store.append(30, 9);
  core::gseq first;
  {
    auto opened = journal::rocks_store::open(store.partition().string(), journal::rocks_environment::standard(), {});
    REQUIRE(opened);
    auto& rows = **opened;
    const auto row = rows.walk(journal::family::log, journal::access::few);
    row->seek(journal::log_key(core::partition_id{0}, core::gseq{150}));
    REQUIRE(row->valid());
    first = *journal::parse_log_key(core::partition_id{0}, row->key());
    std::string plain;
    const auto frame = journal::open_frame(row->value(), plain);
    REQUIRE(frame);
    journal::frame_builder forged;
    std::string_view bytes;
    for (journal::frame_records records{*frame}; *records.next(bytes);) {
      std::string record{bytes};
      if (forged.empty()) record.replace(record.find("founder"), 7, "foundeR");
      forged.add(record);
    }
    std::string value;
    forged.seal(frame->header, journal::zstd_codec::of_thread(), 1, value);
    const auto batch = rows.make_batch();
    batch->put(journal::family::log, row->key(), value);
    REQUIRE(rows.write(*batch, journal::durability::synced));
  }
  const auto refused = run_reader(store, store.partition().string() + " --quiet");
  CHECK(refused.status == 4);
  CHECK_THAT(refused.errors, Catch::Contains("gseq " + std::to_string(first.value) + ": chain_broken"));
}

TEST_CASE("a stranger checks a proof without the journal", "[integration][stranger][JRN-06]") {
  sample::store_directory store;
  store.append(30, 9);
  const auto key = journal::site_public_key::load(store.keys());
  REQUIRE(key);
  std::string proof;
  std::string record;
  {
    const auto log = open_read_only(store);
    const auto made = journal::prove_record(*log, core::gseq{77}, *key);
    REQUIRE(made);
    proof = *made;
    journal::record_filter filter;
    filter.from = filter.to = core::gseq{77};
    REQUIRE(journal::export_records(*log, filter, journal::export_format::ndjson, {}, [&](std::string_view part) {
      record += part;
      return true;
    }));
  }
  const std::string file = (store.data() / "proof.json").string();
  const auto check = [&](const std::string& text) {
    std::ofstream{file} << text;
    return run_reader(store, "--proof " + file + key_argument(store));
  };
  const auto accepted = check(proof);
  INFO(accepted.errors);
  REQUIRE(accepted.status == 0);
  REQUIRE(accepted.lines.size() == 1);
  CHECK(core::document_from_json(accepted.lines[0])->msgpack == core::document_from_json(record)->msgpack);

  const auto replaced = [&](std::string_view what, std::string_view with) {
    std::string text = proof;
    text.replace(text.find(what), what.size(), with);
    return text;
  };
  CHECK(check(replaced("\"gseq\":77", "\"gseq\":78")).status == 4);
  CHECK(check(replaced("\"record\":\"", "\"record\":\"AAAA")).status == 4);
  CHECK(check(replaced("\"path\":[\"", "\"path\":[\"" + std::string(64, '0') + "\",\"")).status == 4);
  CHECK(check(replaced("time 2026", "time 2027")).status == 4);
}

TEST_CASE("a stranger's reader refuses what is not a journal", "[integration][stranger]") {
  const sample::store_directory store;
  CHECK(run_reader(store, store.data().string()).status == 4);
  CHECK(run_reader(store, "").status == 2);
  CHECK(run_reader(store, "--proof nothing").status == 2);
}
