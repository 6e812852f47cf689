#include "adapters/ndjson/mirror.hpp"

#include "domain/core/bytes.hpp"
#include "tests/unit/ndjson/mirror_sample.hpp"

using namespace logline;
using journal::errc;

TEST_CASE("records come back from the files byte for byte", "[NDJ-01]") {
  const sample::folder home;
  const sample::log log{50};
  ndjson::mirror mirror{sample::options(home.path())};
  sample::feed(mirror, log, 50);
  sample::require_equal(home.path(), log, 50);

  const auto files = sample::contents(home.path());
  REQUIRE(files.size() == 1);
  CHECK(files.begin()->first == "audit-2026-03-29-0.ndjson.part");
  const auto lines = sample::lines_of(files.begin()->second);
  REQUIRE(lines.size() == 52);
  CHECK(lines[2].find("18446744073709551614") != std::string::npos);
  CHECK(lines[2].find(R"({"$b64":"AP8="})") != std::string::npos);
  CHECK(lines[2].find(R"("prev":"0000)") != std::string::npos);
}

TEST_CASE("shards rotate before the line that is too much, at a new day and at a new schema", "[NDJ-03]") {
  const sample::folder home;

  SECTION("size") {
    constexpr std::uint64_t shard_bytes = 12'000;
    const sample::log log{100};
    ndjson::mirror mirror{sample::options(home.path(), shard_bytes)};
    sample::feed(mirror, log, 100, 13);
    sample::require_equal(home.path(), log, 100);
    std::size_t shards = 0;
    for (const auto& [name, bytes] : sample::contents(home.path())) {
      if (name.ends_with(".manifest")) continue;
      CAPTURE(name);
      CHECK(bytes.size() <= shard_bytes);
      CHECK(bytes.ends_with("\"}\n"));
      if (name.ends_with(".ndjson")) CHECK(bytes.size() > shard_bytes / 2);
      ++shards;
    }
    CHECK(shards > 5);
    CHECK(std::filesystem::exists(home.path() / "audit-2026-03-29-5.ndjson"));
  }
  SECTION("a line that is larger than a shard has one to itself") {
    const sample::log log{3};
    ndjson::mirror mirror{sample::options(home.path(), 100)};
    sample::feed(mirror, log, 3);
    sample::require_equal(home.path(), log, 3);
    CHECK(sample::verify(home.path()).summary.shards == 3);
  }
  SECTION("day") {
    const sample::log log{4, core::hours(7)};
    ndjson::mirror mirror{sample::options(home.path())};
    sample::feed(mirror, log, 4);
    sample::require_equal(home.path(), log, 4);
    CHECK(sample::lines_of(sample::content(home.path() / "audit-2026-03-29-0.ndjson")).size() == 5);
    CHECK(sample::lines_of(sample::content(home.path() / "audit-2026-03-30-0.ndjson.part")).size() == 4);
  }
  SECTION("schema") {
    const sample::log log{4};
    auto settings = sample::options(home.path());
    sample::feed(*std::make_unique<ndjson::mirror>(settings), log, 2);
    settings.types["timeline"] = 3;
    sample::feed(*std::make_unique<ndjson::mirror>(settings), log, 4);
    sample::require_equal(home.path(), log, 4);
    const auto first = sample::lines_of(sample::content(home.path() / "audit-2026-03-29-0.ndjson"));
    const auto second = sample::lines_of(sample::content(home.path() / "audit-2026-03-29-1.ndjson.part"));
    CHECK(first[1].starts_with(
        R"({"_schema":1,"at":"2026-03-29T12:00:00.000000Z","types":{"task_queue":1,"timeline":2})"));
    CHECK(second[1].starts_with(
        R"({"_schema":2,"at":"2026-03-29T12:00:02.000000Z","types":{"task_queue":1,"timeline":3})"));
  }
}

TEST_CASE("rest seals the shard of a day that is over, and only that") {
  const sample::folder home;
  const sample::log log{3};
  auto settings = sample::options(home.path());
  auto now = std::make_shared<core::timestamp>(core::timestamp{sample::noon});
  settings.clock = [now] { return *now; };
  ndjson::mirror mirror{settings};
  sample::feed(mirror, log, 2);
  REQUIRE(mirror.rest());
  CHECK(sample::contents(home.path()).contains("audit-2026-03-29-0.ndjson.part"));
  *now = *now + core::hours(12);
  REQUIRE(mirror.rest());
  CHECK(sample::contents(home.path()).contains("audit-2026-03-29-0.ndjson"));
  REQUIRE(mirror.append(log.views(3, 3), log.at(3)));
  CHECK(sample::contents(home.path()).contains("audit-2026-03-29-1.ndjson.part"));
  sample::require_equal(home.path(), log, 3);
}

TEST_CASE("a shard has header, schema line and trailer, and they say where it belongs", "[NDJ-06]") {
  const sample::folder home;
  const sample::log log{6};
  ndjson::mirror mirror{sample::options(home.path(), 2'800)};
  sample::feed(mirror, log, 6);
  const auto plain = sample::content(home.path() / "audit-2026-03-29-0.ndjson");
  const auto first = sample::lines_of(plain);
  const auto next = sample::lines_of(sample::content(home.path() / "audit-2026-03-29-1.ndjson"));
  const std::string zeros(64, '0');
  const auto events = first.size() - 3;
  CHECK(first[0].starts_with(
      R"({"_shard":1,"name":"audit-2026-03-29-0.ndjson","site":"rio","partition":3,"first_gseq":1,)"
      R"("prev":")" +
      zeros + R"(","prev_shard":")" + zeros + R"(","filter":"all","key_id":")" + sample::line_key().id + "\","));
  CHECK(first[1].starts_with(R"({"_schema":1,)"));
  const auto& trailer = first.back();
  CHECK(trailer.starts_with(R"({"_end":1,"last_gseq":)" + std::to_string(events) + R"(,"lines":)" +
                            std::to_string(events) + R"(,"hash":")" + log.at(events).chain.hex() + R"(","sha256":")" +
                            core::sha256(plain.substr(0, plain.size() - trailer.size())).hex() + "\","));
  CHECK(next[0].find(R"("first_gseq":)" + std::to_string(events + 1) + R"(,"prev":")" + log.at(events).chain.hex() +
                     R"(","prev_shard":")" + core::sha256(plain).hex() + "\",") != std::string::npos);
}

TEST_CASE("lines are signed by keys that overlap, manifests by the site", "[NDJ-07]") {
  const sample::folder home;
  const sample::log log{6};
  auto settings = sample::options(home.path());
  sample::feed(*std::make_unique<ndjson::mirror>(settings), log, 3);
  settings.key = sample::line_key('n');
  CHECK(ndjson::mirror{settings}.open().error().code == errc::key_missing);
  settings.older_keys = {sample::line_key('k')};
  sample::feed(*std::make_unique<ndjson::mirror>(settings), log, 6);
  sample::require_equal(home.path(), log, 6, {sample::line_key('k'), sample::line_key('n')});

  const auto old = sample::lines_of(sample::content(home.path() / "audit-2026-03-29-0.ndjson"));
  CHECK(old[0].find(sample::line_key('k').id) != std::string::npos);
  for (const auto& line : old) {
    const auto at = line.rfind(R"(,"sig_b64":")");
    REQUIRE(at != std::string::npos);
    const auto signature = core::hmac_sha256(std::string(32, 'k'), line.substr(0, at) + "}");
    CHECK(line.substr(at) == R"(,"sig_b64":")" + core::to_base64(signature.view()) + "\"}\n");
  }
  const auto manifest = sample::content(home.path() / "audit-2026-03-29-0.ndjson.manifest");
  const auto at = manifest.rfind(R"(,"ed25519_b64":")");
  REQUIRE(at != std::string::npos);
  const auto signature = core::from_base64(manifest.substr(at + 16, 88));
  REQUIRE(signature);
  CHECK(sample::site_key().public_key().verify(manifest.substr(0, at) + "}", *signature));
}

TEST_CASE("a directory has one writer") {
  const sample::folder home;
  const sample::log log{2};
  auto first = std::make_unique<ndjson::mirror>(sample::options(home.path()));
  sample::feed(*first, log, 1);
  ndjson::mirror second{sample::options(home.path())};
  CHECK(second.open().error().code == errc::store_locked);
  REQUIRE(first->open());
  first.reset();
  sample::feed(second, log, 2);
  sample::require_equal(home.path(), log, 2);
}

TEST_CASE("records that do not follow are refused, and nothing of them is written") {
  const sample::folder home;
  const sample::log log{6};
  ndjson::mirror mirror{sample::options(home.path())};
  CHECK(mirror.append(log.views(1, 1), log.at(1)).error().code == errc::store_failed);
  sample::feed(mirror, log, 2);
  const auto before = sample::contents(home.path());
  CHECK(mirror.append(log.views(4, 5), log.at(5)).error().code == errc::position_gap);
  CHECK(mirror.append(log.views(3, 4), log.at(5)).error().code == errc::chain_broken);
  const sample::log other{6, core::seconds(2)};
  CHECK(mirror.append(other.views(3, 4), other.at(4)).error().code == errc::chain_broken);
  CHECK(sample::contents(home.path()) == before);
  REQUIRE(mirror.append(log.views(3, 6), log.at(6)));
  sample::require_equal(home.path(), log, 6);
}

TEST_CASE("another site's or partition's directory is refused") {
  const sample::folder home;
  const sample::log log{3};
  sample::feed(*std::make_unique<ndjson::mirror>(sample::options(home.path(), 3'000)), log, 3);
  auto settings = sample::options(home.path());
  settings.site = "oslo";
  CHECK(ndjson::mirror{settings}.open().error().code == errc::chain_broken);
  settings = sample::options(home.path());
  settings.partition = core::partition_id{4};
  CHECK(ndjson::mirror{settings}.open().error().code == errc::chain_broken);
}

TEST_CASE("a compressed shard holds the same, and its manifest names both digests", "[NDJ-08]") {
  const sample::folder plain_home;
  const sample::folder packed_home;
  const sample::log log{40};
  sample::feed(*std::make_unique<ndjson::mirror>(sample::options(plain_home.path(), 10'000)), log, 40);
  auto settings = sample::options(packed_home.path(), 10'000);
  settings.zstd_level = 3;
  sample::feed(*std::make_unique<ndjson::mirror>(settings), log, 40);
  sample::require_equal(packed_home.path(), log, 40);

  const auto plain = sample::contents(plain_home.path());
  const auto packed = sample::contents(packed_home.path());
  std::size_t compared = 0;
  for (const auto& [name, bytes] : packed) {
    CHECK_FALSE(name.ends_with(".ndjson"));
    if (!name.ends_with(".zst")) continue;
    const auto sealed = ndjson::sealed_name(name);
    CHECK(bytes.size() < plain.at(sealed).size() / 2);
    const auto& manifest = packed.at(sealed + ".manifest");
    CHECK(manifest.find(R"("sha256":")" + core::sha256(plain.at(sealed)).hex()) != std::string::npos);
    CHECK(manifest.find(R"("zst_sha256":")" + core::sha256(bytes).hex()) != std::string::npos);
    ++compared;
  }
  CHECK(compared >= 3);
  CHECK(sample::verify(plain_home.path()).ranges == sample::verify(packed_home.path()).ranges);

  SECTION("what was left plain is compressed while nothing else is to do") {
    auto later = sample::options(plain_home.path(), 10'000);
    later.zstd_level = 3;
    ndjson::mirror mirror{later};
    REQUIRE(mirror.open());
    for (std::size_t i = 0; i < compared; ++i)
      REQUIRE(mirror.rest());
    CHECK(sample::contents(plain_home.path()) == packed);
  }
}

TEST_CASE("ranges of 10 000 have a digest, wherever the shards end") {
  const sample::folder home;
  const sample::log log{20'001};
  ndjson::mirror mirror{sample::options(home.path(), 3'000'000)};
  sample::feed(mirror, log, 20'001, 5'000);
  const auto report = sample::verify(home.path());
  REQUIRE_FALSE(report.damage);
  CHECK(report.summary.lines == 20'001);
  CHECK(report.summary.shards > 3);
  CHECK(report.ranges == std::vector<ndjson::range_digest>{
                             {core::gseq{1}, core::gseq{10'000}, log.at(10'000).chain},
                             {core::gseq{10'001}, core::gseq{20'000}, log.at(20'000).chain},
                             {core::gseq{20'001}, core::gseq{20'001}, log.at(20'001).chain},
                         });
}
