#include "journal/reindex.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <string>

#include "tests/integration/journal_tools/store_directory.hpp"

namespace {

using namespace logline;

/// What a log answers from its derived families.
struct answers {
  std::map<std::string, std::uint64_t> last_sequences;
  std::map<std::string, std::vector<std::uint64_t>> positions;
  std::map<std::string, std::int64_t> wakes;
  std::vector<std::optional<core::gseq>> commands;
  core::digest root;
  std::vector<core::digest> proof;
  friend bool operator==(const answers&, const answers&) = default;
};

answers ask(const journal::partition_log& log) {
  answers out;
  for (int i = 0; i < 5; ++i) {
    const core::address entity{i == 4 ? "system" : "acme", "task_queue", "queue" + std::to_string(i)};
    out.last_sequences[entity.text()] = log.last_sequence(entity)->value;
    REQUIRE(log.read_entity(entity, core::eseq{1}, [&](const core::record& r) {
      out.positions[entity.text()].push_back(r.position.value);
      return true;
    }));
    for (int n = 0; n < 50; ++n)
      out.commands.push_back(*log.find_command(entity, "key-" + std::to_string(n)));
  }
  REQUIRE(log.each_wake([&](const core::address& entity, core::timestamp at) { out.wakes[entity.text()] = at.us; }));
  out.root = *log.root_at(300);
  out.proof = *log.inclusion_proof(core::gseq{17}, 500);
  return out;
}

std::unique_ptr<journal::partition_log> open(const sample::store_directory& store) {
  auto opened = journal::open_partition(store.options());
  if (!opened) FAIL(opened.error().text());
  return std::move(*opened);
}

/// One bit of one byte.
std::string flipped(std::string content, std::size_t byte) {
  content[byte] = static_cast<char>(content[byte] ^ 1);
  return content;
}

std::string place_of_damage(const sample::store_directory& store) {
  const auto report = journal::verify_store(store.options(), {});
  std::string all;
  for (const auto& finding : report.findings)
    all += finding.text() + '\n';
  return all;
}

}  // namespace

TEST_CASE("a reindex gives the same answers as before", "[integration][reindex][JRN-05]") {
  sample::store_directory store;
  store.append(40, 9);
  const auto before = ask(*open(store));
  CHECK(before.positions.size() == 5);
  CHECK_FALSE(before.wakes.empty());
  const auto report = journal::reindex_store(store.options(), {});
  REQUIRE(report);
  CHECK(report->head == core::gseq{540});
  CHECK(report->records == 540);
  CHECK(report->entity_rows == 200);
  CHECK(report->cut.empty());
  CHECK(place_of_damage(store).empty());
  CHECK(ask(*open(store)) == before);
  store.append(2, 9);
  CHECK(place_of_damage(store).empty());
}

TEST_CASE("damage to any derived table is mended by a reindex, wherever in the table it is",
          "[integration][reindex][JRN-05]") {
  sample::store_directory store;
  store.append(40, 9);
  const auto before = ask(*open(store));
  const auto good = store.files();
  int mended = 0;
  for (const auto& [file, content] : good) {
    if (!file.ends_with(".sst")) continue;
    for (const std::size_t byte : {std::size_t{0}, content.size() - 1}) {
      store.put(file, flipped(content, byte));
      const std::string damage = place_of_damage(store);
      INFO(file << " byte " << byte << ": " << damage);
      REQUIRE_FALSE(damage.empty());
      REQUIRE_FALSE(journal::open_partition(store.options()));
      bool is_derived = false;
      for (const char* family : {"entity", "dedupe", "wakes", "tree"})
        is_derived =
            is_derived || (byte == 0 && damage.find(std::string{"(family "} + family + ")") != std::string::npos);
      if (is_derived) {
        const auto report = journal::reindex_store(store.options(), {});
        if (!report) FAIL(report.error().text());
        CHECK(place_of_damage(store).empty());
        CHECK(ask(*open(store)) == before);
        ++mended;
      }
      std::filesystem::remove_all(store.partition());
      std::filesystem::create_directory(store.partition());
      for (const auto& [name, bytes] : good)
        store.put(name, bytes);
    }
  }
  CHECK(mended >= 4);
}

TEST_CASE("a table that keeps the store from opening is mended as well", "[integration][reindex]") {
  sample::store_directory store;
  store.append(40, 9);
  const auto before = ask(*open(store));
  const auto good = store.files();
  int mended = 0;
  for (const auto& [file, content] : good) {
    if (!file.ends_with(".sst")) continue;
    store.put(file, flipped(content, 0));
    const bool is_entity = place_of_damage(store).find("(family entity)") != std::string::npos;
    store.put(file, content);
    if (!is_entity) continue;
    store.put(file, flipped(content, content.size() - 1));
    REQUIRE_FALSE(journal::open_partition(store.options()));
    const auto report = journal::reindex_store(store.options(), {});
    if (!report) FAIL(report.error().text());
    CHECK(ask(*open(store)) == before);
    ++mended;
    break;
  }
  CHECK(mended == 1);
}

TEST_CASE("a reindex of a damaged log is refused before anything is changed", "[integration][reindex]") {
  sample::store_directory store;
  store.append_and_die(40, 9);
  std::string log;
  for (const auto& [file, content] : store.files())
    if (file.ends_with(".log") && !content.empty()) log = file;
  store.put(log, flipped(store.files().at(log), store.files().at(log).size() / 2));
  const auto before = store.files();
  const auto refused = journal::reindex_store(store.options(), {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == journal::errc::acknowledged_lost);
  CHECK(refused.error().position.value > 1);
  CHECK(store.files() == before);
}

TEST_CASE("a reindex that was cut off keeps the store shut until another one is done", "[integration][reindex]") {
  sample::store_directory store;
  store.append(40, 9);
  const auto before = ask(*open(store));
  // The first call comes while the log is checked, so the stop comes in the rebuild.
  std::string noise(400'000, 'x');
  {
    const auto log = open(store);
    std::uint64_t draw = 7;
    for (std::uint64_t i = 0; i < 30; ++i) {
      journal::append_request request;
      request.entity = {"acme", "blob", "one"};
      request.expected = core::eseq{i};
      for (char& c : noise)
        c = static_cast<char>((draw = draw * 6364136223846793005u + 1442695040888963407u) >> 56);
      request.events.emplace_back().payload = std::string("\x81\xa1n\xc6\x00\x06\x1a\x80", 8) + noise;
      REQUIRE((*log->append({&request, 1}))[0]);
    }
  }
  core::gseq furthest;
  bool again = false;
  const auto stopped = journal::reindex_store(store.options(), [&](const journal::verify_progress& p) {
    again = again || p.position < furthest;
    furthest = std::max(furthest, p.position);
    return !again;
  });
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == journal::errc::stopped);
  const auto refused = journal::open_partition(store.options());
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Catch::Contains("logline journal reindex"));
  CHECK_THAT(place_of_damage(store), Catch::Contains("logline journal reindex"));

  REQUIRE(journal::reindex_store(store.options(), {}));
  CHECK(place_of_damage(store).empty());
  auto after = ask(*open(store));
  CHECK(after.last_sequences == before.last_sequences);
  CHECK(after.positions == before.positions);
}

TEST_CASE("a reindex keeps out of a running node's store, and makes none", "[integration][reindex]") {
  sample::store_directory store;
  CHECK(journal::reindex_store(store.options(), {}).error().code == journal::errc::not_found);
  CHECK_FALSE(std::filesystem::exists(store.partition()));
  store.append(3, 9);
  const auto log = open(store);
  CHECK(journal::reindex_store(store.options(), {}).error().code == journal::errc::store_locked);
}
