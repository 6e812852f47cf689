// How RocksDB is set up, and who may open it.
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>

#include "journal/rocks_file_check.hpp"
#include "journal/rocks_file_scan.hpp"
#include "journal/rocks_options.hpp"
#include "journal/rocks_store.hpp"
#include "tests/contract/journal/journal_fixture.hpp"

using namespace logline;
using namespace logline::journal;
using namespace logline::journal::fixtures;

TEST_CASE("RocksDB runs without the settings that lost data elsewhere", "[contract][JRN-05]") {
  temporary_directory directory;
  const auto store = rocks_store::open(directory.path(), rocks_environment::standard(), {});
  REQUIRE(store);
  const rocksdb::DBOptions o = (*store)->database().GetDBOptions();
  CHECK(o.wal_bytes_per_sync == 0);
  CHECK(o.recycle_log_file_num == 0);
  CHECK(!o.manual_wal_flush);
  CHECK(o.track_and_verify_wals_in_manifest);
  CHECK(o.wal_recovery_mode == rocksdb::WALRecoveryMode::kPointInTimeRecovery);
  CHECK(!o.best_efforts_recovery);
  CHECK(o.max_bgerror_resume_count == 0);
  CHECK(!o.unordered_write);
  CHECK(!o.two_write_queues);
  CHECK(!o.enable_pipelined_write);
  CHECK(o.paranoid_checks);
  CHECK(o.flush_verify_memtable_count);
  CHECK(o.verify_sst_unique_id_in_manifest);
  REQUIRE(o.file_checksum_gen_factory != nullptr);
  // RocksDB does not say whether write_dbid_to_manifest is set; the manifest does.
  const auto files = scan_store(*rocks_environment::standard()->env, directory.path(), own_file_names());
  REQUIRE(files);
  CHECK(!files->database_id.empty());
  for (const auto f : families) {
    const rocksdb::Options of_family = (*store)->database().GetOptions((*store)->handle(f));
    CHECK(!of_family.enable_blob_files);
  }
}

TEST_CASE("RocksDB writes no log files of its own") {
  rocks_fixture f;
  append_one(*f.log, request("a", 0));
  for (const auto& entry :
       std::filesystem::directory_iterator(partition_directory(f.directory.path(), core::partition_id{1})))
    CHECK(entry.path().filename().string().substr(0, 3) != "LOG");
}

TEST_CASE("tables are checked by whole-file checksums", "[contract][JRN-08]") {
  rocks_fixture f;
  append_one(*f.log, request("a", 0, 100));
  f.log.reset();
  const auto store = rocks_store::open_read_only(partition_directory(f.directory.path(), core::partition_id{1}),
                                                 rocks_environment::standard(), {});
  REQUIRE(store);
  std::uint64_t left = 0;
  CHECK((*store)->check_tables(UINT64_MAX, left)->empty());
  CHECK(left == 0);
  CHECK((*store)->check_tables(0, left)->empty());
  CHECK(left > 0);
}

// Run by the next test in a process of its own, with the directory in the environment: holds the log until its input
// ends.
TEST_CASE("hold a log", "[.holder]") {
  manual_clock clock;
  const char* const directory = std::getenv("LOGLINE_HELD_DIRECTORY");
  REQUIRE(directory != nullptr);
  const auto log = opened(options_with(clock, directory));
  REQUIRE(::write(STDOUT_FILENO, "held", 4) == 4);
  char byte = 0;
  REQUIRE(::read(STDIN_FILENO, &byte, 1) == 0);
}

namespace {

/// Another process that has the log open.
class holder {
 public:
  explicit holder(const std::string& directory) {
    int to_child[2];
    int from_child[2];
    REQUIRE(::pipe(to_child) == 0);
    REQUIRE(::pipe(from_child) == 0);
    const std::string variable = "LOGLINE_HELD_DIRECTORY=" + directory;
    child_ = ::fork();
    REQUIRE(child_ >= 0);
    if (child_ == 0) {
      ::dup2(to_child[0], STDIN_FILENO);
      ::dup2(from_child[1], STDOUT_FILENO);
      ::close(to_child[1]);
      ::close(from_child[0]);
      std::string copy = variable;
      char* const environment[] = {copy.data(), nullptr};
      char* const arguments[] = {const_cast<char*>("holder"), const_cast<char*>("[.holder]"), nullptr};
      ::execve("/proc/self/exe", arguments, environment);
      ::_exit(127);
    }
    ::close(to_child[0]);
    ::close(from_child[1]);
    input_ = to_child[1];
    output_ = from_child[0];
    char text[4] = {};
    std::size_t got = 0;
    while (got < sizeof text) {
      const auto n = ::read(output_, text + got, sizeof text - got);
      REQUIRE(n > 0);
      got += static_cast<std::size_t>(n);
    }
    REQUIRE(std::string_view{text, sizeof text} == "held");
  }
  /// Lets it close the log in order.
  void release() { end(false); }
  /// kill -9.
  void kill() { end(true); }
  ~holder() {
    if (child_ > 0) end(true);
  }

 private:
  void end(bool killed) {
    if (killed) ::kill(child_, SIGKILL);
    ::close(input_);
    ::waitpid(child_, nullptr, 0);
    ::close(output_);
    child_ = -1;
  }

  pid_t child_ = -1;
  int input_ = -1;
  int output_ = -1;
};

}  // namespace

TEST_CASE("a second process cannot open the log, for writing or reading, until the first is gone",
          "[contract][JRN-04]") {
  manual_clock clock;
  temporary_directory directory;
  partition_options options = options_with(clock, directory.path());
  partition_options reading = options;
  reading.read_only = true;
  holder other{directory.path()};
  CHECK(open_partition(options).error().code == errc::store_locked);
  CHECK(open_partition(reading).error().code == errc::store_locked);
  SECTION("it ends in order") {
    other.release();
  }
  SECTION("it is killed") {
    other.kill();
  }
  const auto log = opened(options);
  append_one(*log, request("a", 0));
}
