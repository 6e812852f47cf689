#include "adapters/ndjson/reader.hpp"

#include <atomic>
#include <thread>

#include "tests/unit/ndjson/mirror_sample.hpp"

using namespace logline;
using journal::errc;

namespace {

constexpr std::uint64_t records = 8;

/// Three shards: one compressed, one plain, one open.
std::map<std::string, std::string> small_mirror(const std::filesystem::path& directory, const sample::log& log) {
  auto settings = sample::options(directory, 2'800);
  settings.zstd_level = 1;
  sample::feed(*std::make_unique<ndjson::mirror>(settings), log, 4, 1);
  settings.zstd_level = 0;
  sample::feed(*std::make_unique<ndjson::mirror>(settings), log, records, 1);
  const auto files = sample::contents(directory);
  std::map<std::string, int> forms;
  for (const auto& [name, bytes] : files)
    ++forms[std::filesystem::path{name}.extension().string()];
  REQUIRE(forms[".zst"] >= 1);
  REQUIRE(forms[".ndjson"] >= 1);
  REQUIRE(forms[".part"] == 1);
  return files;
}

journal::error damage_of(const std::filesystem::path& directory) {
  const auto report = sample::verify(directory);
  REQUIRE(report.damage);
  return *report.damage;
}

}  // namespace

TEST_CASE("one altered byte anywhere is found and its file named") {
  const sample::folder home;
  const sample::log log{records};
  const auto whole = small_mirror(home.path(), log);
  REQUIRE_FALSE(sample::verify(home.path()).damage);
  std::uint64_t last_line_end = 0;
  for (const auto& [name, bytes] : whole) {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      auto altered = bytes;
      // The last character of base64 has bits that say nothing; they must be as written nevertheless.
      const bool before_padding = at + 1 < bytes.size() && bytes[at + 1] == '=';
      const int mask = before_padding ? 0x02 : at % 2 == 0 ? 0x01 : 0x20;
      altered[at] = static_cast<char>(altered[at] ^ mask);
      sample::replace(home.path() / name, altered);
      const auto report = sample::verify(home.path());
      CAPTURE(name, at);
      if (!report.damage) {
        // A last line without its end is what a crash leaves: told, but no damage.
        REQUIRE(report.summary.unfinished_bytes > 0);
        REQUIRE((name.ends_with(".part") && at + 1 == bytes.size()));
        ++last_line_end;
        continue;
      }
      CAPTURE(report.damage->text());
      REQUIRE(report.damage->message.find(ndjson::sealed_name(name)) == 0);
    }
    sample::replace(home.path() / name, bytes);
  }
  CHECK(last_line_end == 1);
}

TEST_CASE("errors name file, line and gseq") {
  const sample::folder home;
  const sample::log log{records};
  sample::feed(*std::make_unique<ndjson::mirror>(sample::options(home.path())), log, records);
  const auto part = home.path() / "audit-2026-03-29-0.ndjson.part";
  auto lines = sample::lines_of(sample::content(part));
  const auto check = [&](errc code, const std::string& place, std::uint64_t position) {
    sample::replace(part, sample::joined(lines));
    const auto found = damage_of(home.path());
    CAPTURE(found.text());
    CHECK(found.code == code);
    CHECK(found.message.find("audit-2026-03-29-0.ndjson.part " + place + ": ") == 0);
    CHECK(found.position == core::gseq{position});
  };
  SECTION("a removed line") {
    lines.erase(lines.begin() + 4);
    check(errc::position_gap, "line 5", 3);
  }
  SECTION("swapped lines") {
    std::swap(lines[5], lines[6]);
    check(errc::position_gap, "line 6", 4);
  }
  SECTION("a doubled line") {
    lines.insert(lines.begin() + 5, lines[4]);
    check(errc::position_gap, "line 6", 4);
  }
  SECTION("an altered line") {
    lines[7][lines[7].find("task_enqueued")] = 'T';
    check(errc::bad_signature, "line 8", 6);
  }
  SECTION("a line of another log, signed by the same key") {
    const sample::folder elsewhere;
    const sample::log other{records, core::seconds(2)};
    sample::feed(*std::make_unique<ndjson::mirror>(sample::options(elsewhere.path())), other, records);
    lines[6] = sample::lines_of(sample::content(elsewhere.path() / part.filename()))[6];
    check(errc::chain_broken, "line 7", 5);
  }
  SECTION("no header, no schema line") {
    lines.erase(lines.begin() + 1);
    check(errc::bad_encoding, "line 2", 1);
    lines.erase(lines.begin());
    check(errc::bad_encoding, "line 1", 0);
  }
  SECTION("a line that never ends") {
    lines[3] = std::string(9 << 20, 'x');
    check(errc::bad_encoding, "line 4", 2);
  }
}

TEST_CASE("shards that are missing, renamed or of another key are found") {
  const sample::folder home;
  const sample::log log{records};
  const auto whole = small_mirror(home.path(), log);
  const auto first = whole.begin()->first;
  const auto sealed = ndjson::sealed_name(std::filesystem::path{first}.stem().extension() == ".ndjson"
                                              ? std::filesystem::path{first}.stem().string()
                                              : first);

  SECTION("a shard in between") {
    const std::string second = "audit-2026-03-29-1.ndjson";
    for (const auto* suffix : {"", ".zst", ".manifest"})
      std::filesystem::remove(home.path() / (second + suffix));
    CHECK(damage_of(home.path()).code == errc::position_gap);
  }
  SECTION("old shards may be taken away, and the rest stands for itself") {
    for (const auto* suffix : {"", ".zst", ".manifest"})
      std::filesystem::remove(home.path() / (sealed + suffix));
    const auto report = sample::verify(home.path());
    CHECK_FALSE(report.damage);
    CHECK(report.summary.first.value > 1);
    CHECK(report.summary.head == log.at(records).chain);
    sample::feed(*std::make_unique<ndjson::mirror>(sample::options(home.path(), 2'800)), log, records);
  }
  SECTION("a manifest") {
    std::filesystem::remove(home.path() / (sealed + ".manifest"));
    CHECK(damage_of(home.path()).message.find(sealed + ".manifest: is missing") == 0);
  }
  SECTION("a shard whose manifest is left") {
    for (const auto* suffix : {"", ".zst"})
      std::filesystem::remove(home.path() / (sealed + suffix));
    CHECK(damage_of(home.path()).code == errc::not_found);
  }
  SECTION("another name") {
    const auto part = home.path() / whole.rbegin()->first;
    std::filesystem::rename(part, home.path() / "audit-2026-03-30-0.ndjson.part");
    CHECK(damage_of(home.path()).message.find("under another name") != std::string::npos);
  }
  SECTION("an unknown key, a wrong key, another site's key") {
    CHECK(ndjson::verify(home.path(), {sample::line_key('x')}).damage->code == errc::key_missing);
    auto wrong = sample::line_key();
    wrong.secret = std::string(32, 'x');
    CHECK(ndjson::verify(home.path(), {wrong}).damage->code == errc::bad_signature);
    const auto stranger = journal::site_key::from_seed(std::string(32, 'z'))->public_key();
    CHECK(ndjson::verify(home.path(), {sample::line_key()}, stranger).damage->code == errc::bad_signature);
  }
  SECTION("no directory") {
    CHECK(sample::verify(home.path() / "nowhere").damage->code == errc::not_found);
  }
}

TEST_CASE("signed lines and manifests that tell different stories are found") {
  const sample::folder home;
  const sample::log log{records};
  const auto whole = small_mirror(home.path(), log);
  const auto plain =
      std::find_if(whole.begin(), whole.end(), [](const auto& file) { return file.first.ends_with(".ndjson"); });
  const auto path = home.path() / plain->first;

  SECTION("a manifest") {
    auto manifest = ndjson::read_manifest(path, {sample::line_key()}, std::nullopt);
    REQUIRE(manifest);
    ++manifest->lines;
    sample::replace(path.string() + ".manifest",
                    ndjson::manifest_text(*manifest, sample::line_key(), sample::site_key()));
    const auto found = damage_of(home.path());
    CHECK(found.code == errc::checksum_mismatch);
    CHECK(found.message.find(plain->first + ".manifest: ") == 0);
  }
  SECTION("a schema line") {
    auto lines = sample::lines_of(plain->second);
    lines[1].clear();
    ndjson::append_meta_line(ndjson::schema_line{7, {}, {}}, sample::line_key(), lines[1]);
    sample::replace(path, sample::joined(lines));
    const auto found = damage_of(home.path());
    CHECK(found.code == errc::checksum_mismatch);
    CHECK(found.message.find(plain->first + " line " + std::to_string(lines.size())) == 0);
  }
  SECTION("bytes behind the trailer") {
    sample::replace(path, plain->second + "x");
    CHECK(damage_of(home.path()).message.find("behind the trailer") != std::string::npos);
    sample::replace(path, plain->second + sample::lines_of(plain->second).back());
    CHECK(damage_of(home.path()).message.find("behind the trailer") != std::string::npos);
  }
  SECTION("no trailer") {
    auto lines = sample::lines_of(plain->second);
    lines.pop_back();
    sample::replace(path, sample::joined(lines));
    CHECK(damage_of(home.path()).code == errc::short_read);
  }
}

TEST_CASE("a visitor ends the walk when it has enough") {
  const sample::folder home;
  const sample::log log{records};
  small_mirror(home.path(), log);
  ndjson::reader reader{home.path(), {sample::line_key()}};
  std::vector<std::string> places;
  REQUIRE(reader.read([&](const journal::parsed_line& line, const ndjson::line_place& place) {
    places.push_back(place.file + ':' + std::to_string(place.line));
    return line.record.position.value < 2;
  }));
  CHECK(places == std::vector<std::string>{"audit-2026-03-29-0.ndjson.zst:3", "audit-2026-03-29-0.ndjson.zst:4"});
}

TEST_CASE("a directory can be read while shards are written, sealed and compressed there") {
  const sample::folder home;
  const sample::log log{400};
  auto settings = sample::options(home.path(), 6'000);
  settings.zstd_level = 1;
  sample::feed(*std::make_unique<ndjson::mirror>(settings), log, 1);
  std::atomic<bool> done{false};
  bool failed = false;
  std::thread writer{[&] {
    ndjson::mirror mirror{settings};
    failed = !mirror.open();
    for (std::uint64_t at = 1; at < log.size() && !failed; ++at)
      failed = !mirror.append(log.views(at + 1, at + 1), log.at(at + 1));
    done = true;
  }};
  std::optional<journal::error> damage;
  std::uint64_t last = 1;
  bool whole = true;
  while (!done && !damage && whole) {
    const auto report = sample::verify(home.path());
    damage = report.damage;
    whole = report.summary.last.value >= last && report.summary.head == log.at(report.summary.last.value).chain;
    last = report.summary.last.value;
  }
  writer.join();
  INFO((damage ? damage->text() : std::string{}));
  CHECK_FALSE(failed);
  CHECK_FALSE(damage);
  CHECK(whole);
  sample::require_equal(home.path(), log, 400);
}
