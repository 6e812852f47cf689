// A flipped bit anywhere in a store is named by verification, and the store does not open for writing.
#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "journal/verify.hpp"
#include "tests/integration/journal_tools/store_directory.hpp"

namespace {

using namespace logline;

journal::verify_report verify(const sample::store_directory& store) {
  auto where = store.options();
  where.log.signer = nullptr;
  auto verifier = journal::find_verifier(where, store.keys());
  // A store that does not open cannot say whose it is.
  if (verifier) where.verifier = *verifier;
  return journal::verify_store(where, {});
}

struct flip {
  std::string file;
  std::size_t bit;
};

/// Every bit of small files, a few hundred bits of each large one: its first and last bytes, and places drawn by
/// chance.
std::vector<flip> choose_flips(const std::map<std::string, std::string>& files, std::size_t each, std::uint64_t seed) {
  std::mt19937_64 draw{seed};
  std::vector<flip> out;
  for (const auto& [file, content] : files) {
    const std::size_t bits = content.size() * 8;
    std::set<std::size_t> chosen;
    for (std::size_t edge = 0; edge < 6; ++edge) {
      if (bits == 0) break;
      chosen.insert(edge * 11 % bits);
      chosen.insert(bits - 1 - edge * 11 % bits);
    }
    while (chosen.size() < std::min(each, bits))
      chosen.insert(draw() % bits);
    for (const std::size_t bit : chosen)
      out.push_back({file, bit});
  }
  return out;
}

std::string flipped(std::string content, std::size_t bit) {
  content[bit / 8] = static_cast<char>(content[bit / 8] ^ (1 << bit % 8));
  return content;
}

/// Another site's key in the place of ours.
void replace_key(const sample::store_directory& store) {
  std::filesystem::remove(store.keys() / "site.key");
  std::filesystem::remove(store.keys() / "site.pub");
  REQUIRE(journal::site_key::load_or_create(store.keys()));
}

}  // namespace

TEST_CASE("a store in RocksDB verifies, files and all", "[integration][verify][JRN-07]") {
  sample::store_directory store;
  store.append(30, 9);
  store.append(10, 9);
  const auto report = verify(store);
  for (const auto& finding : report.findings)
    FAIL_CHECK(finding.text());
  for (const auto& note : report.notes)
    FAIL_CHECK(note);
  CHECK(report.head.position == core::gseq{540});
  CHECK(report.is_signed);
  CHECK(report.checkpoints >= 5);
  CHECK(report.entities == 5);
  CHECK(report.file_bytes > report.stored_bytes);
}

TEST_CASE("a flipped bit in any file of a store is named, and the store does not open for writing",
          "[integration][verify][JRN-07][JRN-08][JRN-A2]") {
  sample::store_directory store;
  store.append(30, 9);
  store.append(10, 9);
  const auto good = store.files();
  const auto flips = choose_flips(good, 25, 20'260'329);
  CHECK(flips.size() >= 300);
  for (const auto& [file, bit] : flips) {
    store.put(file, flipped(good.at(file), bit));
    INFO(file << " (" << good.at(file).size() << " bytes), bit " << bit << ", byte " << bit / 8);
    CHECK_FALSE(verify(store).ok());
    const auto opened = journal::open_partition(store.options());
    REQUIRE_FALSE(opened);  // one that opens has written by now, so what follows would mean nothing
    CHECK_THAT(opened.error().message, Catch::Contains("logline journal verify --data"));
    CHECK(store.files().at(file) == flipped(good.at(file), bit));
    store.put(file, good.at(file));
  }
  CHECK(store.files() == good);
  CHECK(verify(store).ok());
}

TEST_CASE("a flipped bit in the write-ahead log of a killed node is named with the first record that is lost",
          "[integration][verify][JRN-07][JRN-08][JRN-A2]") {
  sample::store_directory store;
  store.append(30, 9);
  store.append_and_die(20, 9);
  CHECK(verify(store).ok());
  const auto good = store.files();
  std::map<std::string, std::string> logs;
  for (const auto& [file, content] : good)
    if (file.ends_with(".log") && !content.empty()) logs[file] = content;
  REQUIRE_FALSE(logs.empty());
  std::uint64_t last_position = 0;
  for (const auto& [file, bit] : choose_flips(logs, 100, 20'260'330)) {
    store.put(file, flipped(good.at(file), bit));
    INFO(file << " (" << good.at(file).size() << " bytes), bit " << bit << ", byte " << bit / 8);
    const auto report = verify(store);
    REQUIRE_FALSE(report.ok());
    CHECK(report.first().code == journal::errc::acknowledged_lost);
    CHECK(report.first().position.value > 405);
    last_position = std::max(last_position, report.first().position.value);
    const auto opened = journal::open_partition(store.options());
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == journal::errc::acknowledged_lost);
    CHECK(opened.error().position == report.first().position);
    store.put(file, good.at(file));
  }
  CHECK(last_position > 600);
  CHECK(verify(store).ok());
  CHECK(journal::open_partition(store.options()));
}

TEST_CASE("a flipped bit in a record's table is named with that part of the log",
          "[integration][verify][JRN-07][JRN-A2]") {
  sample::store_directory store;
  store.append(400, 9);
  store.append(1, 1);
  const auto good = store.files();
  std::set<std::uint64_t> positions;
  for (const auto& [file, content] : good) {
    if (!file.ends_with(".sst") || content.size() < 100'000) continue;
    for (std::size_t byte = 1'000; byte < content.size() - 20'000; byte += 10'007) {
      store.put(file, flipped(content, byte * 8));
      const auto report = verify(store);
      INFO(file << " byte " << byte);
      REQUIRE_FALSE(report.ok());
      CHECK(report.first().place == "log");
      CHECK(report.first().code == journal::errc::store_corrupt);
      positions.insert(report.first().position.value);
      store.put(file, content);
    }
  }
  // Not always the same place: the position follows the damage.
  CHECK(positions.size() > 3);
}

TEST_CASE("a torn end that nobody was told of is a note, and opening cuts it", "[integration][verify][JRN-08]") {
  sample::store_directory store;
  store.append_and_die(20, 9);
  std::string log;
  for (const auto& [file, content] : store.files())
    if (file.ends_with(".log") && !content.empty()) log = file;
  REQUIRE_FALSE(log.empty());
  store.put(log, store.files().at(log) + std::string("\x12\x34\x56\x78\xff\x00\x01half a commit", 20));
  const auto report = verify(store);
  for (const auto& finding : report.findings)
    FAIL_CHECK(finding.text());
  REQUIRE(report.notes.size() == 1);
  CHECK_THAT(report.notes[0], Catch::Contains("never acknowledged") && Catch::Contains(log));
  journal::open_report opening;
  const auto opened = journal::open_partition(store.options(), &opening);
  REQUIRE(opened);
  CHECK(opening.label == "@B");
  CHECK(opening.cut.size() == 1);
  CHECK((*opened)->head().position == report.head.position);
}

TEST_CASE("a store that is open elsewhere is not verified, and one that is not there neither",
          "[integration][verify]") {
  sample::store_directory store;
  CHECK(verify(store).first().code == journal::errc::not_found);
  store.append(3, 9);
  const auto opened = journal::open_partition(store.options());
  REQUIRE(opened);
  const auto report = verify(store);
  REQUIRE_FALSE(report.ok());
  CHECK(report.first().code == journal::errc::store_locked);
}

TEST_CASE("heads signed by another key do not pass", "[integration][verify][JRN-06][JRN-07]") {
  sample::store_directory store;
  store.append(30, 9);
  replace_key(store);
  const auto report = verify(store);
  REQUIRE_FALSE(report.ok());
  CHECK(report.first().code == journal::errc::bad_signature);
}
