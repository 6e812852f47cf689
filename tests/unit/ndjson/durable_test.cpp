// NDJ-04: what the mirror asks of the system, in which order, and what of it a power cut leaves.
#include <set>

#include "adapters/ndjson/mirror.hpp"
#include "tests/unit/ndjson/file_calls.hpp"
#include "tests/unit/ndjson/mirror_sample.hpp"

using namespace logline;
using kind = sample::file_call::kind;

namespace {

constexpr std::uint64_t shard_bytes = 3'600;
constexpr std::uint64_t records = 9;
constexpr std::uint64_t batch = 2;

bool is_unfinished(std::string_view name) {
  return name.ends_with(".part") || name.ends_with(".tmp");
}

/// Calls of one whole life of a mirror, and how many had been made when each batch was acknowledged.
struct life {
  std::vector<sample::file_call> calls;
  std::vector<std::pair<std::size_t, std::uint64_t>> acknowledged;
};

life run(const std::filesystem::path& directory, const sample::log& log, int zstd_level) {
  std::filesystem::create_directories(directory);
  auto settings = sample::options(directory, shard_bytes);
  settings.zstd_level = zstd_level;
  sample::file_calls watch{directory};
  ndjson::mirror mirror{settings};
  REQUIRE(mirror.open());
  life out;
  for (std::uint64_t at = 0; at < records;) {
    const auto end = std::min(at + batch, records);
    REQUIRE(mirror.append(log.views(at + 1, end), log.at(end)));
    out.acknowledged.emplace_back(watch.calls().size(), end);
    at = end;
  }
  REQUIRE(mirror.rest());
  out.calls = watch.calls();
  return out;
}

}  // namespace

TEST_CASE("a file has its final name only when it is whole and synced; the rename is synced before anything follows",
          "[NDJ-04]") {
  const int level = GENERATE(0, 3);
  const sample::folder home;
  const sample::log log{records};
  const auto did = run(home.path() / "mirror", log, level);
  std::set<std::string> unsynced;  // written since their last sync
  std::size_t renamed = 0;
  for (std::size_t i = 0; i < did.calls.size(); ++i) {
    const auto& call = did.calls[i];
    CAPTURE(i, call.name, call.to);
    const bool changes = call.what == kind::create || call.what == kind::write || call.what == kind::truncate;
    if (changes) REQUIRE(is_unfinished(call.name));
    if (call.what == kind::write) unsynced.insert(call.name);
    if (call.what == kind::sync) unsynced.erase(call.name);
    if (call.what != kind::rename && call.what != kind::unlink) continue;
    REQUIRE(i + 1 < did.calls.size());
    REQUIRE(did.calls[i + 1].what == kind::sync_directory);
    if (call.what == kind::unlink) continue;
    REQUIRE(is_unfinished(call.name));
    REQUIRE_FALSE(is_unfinished(call.to));
    REQUIRE_FALSE(unsynced.contains(call.name));
    ++renamed;
  }
  // Each shard, its manifest, and compressed its .zst and the manifest that names it.
  CHECK(renamed >= (level == 0 ? 4U : 8U));
}

TEST_CASE("a shard is sealed by trailer, sync, rename and sync of the directory, in this order", "[NDJ-04]") {
  const sample::folder home;
  const sample::log log{records};
  const auto did = run(home.path() / "mirror", log, 0);
  std::size_t sealed = 0;
  for (std::size_t i = 2; i + 1 < did.calls.size(); ++i) {
    if (did.calls[i].what != kind::rename || !did.calls[i].name.ends_with(".part")) continue;
    REQUIRE(did.calls[i - 2].what == kind::write);
    const auto lines = sample::lines_of(did.calls[i - 2].bytes);
    REQUIRE(lines.back().starts_with(R"({"_end":1,)"));
    REQUIRE(did.calls[i - 1].what == kind::sync);
    REQUIRE(did.calls[i - 1].name == did.calls[i].name);
    REQUIRE(did.calls[i + 1].what == kind::sync_directory);
    ++sealed;
  }
  CHECK(sealed >= 2);
}

TEST_CASE("whenever the power goes, what was acknowledged is there, and the same files come of it", "[NDJ-04]") {
  const int level = GENERATE(0, 3);
  const sample::folder home;
  const auto directory = home.path() / "mirror";
  const sample::log log{records};
  const auto did = run(directory, log, level);
  const auto expected = sample::contents(directory);
  sample::disk_model disk;
  auto next = did.acknowledged.begin();
  std::uint64_t acknowledged = 0;
  for (std::size_t done = 0; done <= did.calls.size(); ++done) {
    if (done > 0) disk.apply(did.calls[done - 1]);
    for (; next != did.acknowledged.end() && next->first <= done; ++next)
      acknowledged = next->second;
    CAPTURE(done, acknowledged);
    sample::restore(directory, disk.durable_files());
    auto settings = sample::options(directory, shard_bytes);
    settings.zstd_level = level;
    ndjson::mirror mirror{settings};
    const auto opened = mirror.open();
    INFO((opened ? std::string{} : opened.error().text()));
    REQUIRE(opened);
    REQUIRE(opened->position.value >= acknowledged);
    REQUIRE(*opened == log.at(opened->position.value));
    sample::feed(mirror, log, records, batch);
    REQUIRE(mirror.rest());
    REQUIRE(sample::contents(directory) == expected);
  }
}
