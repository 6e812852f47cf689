#include "journal/inspect.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

#include "domain/core/bytes.hpp"
#include "domain/core/json.hpp"
#include "journal/export.hpp"
#include "journal/record.hpp"
#include "tests/unit/journal_proof/sample_log.hpp"

namespace {

using namespace logline;
using journal::export_format;
using journal::record_filter;

/// 40 commits of nine commands, 540 records.
struct sample_journal {
  std::shared_ptr<journal::memory_store> store = std::make_shared<journal::memory_store>();
  journal::log_settings settings = sample::settings(100);
  std::unique_ptr<journal::stored_log> log = std::make_unique<journal::stored_log>(
      settings, std::make_unique<sample::borrowed_store>(store), journal::log_state{}, false);

  explicit sample_journal(std::size_t commits = 40) {
    sample::history history{*log};
    for (std::size_t i = 0; i < commits; ++i)
      history.commit(9);
  }
  /// The same rows, as a tool on a stopped node sees them.
  std::unique_ptr<journal::stored_log> read_only() const {
    journal::log_state state;
    state.position = log->head().position;
    auto unsigned_settings = settings;
    unsigned_settings.signer = nullptr;
    return std::make_unique<journal::stored_log>(unsigned_settings, std::make_unique<sample::borrowed_store>(store),
                                                 state, true);
  }
};

std::string exported(const journal::partition_log& log, const record_filter& filter, export_format format) {
  std::string out;
  const auto report = journal::export_records(log, filter, format, {}, [&](std::string_view part) {
    out += part;
    return true;
  });
  REQUIRE(report);
  CHECK(report->bytes == out.size());
  return out;
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    REQUIRE(end != std::string::npos);
    out.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

std::vector<std::uint64_t> positions(const journal::partition_log& log, const record_filter& filter) {
  std::vector<std::uint64_t> out;
  for (const auto& line : lines(exported(log, filter, export_format::ndjson)))
    out.push_back(std::stoull(line.substr(std::string_view{"{\"gseq\":"}.size())));
  return out;
}

std::string json_member(const std::string& json, const std::string& name) {
  const std::string mark = '"' + name + "\":";
  const std::size_t at = json.find(mark);
  REQUIRE(at != std::string::npos);
  const std::size_t begin = at + mark.size();
  if (json[begin] == '"') return json.substr(begin + 1, json.find('"', begin + 1) - begin - 1);
  return json.substr(begin, json.find_first_of(",}", begin) - begin);
}

std::vector<core::digest> json_digests(const std::string& json, const std::string& name) {
  std::vector<core::digest> out;
  std::size_t at = json.find('"' + name + "\":[") + name.size() + 4;
  for (; json[at] == '"'; at += json[at + 66] == ',' ? 67 : 66)
    out.push_back(core::digest::from(*core::from_hex(json.substr(at + 1, 64))));
  return out;
}

/// A JSON text without its escapes, as far as a checkpoint needs it.
std::string unescaped(const std::string& json, const std::string& name) {
  const std::string mark = '"' + name + "\":\"";
  std::string out;
  for (std::size_t at = json.find(mark) + mark.size(); json[at] != '"'; ++at) {
    if (json[at] != '\\') {
      out += json[at];
      continue;
    }
    ++at;
    REQUIRE(json[at] == 'n');
    out += '\n';
  }
  return out;
}

}  // namespace

TEST_CASE("records are exported as lines, in order, each as doors show it", "[unit][export][REP-06]") {
  const sample_journal sample;
  const auto all = lines(exported(*sample.log, {}, export_format::ndjson));
  REQUIRE(all.size() == 540);
  CHECK_THAT(all[0],
             Catch::StartsWith(
                 R"({"gseq":1,"eseq":1,"tenant":"acme","type":"task_queue","key":"queue1","event":"task_enqueued",)"));
  CHECK_THAT(all[0], Catch::EndsWith(R"("payload":{"text":")" + std::string(200, 'b') + "\"}}"));
}

TEST_CASE("an export takes a range of positions or of time, and only what the filter names", "[unit][export][REP-06]") {
  const sample_journal sample;
  record_filter filter;
  filter.from = core::gseq{100};
  filter.to = core::gseq{102};
  CHECK(positions(*sample.log, filter) == std::vector<std::uint64_t>{100, 101, 102});

  std::vector<core::timestamp> times;
  REQUIRE(sample.log->read(core::gseq{1}, [&](const core::record& r) {
    times.push_back(r.at);
    return true;
  }));
  record_filter recent;
  recent.since = times[500];
  std::vector<std::uint64_t> expected;
  for (std::size_t i = 0; i < times.size(); ++i)
    if (times[i] >= times[500]) expected.push_back(i + 1);
  CHECK(positions(*sample.log, recent) == expected);
  recent.since = times.front();
  recent.until = times[500];
  CHECK(positions(*sample.log, recent).size() == 540 - expected.size());
  recent.since = times.back() + core::seconds(1);
  recent.until.reset();
  CHECK(positions(*sample.log, recent).empty());

  record_filter named;
  named.tenant = "system";
  const auto system = positions(*sample.log, named).size();
  named.tenant = "acme";
  CHECK(positions(*sample.log, named).size() + system == 540);
  CHECK(system > 0);
  named.key = "queue1";
  named.type = "task_queue";
  named.event = "task_enqueued";
  CHECK_FALSE(positions(*sample.log, named).empty());
  named.event = "task_enqueueD";
  CHECK(positions(*sample.log, named).empty());
}

TEST_CASE("an export past the end is empty, and one of an empty log too", "[unit][export]") {
  const sample_journal sample;
  record_filter filter;
  filter.from = core::gseq{541};
  CHECK(exported(*sample.log, filter, export_format::ndjson).empty());
  filter.from = core::gseq{9'999};
  CHECK(exported(*sample.log, filter, export_format::msgpack).empty());
  const sample_journal empty{0};
  CHECK(exported(*empty.log, {}, export_format::ndjson).empty());
  CHECK(lines(exported(*empty.log, {}, export_format::csv)).size() == 1);
}

TEST_CASE("a csv export quotes what needs it", "[unit][export][REP-06]") {
  const sample_journal sample;
  record_filter filter;
  filter.to = core::gseq{2};
  const auto table = lines(exported(*sample.log, filter, export_format::csv));
  REQUIRE(table.size() == 3);
  CHECK(table[0] ==
        "gseq,eseq,tenant,type,key,event,version,at,site,principal,event_id,command_id,correlation_id,payload");
  CHECK_THAT(table[1], Catch::StartsWith(
                           "1,1,acme,task_queue,queue1,task_enqueued,1,2026-03-29T01:00:01.000000Z,rio.1,founder,"));
  CHECK_THAT(table[1], Catch::EndsWith(R"(,"{""text"":"")" + std::string(200, 'b') + R"(""}")"));
}

TEST_CASE("a msgpack export is the canonical records, which give the leaves", "[unit][export][REP-06]") {
  const sample_journal sample;
  const std::string stream = exported(*sample.log, {}, export_format::msgpack);
  journal::compact_range tree;
  std::size_t begin = 0;
  // The records' own lengths come from walking the log beside the stream.
  REQUIRE(sample.log->scan(core::gseq{1}, [&](const journal::record_view& r) {
    const std::string_view bytes = std::string_view{stream}.substr(begin, r.bytes.size());
    tree.append(journal::leaf_hash(bytes));
    begin += bytes.size();
    return true;
  }));
  CHECK(begin == stream.size());
  CHECK(tree.root() == sample.log->head().root);
}

TEST_CASE("an export goes on where the reader stopped it", "[unit][export]") {
  const sample_journal sample;
  std::string out;
  const auto report = journal::export_records(*sample.log, {}, export_format::ndjson, {}, [&](std::string_view part) {
    out = part;
    return false;
  });
  REQUIRE(report);
  CHECK(report->is_stopped);
  CHECK(report->records < 540);
  CHECK(report->next.value == report->records + 1);
  CHECK(lines(out).size() == report->records);
}

TEST_CASE("formats have names", "[unit][export]") {
  CHECK(journal::parse_export_format("ndjson") == export_format::ndjson);
  CHECK(journal::parse_export_format("csv") == export_format::csv);
  CHECK(journal::parse_export_format("msgpack") == export_format::msgpack);
  CHECK_FALSE(journal::parse_export_format("xml"));
  CHECK_FALSE(journal::parse_export_format(""));
}

TEST_CASE("statistics count what is there", "[unit][inspect][REP-07]") {
  const sample_journal sample;
  const auto stats = journal::collect_stats(*sample.store, core::partition_id{0});
  REQUIRE(stats);
  CHECK(stats->head == core::gseq{540});
  CHECK(stats->all.records == 540);
  CHECK(stats->commits == 40);
  CHECK(stats->frames == 40);
  CHECK(stats->plain_bytes == stats->all.bytes + 540 * 4);
  CHECK(stats->stored_bytes < stats->plain_bytes);
  CHECK(stats->checkpoints == 5);
  CHECK(stats->signed_head == core::gseq{446});
  CHECK(stats->commands_with_key == 180);
  CHECK(stats->entities == std::map<std::string, std::uint64_t>{{"task_queue", 5}});
  REQUIRE(stats->events.size() == 1);
  CHECK(stats->events.begin()->second == stats->all);
  REQUIRE(stats->tenants.size() == 2);
  CHECK(stats->tenants.at("acme").records + stats->tenants.at("system").records == 540);
  CHECK(stats->tenants.at("acme").bytes + stats->tenants.at("system").bytes == stats->all.bytes);
  CHECK(stats->first_at < stats->last_at);
  const std::string json = journal::to_json(*stats);
  CHECK(core::document_from_json(json));
  CHECK_THAT(json, Catch::StartsWith(R"({"gseq":540,"signed_gseq":446,"first_at":"2026-03-29T01:00:01.000000Z",)"));
  CHECK_THAT(json,
             Catch::Contains(R"("entities":{"task_queue":5},"events":{"task_queue":{"task_enqueued":{"records":540,)"));
}

TEST_CASE("statistics of an empty log are all zero", "[unit][inspect]") {
  const sample_journal empty{0};
  const auto stats = journal::collect_stats(*empty.store, core::partition_id{0});
  REQUIRE(stats);
  CHECK(stats->all == journal::record_count{});
  CHECK(core::document_from_json(journal::to_json(*stats)));
}

TEST_CASE("any record can be proven to a stranger who has the key only", "[unit][inspect][JRN-06]") {
  const sample_journal sample;
  const auto key = sample::site_key().public_key();
  for (std::uint64_t n = 1; n <= 540; n += 7) {
    const auto proof = journal::prove_record(*sample.log, core::gseq{n}, key);
    REQUIRE(proof);
    const auto head =
        journal::checkpoint_verifier{json_member(*proof, "origin"), key}.verify(unescaped(*proof, "checkpoint"));
    REQUIRE(head);
    CHECK(std::to_string(head->size) == json_member(*proof, "tree_size"));
    CHECK(head->root.hex() == json_member(*proof, "root"));
    const std::string record = *core::from_base64(json_member(*proof, "record"));
    const auto leaf = journal::leaf_hash(record);
    CHECK(leaf.hex() == json_member(*proof, "leaf"));
    CHECK(journal::verify_inclusion(n - 1, head->size, leaf, json_digests(*proof, "path"), head->root));
    CHECK(journal::decode_record(record)->position == core::gseq{n});
    CHECK(json_member(*proof, "verifier_key") == journal::note_verifier_key("logline/rio/0", key));
  }
  CHECK(journal::prove_record(*sample.log, core::gseq{0}, key).error().code == journal::errc::not_found);
  CHECK(journal::prove_record(*sample.log, core::gseq{541}, key).error().code == journal::errc::not_found);
}

TEST_CASE("a signed head can be proven to extend an older one", "[unit][inspect][JRN-06]") {
  const sample_journal sample;
  const auto key = sample::site_key().public_key();
  for (const std::uint64_t old_size : {0u, 1u, 100u, 256u, 539u, 540u}) {
    const auto proof = journal::prove_consistency(*sample.log, old_size, key);
    REQUIRE(proof);
    const auto head = journal::checkpoint_verifier{"logline/rio/0", key}.verify(unescaped(*proof, "checkpoint"));
    REQUIRE(head);
    const auto old_root = core::digest::from(*core::from_hex(json_member(*proof, "old_root")));
    CHECK(old_root == *sample.log->root_at(old_size));
    CHECK(journal::verify_consistency(old_size, head->size, old_root, head->root, json_digests(*proof, "path")));
  }
  CHECK_FALSE(journal::prove_consistency(*sample.log, 541, key));
}

TEST_CASE("a tool that cannot sign proves what is signed, and says what is not", "[unit][inspect]") {
  const sample_journal sample;
  const auto key = sample::site_key().public_key();
  const auto before = sample.read_only();
  const auto newest = journal::collect_stats(*sample.store, core::partition_id{0})->signed_head;
  REQUIRE(newest < core::gseq{540});
  CHECK(journal::prove_record(*before, newest, key));
  const auto refused = journal::prove_record(*before, core::next(newest), key);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == journal::errc::not_found);
  CHECK_THAT(refused.error().message, Catch::Contains("no signed head"));

  // A node at work signs for the asking.
  CHECK(journal::prove_record(*sample.log, core::gseq{540}, key));
  CHECK(journal::prove_record(*before, core::gseq{540}, key));
}
