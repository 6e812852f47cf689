#include "adapters/ndjson/archive.hpp"

#include "adapters/ndjson/shard_index.hpp"
#include "journal/directory_store.hpp"
#include "journal/open.hpp"
#include "tests/unit/ndjson/mirror_sample.hpp"

using namespace logline;
using journal::errc;

namespace {

/// A log in memory with an entity for every ten records, and its archive in a directory.
struct archived_log {
  archived_log() {
    journal::log_settings settings;
    settings.partition = core::partition_id{3};
    settings.site = "rio";
    settings.clock = [this] { return now = now + core::minutes(1); };
    log = journal::make_memory_log(std::move(settings));
  }

  void append(int count) {
    for (int i = 0; i < count; ++i, ++written) {
      journal::append_request request;
      request.entity = {written % 2 == 0 ? "acme" : "zeta", "task_queue", "q" + std::to_string(written / 10)};
      request.expected = core::eseq{static_cast<std::uint64_t>(written % 10 / 2)};
      request.principal = core::principal_id{"tester"};
      request.command_id = core::make_uuid7(now.us / 1'000, static_cast<std::uint64_t>(written), 1);
      request.correlation_id = request.command_id;
      request.decided_at = now;
      auto& event = request.events.emplace_back();
      event.event_id = core::make_uuid7(now.us / 1'000, static_cast<std::uint64_t>(written), 2);
      event.event = "task_enqueued";
      event.payload = "\x80";
      const auto done = log->append(std::vector{std::move(request)});
      REQUIRE(done);
      REQUIRE(done->front());
    }
  }

  std::unique_ptr<ndjson::archive> open(bool writing = true) {
    ndjson::archive_options o;
    o.site = writing ? "rio" : "";
    o.partition = core::partition_id{3};
    o.scratch = home.path() / "scratch";
    o.keys = {sample::line_key()};
    o.believed = journal::key_history{{{"site", sample::site_key().public_key(), core::earliest, core::never}}};
    if (writing) o.current = sample::line_key();
    if (writing) o.site_key = sample::site_key();
    o.types = {{"task_queue", 1}};
    o.shard_bytes = 20'000;
    return std::make_unique<ndjson::archive>(o, *journal::directory_store::open(place));
  }

  journal::result<journal::archive_unit> add(std::uint64_t last) {
    return open()->add(*log, core::gseq{last}, now, [] { return false; });
  }

  std::string object(std::string_view ending) const {
    for (const auto& each : std::filesystem::recursive_directory_iterator(place))
      if (each.path().string().ends_with(ending)) return each.path().string();
    FAIL("no object " << ending);
    return {};
  }

  sample::folder home;
  std::filesystem::path place = home.path() / "place";
  core::timestamp now{sample::noon};
  int written = 0;
  std::unique_ptr<journal::partition_log> log;
};

std::vector<std::uint64_t> positions(ndjson::archive& from, const journal::record_filter& filter,
                                     journal::record_archive::reading* how = nullptr) {
  std::vector<std::uint64_t> out;
  const auto read = from.read(filter, [&](const core::record& r) {
    out.push_back(r.position.value);
    return true;
  });
  INFO((read ? std::string{} : read.error().text()));
  REQUIRE(read);
  if (how != nullptr) *how = *read;
  return out;
}

}  // namespace

TEST_CASE("units hold the log's records without a gap, signed, and prove it", "[ARC-01]") {
  archived_log a;
  a.append(120);
  const auto first = a.add(50);
  INFO((first ? std::string{} : first.error().text()));
  REQUIRE(first);
  CHECK(first->first_gseq.value == 1);
  CHECK(first->last_gseq.value == 50);
  CHECK(first->hash == *a.log->chain_at(core::gseq{50}));
  CHECK(first->shards.size() > 1);
  const auto second = a.add(120);
  REQUIRE(second);
  CHECK(second->first_gseq.value == 51);
  CHECK(second->prev == first->hash);

  const auto reading = a.open(false);
  const auto units = reading->units();
  REQUIRE(units);
  CHECK(*units == std::vector{*first, *second});
  for (const auto& unit : *units) {
    const auto checked = reading->check(unit);
    INFO((checked ? std::string{} : checked.error().text()));
    CHECK(checked);
  }
  CHECK(std::filesystem::is_empty(a.home.path() / "scratch"));
  CHECK(a.add(100).error().code == errc::position_gap);
  CHECK(reading->add(*a.log, core::gseq{120}, a.now, [] { return false; }).error().code == errc::key_missing);

  archived_log other;
  other.now = other.now + core::hours(1);
  other.append(200);
  other.place = a.place;
  CHECK(other.add(200).error().code == errc::chain_broken);
}

TEST_CASE("what was changed in the archive is found and named", "[ARC-01][ARC-05]") {
  archived_log a;
  a.append(60);
  REQUIRE(a.add(60));
  const auto archive = a.open(false);
  const auto unit = archive->units()->front();
  for (const std::string ending : {"0.ndjson.zst", "0.ndjson.manifest", "0.ndjson.index"}) {
    CAPTURE(ending);
    const auto path = a.object(ending);
    const auto bytes = sample::content(path);
    auto changed = bytes;
    changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] ^ 4);
    sample::replace(path, changed);
    const auto checked = archive->check(unit);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().message.find(ending) != std::string::npos);
    std::filesystem::remove(path);
    CHECK(archive->check(unit).error().code == errc::not_found);
    sample::replace(path, bytes);
  }
  CHECK(archive->check(unit));
  const auto path = a.object("unit.json");
  const auto text = sample::content(path);
  sample::replace(path, text.substr(0, text.size() - 2) + " }\n");
  CHECK(archive->units().error().code == errc::checksum_mismatch);
}

TEST_CASE("a run that was cut off leaves no unit, and the next makes it whole", "[ARC-01]") {
  archived_log a;
  a.append(60);
  int asked = 0;
  const auto cut = a.open()->add(*a.log, core::gseq{60}, a.now, [&] { return ++asked == 3; });
  REQUIRE_FALSE(cut);
  CHECK(cut.error().code == errc::stopped);
  CHECK(a.open(false)->units()->empty());
  REQUIRE(a.add(60));
  CHECK(a.open(false)->check(a.open(false)->units()->front()));
}

TEST_CASE("a range comes back as a copy of its own, across units", "[ARC-04]") {
  archived_log a;
  a.append(120);
  REQUIRE(a.add(50));
  REQUIRE(a.add(120));
  const auto target = a.home.path() / "fetched";
  const auto fetched = a.open(false)->fetch(core::gseq{45}, core::gseq{55}, target);
  REQUIRE(fetched);
  const auto report = sample::verify(target);
  REQUIRE_FALSE(report.damage);
  CHECK(report.summary.shards == *fetched);
  CHECK(report.summary.first.value <= 45);
  CHECK(report.summary.last.value >= 55);
  CHECK(report.summary.head == *a.log->chain_at(report.summary.last));
  CHECK(a.open(false)->fetch(core::gseq{1}, core::gseq{2}, target).error().code == errc::conflict);
  CHECK(a.open(false)->fetch(core::gseq{500}, core::gseq{600}, a.home.path() / "x").error().code == errc::not_found);
}

TEST_CASE("records are found by position, time and entity, and few shards are fetched for it", "[ARC-04]") {
  archived_log a;
  a.append(200);
  REQUIRE(a.add(90));
  REQUIRE(a.add(200));
  const auto archive = a.open(false);
  journal::record_archive::reading how;
  CHECK(positions(*archive, {}, &how).size() == 200);
  CHECK(how.fetched == how.shards);
  REQUIRE(how.shards >= 6);

  journal::record_filter one;
  one.tenant = "acme";
  one.type = "task_queue";
  one.key = "q7";
  CHECK(positions(*archive, one, &how) == std::vector<std::uint64_t>{71, 73, 75, 77, 79});
  CHECK(how.fetched <= 2);
  journal::record_filter range;
  range.from = core::gseq{3};
  range.to = core::gseq{5};
  CHECK(positions(*archive, range, &how) == std::vector<std::uint64_t>{3, 4, 5});
  CHECK(how.fetched == 1);
  journal::record_filter late;
  late.since = core::timestamp{sample::noon} + core::minutes(199);
  CHECK(positions(*archive, late, &how).size() == 2);
  CHECK(how.fetched == 1);
  journal::record_filter nobody;
  nobody.tenant = "nobody";
  CHECK(positions(*archive, nobody, &how).empty());
  CHECK(how.fetched == 0);
}

TEST_CASE("an index never rules out what is there, and seldom keeps what is not", "[ARC-04]") {
  ndjson::index_maker maker;
  for (int i = 0; i < 5'000; ++i)
    maker.add("acme", "task", "k" + std::to_string(i));
  const auto index = ndjson::parse_index(ndjson::index_text(maker.finish("s")));
  REQUIRE(index);
  CHECK(index->bits.data.size() < 6'300);
  int wrong = 0;
  for (int i = 0; i < 5'000; ++i) {
    journal::record_filter filter;
    filter.tenant = "acme";
    filter.type = "task";
    filter.key = "k" + std::to_string(i);
    REQUIRE(index->may_match(filter));
    filter.key = "x" + std::to_string(i);
    wrong += index->may_match(filter) ? 1 : 0;
  }
  CHECK(wrong < 100);
}
