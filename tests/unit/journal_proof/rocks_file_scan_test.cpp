#include "journal/rocks_file_scan.hpp"

#include <catch2/catch.hpp>

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace logline;
namespace fs = std::filesystem;

rocksdb::Env& env() {
  return *rocksdb::Env::Default();
}

/// Swallows RocksDB's information log, so that no LOG file appears.
class silent_logger : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

/// A database of RocksDB's own making, with records of many sizes in its write-ahead log.
class database {
 public:
  explicit database(const std::vector<std::size_t>& value_sizes) {
    std::string pattern = (fs::temp_directory_path() / "logline-scan-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path = pattern;
    rocksdb::Options options;
    options.create_if_missing = true;
    options.write_dbid_to_manifest = true;
    options.info_log = std::make_shared<silent_logger>();
    rocksdb::DB* opened = nullptr;
    REQUIRE(rocksdb::DB::Open(options, path, &opened).ok());
    const std::unique_ptr<rocksdb::DB> db{opened};
    REQUIRE(db->Put({}, "flushed", "value").ok());
    REQUIRE(db->Flush({}).ok());
    for (std::size_t i = 0; i < value_sizes.size(); ++i)
      REQUIRE(
          db->Put({}, "key" + std::to_string(i), std::string(value_sizes[i], static_cast<char>('a' + i % 26))).ok());
    REQUIRE(db->Close().ok());
  }
  ~database() { fs::remove_all(path); }

  std::string read(const std::string& file) const {
    std::ifstream in{fs::path{path} / file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  void write(const std::string& file, const std::string& content) const {
    std::ofstream{fs::path{path} / file, std::ios::binary} << content;
  }

  std::string path;
};

std::vector<std::size_t> sizes_around_block_ends() {
  std::vector<std::size_t> sizes = {1, 100, 40'000, 0, 70'000};
  // Steps of one byte near the end of a block meet every width of padding, and the empty first fragment.
  for (int i = 0; i < 400; ++i)
    sizes.push_back(700 + i % 3);
  return sizes;
}

std::string only_log(const journal::store_files& files) {
  REQUIRE(files.write_ahead_logs.size() == 1);
  return files.write_ahead_logs.front();
}

journal::store_files scanned(const database& db, const std::vector<std::string>& own_names = {}) {
  auto files = journal::scan_store(env(), db.path, own_names);
  REQUIRE(files);
  return *files;
}

void check_only_damage(const journal::store_files& files, const std::string& file) {
  REQUIRE(files.damages.size() == 1);
  CHECK(files.damages.front().file == file);
}

}  // namespace

TEST_CASE("an intact store is accounted for to its last byte", "[unit][rocks_file_scan]") {
  const database db{sizes_around_block_ends()};
  const auto files = scanned(db);
  for (const auto& damage : files.damages)
    FAIL_CHECK(damage.text());
  CHECK(files.strangers.empty());
  CHECK(files.tables.size() == 1);
  CHECK(files.database_id.size() == 36);
  CHECK(files.options.size() >= 1);
  std::size_t records = 0;
  std::size_t bytes = 0;
  CHECK_FALSE(journal::scan_log_file(env(), db.path, only_log(files), [&](std::string_view record) {
    ++records;
    bytes += record.size();
  }));
  CHECK(records == sizes_around_block_ends().size());
  CHECK(bytes > 400 * 700);
}

TEST_CASE("every flipped bit of a log-format file is found, at or before its record",
          "[unit][rocks_file_scan][JRN-07]") {
  const database db{{3, 40'000, 17}};
  const auto files = scanned(db);
  for (const std::string& file : {only_log(files), files.manifest}) {
    const std::string good = db.read(file);
    std::vector<std::uint64_t> record_ends;
    const std::size_t step = good.size() > 2000 ? 7 : 1;
    for (std::size_t bit = 0; bit < good.size() * 8; bit += step) {
      std::string bad = good;
      bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
      db.write(file, bad);
      const auto damage = journal::scan_log_file(env(), db.path, file, {});
      INFO(file << " bit " << bit);
      REQUIRE(damage);
      REQUIRE(damage->file == file);
      REQUIRE(damage->offset <= bit / 8);
    }
    db.write(file, good);
    REQUIRE_FALSE(journal::scan_log_file(env(), db.path, file, {}));
  }
}

TEST_CASE("padding at the end of a block is looked at", "[unit][rocks_file_scan][JRN-07]") {
  // 7 bytes of header, 12 of batch header, 9 of tag, key and lengths: three bytes of the block are left, too few for a
  // header.
  const database db{{32'768 - 28 - 3, 100}};
  const std::string file = only_log(scanned(db));
  const std::string good = db.read(file);
  REQUIRE(good.substr(32'764, 4) == std::string("a\0\0\0", 4));
  for (std::size_t bit = 32'765 * 8; bit < 32'768 * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    db.write(file, bad);
    const auto damage = journal::scan_log_file(env(), db.path, file, {});
    REQUIRE(damage);
    CHECK(damage->offset == bit / 8);
    CHECK_THAT(damage->message, Catch::Contains("padding"));
  }
}

TEST_CASE("a cut log is told apart from a damaged one", "[unit][rocks_file_scan][JRN-08]") {
  const database db{{3, 40'000, 17}};
  const std::string file = only_log(scanned(db));
  const std::string good = db.read(file);
  std::size_t whole = 0;
  for (std::size_t size = good.size(); size-- > 0;) {
    if (size > 100 && size < good.size() - 100 && size % 97 != 0) continue;
    db.write(file, good.substr(0, size));
    const auto damage = journal::scan_log_file(env(), db.path, file, {});
    if (!damage) {
      ++whole;
      continue;
    }
    INFO("cut to " << size);
    REQUIRE(damage->code == journal::errc::short_read);
  }
  // Cut between records: before the first, after the first, after the second.
  CHECK(whole == 3);
  db.write(file, good + std::string(20, '\0'));
  CHECK(journal::scan_log_file(env(), db.path, file, {})->code == journal::errc::checksum_mismatch);
  db.write(file, good + "tail");
  CHECK(journal::scan_log_file(env(), db.path, file, {})->code == journal::errc::short_read);
}

TEST_CASE("CURRENT, IDENTITY and LOCK are checked bit by bit", "[unit][rocks_file_scan][JRN-07]") {
  const database db{{3}};
  for (const char* file : {"CURRENT", "IDENTITY"}) {
    const std::string good = db.read(file);
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
      std::string bad = good;
      bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
      db.write(file, bad);
      INFO(file << " bit " << bit);
      const auto files = scanned(db);
      REQUIRE_FALSE(files.damages.empty());
      REQUIRE(files.damages.front().file == file);
    }
    db.write(file, good + ' ');
    check_only_damage(scanned(db), file);
    fs::remove(fs::path{db.path} / file);
    check_only_damage(scanned(db), file);
    db.write(file, good);
  }
  db.write("LOCK", "x");
  check_only_damage(scanned(db), "LOCK");
}

TEST_CASE("options are given by digest, strangers by name", "[unit][rocks_file_scan]") {
  const database db{{3}};
  const auto before = scanned(db);
  const std::string file = before.options.begin()->first;
  CHECK(before.options.begin()->second == core::sha256(db.read(file)));
  db.write(file, db.read(file) + "#");
  CHECK(scanned(db).options.at(file) != before.options.at(file));

  db.write("notes.txt", "hello");
  db.write("ours", "hello");
  CHECK(scanned(db, {"ours"}).strangers == std::vector<std::string>{"notes.txt"});
}

TEST_CASE("a directory that is not there is an error", "[unit][rocks_file_scan]") {
  CHECK(journal::scan_store(env(), "/nonexistent/store", {}).error().code == journal::errc::store_failed);
  CHECK(journal::scan_log_file(env(), "/nonexistent", "000001.log", {})->code == journal::errc::store_failed);
}
