// NDJ-A1: 200 MB of events.
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <random>

#include "adapters/ndjson/mirror.hpp"
#include "tests/unit/ndjson/file_calls.hpp"
#include "tests/unit/ndjson/mirror_sample.hpp"

using namespace logline;

namespace {

constexpr std::uint64_t shard_bytes = 50'000'000;
constexpr std::size_t text_bytes = 64 << 10;
constexpr std::uint64_t records = 1'440;  // 220 MB of lines, for each has its payload twice (payload_b64)
constexpr std::uint64_t batch = 48;

/// Text that does not compress to nothing.
std::string noise() {
  std::mt19937_64 draws{7};
  std::string text(text_bytes, ' ');
  for (auto& c : text)
    c = static_cast<char>('a' + draws() % 26);
  return text;
}

std::string name(int number, std::string_view suffix = "") {
  return "audit-2026-03-29-" + std::to_string(number) + ".ndjson" + std::string{suffix};
}

/// Another process writes, and is killed in the middle of a line of the third shard.
void write_until_killed(const std::filesystem::path& directory, const sample::log& log) {
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    sample::file_calls watch{directory};
    watch.last_write = [](const std::string& file, std::size_t size) {
      static std::uint64_t written = 0;
      if (file != name(2, ".part")) return size;
      written += size;
      return written > 20'000'000 ? size / 2 : size;
    };
    ndjson::mirror mirror{sample::options(directory)};
    if (!mirror.open()) ::_exit(1);
    for (std::uint64_t at = 0; at < records; at += batch) {
      if (!mirror.append(log.views(at + 1, at + batch), log.at(at + batch))) ::_exit(2);
      watch.calls().clear();
    }
    ::_exit(3);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  REQUIRE(WTERMSIG(status) == SIGKILL);
}

void flip_byte(const std::filesystem::path& path, std::streamoff at) {
  std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
  REQUIRE(file.seekg(at));
  const auto byte = static_cast<char>(file.get() ^ 1);
  REQUIRE(file.seekp(at));
  REQUIRE(file.put(byte));
}

void check_shards(const std::filesystem::path& directory) {
  for (int number = 0; number <= 4; ++number) {
    const auto path = directory / name(number, number == 4 ? ".part" : "");
    CAPTURE(path);
    REQUIRE(std::filesystem::file_size(path) <= shard_bytes);
    std::ifstream file{path, std::ios::binary};
    REQUIRE(file.seekg(-3, std::ios::end));
    CHECK(std::string{std::istreambuf_iterator<char>{file}, {}} == "\"}\n");
  }
  CHECK_FALSE(std::filesystem::exists(directory / name(5, ".part")));
}

}  // namespace

TEST_CASE("200 MB of events: shards, a kill in mid-line, an altered byte, the compressed copy, the next day",
          "[NDJ-A1]") {
  const sample::folder home;
  const auto directory = home.path() / "mirror";
  std::filesystem::create_directories(directory);
  // They take twelve hours from noon: the one behind them is of the next day.
  const sample::log log{records + 1, core::seconds(30), noise()};

  write_until_killed(directory, log);
  CHECK_FALSE(sample::content(directory / name(2, ".part")).ends_with('\n'));
  auto settings = sample::options(directory);
  auto mirror = std::make_unique<ndjson::mirror>(settings);
  sample::feed(*mirror, log, records, batch);
  CHECK(mirror->recovered().file == name(2, ".part"));
  CHECK(mirror->recovered().cut_bytes > 0);
  check_shards(directory);
  const auto plain = sample::verify(directory);
  REQUIRE_FALSE(plain.damage);
  CHECK(plain.summary.lines == records);
  CHECK(plain.summary.head == log.at(records).chain);

  flip_byte(directory / name(1), 31'415'926);
  const auto altered = sample::verify(directory);
  REQUIRE(altered.damage);
  CHECK(altered.damage->message.find(name(1) + " line ") == 0);
  flip_byte(directory / name(1), 31'415'926);

  REQUIRE(mirror->append(log.views(records + 1, records + 1), log.at(records + 1)));
  CHECK(std::filesystem::exists(directory / name(4)));
  CHECK(std::filesystem::exists(directory / "audit-2026-03-30-0.ndjson.part"));

  mirror.reset();
  settings.zstd_level = 1;
  mirror = std::make_unique<ndjson::mirror>(settings);
  REQUIRE(mirror->open());
  for (int number = 0; number <= 4; ++number)
    REQUIRE(mirror->rest());
  for (int number = 0; number <= 4; ++number) {
    CHECK(std::filesystem::exists(directory / name(number, ".zst")));
    CHECK_FALSE(std::filesystem::exists(directory / name(number)));
  }
  sample::require_equal(directory, log, records + 1);
}
