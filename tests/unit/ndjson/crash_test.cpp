#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "adapters/ndjson/mirror.hpp"
#include "tests/unit/ndjson/mirror_sample.hpp"

using namespace logline;
using journal::errc;

namespace {

constexpr std::uint64_t shard_bytes = 3'600;
constexpr std::uint64_t records = 9;

/// Opens what a crash left, goes on, and must end where it would have without the crash.
void recover(const std::filesystem::path& directory, const std::map<std::string, std::string>& left,
             const sample::log& log, const std::map<std::string, std::string>& expected, int zstd_level = 0) {
  sample::restore(directory, left);
  auto settings = sample::options(directory, shard_bytes);
  settings.zstd_level = zstd_level;
  ndjson::mirror mirror{settings};
  sample::feed(mirror, log, records);
  if (zstd_level != 0) REQUIRE(mirror.rest());
  REQUIRE(sample::contents(directory) == expected);
}

/// While it lives, no file may grow over that size.
class size_limit {
 public:
  explicit size_limit(std::uint64_t bytes) {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    handler_ = ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~size_limit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }
  size_limit(const size_limit&) = delete;
  size_limit& operator=(const size_limit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

}  // namespace

TEST_CASE("whatever part of the last lines a crash leaves, the same files come of it", "[NDJ-05]") {
  const sample::folder home;
  const auto directory = home.path() / "mirror";
  const sample::log log{records};
  sample::feed(*std::make_unique<ndjson::mirror>(sample::options(directory, shard_bytes)), log, records);
  const auto whole = sample::contents(directory);
  const auto part = whole.rbegin()->first;
  REQUIRE(part.ends_with(".part"));
  const auto& bytes = whole.at(part);
  REQUIRE(sample::lines_of(bytes).size() >= 3);

  SECTION("cut at every byte") {
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
      CAPTURE(size);
      auto left = whole;
      left[part].resize(size);
      recover(directory, left, log, whole);
    }
  }
  SECTION("bytes that never reached the disk read as zeros") {
    for (std::size_t size = 0; size < bytes.size(); size += 31) {
      CAPTURE(size);
      auto left = whole;
      left[part].replace(size, std::string::npos, std::string(bytes.size() - size, '\0'));
      recover(directory, left, log, whole);
    }
  }
  SECTION("the report says what was cut") {
    auto left = whole;
    left[part].resize(bytes.size() - 5);
    sample::restore(directory, left);
    ndjson::mirror mirror{sample::options(directory, shard_bytes)};
    const auto opened = mirror.open();
    REQUIRE(opened);
    CHECK(*opened == log.at(records - 1));
    CHECK(mirror.recovered().file == part);
    CHECK(mirror.recovered().cut_bytes == sample::lines_of(bytes).back().size() - 5);
  }
}

TEST_CASE("a crash at any step of sealing is made good on opening") {
  const sample::folder home;
  const auto directory = home.path() / "mirror";
  const sample::log log{records};
  const int level = GENERATE(0, 3);
  auto settings = sample::options(directory, shard_bytes);
  // Before the second shard begins, and what comes of everything.
  sample::feed(*std::make_unique<ndjson::mirror>(settings), log, records);
  const auto all_plain = sample::contents(directory);
  const std::string first = "audit-2026-03-29-0.ndjson";
  const auto plain = all_plain.at(first);
  const auto manifest = all_plain.at(first + ".manifest");
  std::filesystem::remove_all(directory);
  settings.zstd_level = level;
  sample::feed(*std::make_unique<ndjson::mirror>(settings), log, records);
  const auto expected = sample::contents(directory);

  SECTION("every byte of the trailer") {
    const auto trailer = sample::lines_of(plain).back().size();
    for (std::size_t missing = 0; missing <= trailer; ++missing) {
      CAPTURE(missing);
      recover(directory, {{first + ".part", plain.substr(0, plain.size() - missing)}}, log, expected, level);
    }
  }
  SECTION("sealed, without a manifest or with half of one") {
    recover(directory, {{first, plain}}, log, expected, level);
    recover(directory, {{first, plain}, {first + ".manifest.tmp", manifest.substr(0, 99)}}, log, expected, level);
    recover(directory, {{first, plain}, {first + ".manifest.tmp", manifest}}, log, expected, level);
    recover(directory, {{first, plain}, {first + ".manifest", manifest}}, log, expected, level);
  }
  SECTION("the next shard was begun") {
    const auto next = all_plain.at("audit-2026-03-29-1.ndjson");
    for (std::size_t size = 0; size < 1'500; size += 50)
      recover(
          directory,
          {{first, plain}, {first + ".manifest", manifest}, {"audit-2026-03-29-1.ndjson.part", next.substr(0, size)}},
          log, expected, level);
  }
  SECTION("steps of compression") {
    if (level == 0) return;
    const auto packed = expected.at(first + ".zst");
    const auto named = expected.at(first + ".manifest");
    recover(directory, {{first, plain}, {first + ".manifest", manifest}, {first + ".zst.tmp", packed.substr(0, 50)}},
            log, expected, level);
    recover(directory, {{first, plain}, {first + ".manifest", named}, {first + ".zst.tmp", packed}}, log, expected,
            level);
    recover(directory, {{first, plain}, {first + ".manifest", named}, {first + ".zst", packed}}, log, expected, level);
    recover(directory, {{first + ".manifest", named}, {first + ".zst", packed}}, log, expected, level);
  }
}

TEST_CASE("what compression left half done is cleared away, also when nothing is compressed any more") {
  const sample::folder home;
  const sample::log log{records};
  sample::feed(*std::make_unique<ndjson::mirror>(sample::options(home.path(), shard_bytes)), log, records);
  const auto whole = sample::contents(home.path());
  const auto first = home.path() / "audit-2026-03-29-0.ndjson";
  sample::replace(first.string() + ".zst", "half");
  sample::replace(first.string() + ".zst.tmp", "half");
  sample::require_equal(home.path(), log, records);
  ndjson::mirror mirror{sample::options(home.path(), shard_bytes)};
  REQUIRE(mirror.open());
  CHECK(mirror.recovered().removed == 1);
  CHECK(sample::contents(home.path()) == whole);
}

TEST_CASE("a shard that is not what was sealed is not compressed") {
  const sample::folder home;
  const sample::log log{records};
  sample::feed(*std::make_unique<ndjson::mirror>(sample::options(home.path(), shard_bytes)), log, records);
  const auto next = home.path() / "audit-2026-03-29-1.ndjson";
  auto bytes = sample::content(next);
  bytes[bytes.size() / 2] = '#';
  sample::replace(next, bytes);
  auto settings = sample::options(home.path(), shard_bytes);
  settings.zstd_level = 1;
  ndjson::mirror mirror{settings};
  REQUIRE(mirror.open());
  const auto rested = mirror.rest();
  REQUIRE_FALSE(rested);
  CHECK(rested.error().code == errc::checksum_mismatch);
  CHECK(rested.error().message.find(next.filename().string()) == 0);
  CHECK(sample::content(next) == bytes);
  CHECK_FALSE(std::filesystem::exists(next.string() + ".zst"));
}

TEST_CASE("opening destroys nothing that an unknown key or version wrote, and names what no crash leaves") {
  const sample::folder home;
  const sample::log log{records};
  sample::feed(*std::make_unique<ndjson::mirror>(sample::options(home.path(), shard_bytes)), log, records);
  const auto whole = sample::contents(home.path());
  const auto part = whole.rbegin()->first;
  auto settings = sample::options(home.path(), shard_bytes);

  SECTION("another key of the same name") {
    settings.key.secret = std::string(32, 'x');
    CHECK(ndjson::mirror{settings}.open().error().code == errc::bad_signature);
  }
  SECTION("the same, with nothing sealed before") {
    sample::restore(home.path(), {{"audit-2026-03-29-0.ndjson.part", whole.begin()->second}});
    settings.key.secret = std::string(32, 'x');
    CHECK(ndjson::mirror{settings}.open().error().code == errc::bad_signature);
    CHECK(sample::contents(home.path()).begin()->second == whole.begin()->second);
    return;
  }
  SECTION("a line of a kind that is not known") {
    std::string line = R"({"_later":1})";
    ndjson::sign_line(sample::line_key(), line, 0);
    sample::replace(home.path() / part, whole.at(part) + line);
    CHECK(ndjson::mirror{settings}.open().error().code == errc::unknown_format);
    CHECK(sample::content(home.path() / part) == whole.at(part) + line);
    return;
  }
  SECTION("a shard in between is gone") {
    const auto sealed = home.path() / "audit-2026-03-29-1.ndjson";
    std::filesystem::remove(sealed);
    CHECK(ndjson::mirror{settings}.open().error().code == errc::store_corrupt);
    std::filesystem::remove(sealed.string() + ".manifest");
    if (whole.contains("audit-2026-03-29-3.ndjson")) return;
    CHECK(ndjson::mirror{settings}.open().error().code == errc::position_gap);
    return;
  }
  SECTION("an open shard that is not the last") {
    std::filesystem::rename(home.path() / "audit-2026-03-29-0.ndjson", home.path() / "audit-2026-03-29-0.ndjson.part");
    CHECK(ndjson::mirror{settings}.open().error().code == errc::store_corrupt);
    return;
  }
  CHECK(sample::contents(home.path()) == whole);
}

TEST_CASE("an error of the disk is told, and opening again goes on where the files end") {
  const sample::folder home;
  const auto directory = home.path() / "mirror";
  const sample::log log{records};
  ndjson::mirror mirror{sample::options(directory)};
  sample::feed(mirror, log, 3);

  SECTION("no room in the middle of a line") {
    const auto size = std::filesystem::file_size(directory / "audit-2026-03-29-0.ndjson.part");
    {
      const size_limit limit{size + 1'500};
      const auto failed = mirror.append(log.views(4, 6), log.at(6)).error();
      CHECK(failed.code == errc::store_failed);
      CHECK(failed.message.find("audit-2026-03-29-0.ndjson.part: cannot write: ") == 0);
    }
    CHECK(mirror.append(log.views(4, 6), log.at(6)).error().code == errc::store_failed);
    const auto opened = mirror.open();
    REQUIRE(opened);
    CHECK(*opened == log.at(4));
    CHECK(mirror.recovered().cut_bytes > 0);
  }
  SECTION("no room for a manifest") {
    auto settings = sample::options(home.path() / "other", shard_bytes);
    ndjson::mirror small{settings};
    sample::feed(small, log, 1);
    {
      const size_limit limit{std::filesystem::file_size(settings.directory / "audit-2026-03-29-0.ndjson.part") + 10};
      CHECK(small.append(log.views(2, records), log.at(records)).error().code == errc::store_failed);
    }
    sample::feed(small, log, records);
    sample::require_equal(settings.directory, log, records);
  }
  SECTION("the directory was taken away") {
    std::filesystem::remove_all(directory);
    const auto failed = mirror.append(log.views(4, 6), log.at(6)).error();
    CHECK(failed.code == errc::store_failed);
    CHECK(failed.message.find("was removed") != std::string::npos);
  }
  SECTION("in the directory's place is a file") {
    auto settings = sample::options(home.path() / "file");
    sample::replace(settings.directory, "x");
    const auto failed = ndjson::mirror{settings}.open();
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == errc::store_failed);
    CHECK(failed.error().message.find(home.path().string()) == std::string::npos);
  }
  sample::feed(mirror, log, records);
  sample::require_equal(directory, log, records);
}
