#include "adapters/ndjson/shipping.hpp"

#include "journal/directory_store.hpp"
#include "tests/unit/ndjson/mirror_sample.hpp"

using namespace logline;
using journal::errc;

namespace {

/// A directory that can be away, and can give out other bytes than it was given.
class moody_store final : public journal::object_store {
 public:
  struct mood {
    bool away = false;
    bool forgetful = false;  ///< keeps other bytes than it says
    std::size_t puts = 0;
  };
  moody_store(const std::filesystem::path& place, std::shared_ptr<mood> now)
      : inner_(*journal::directory_store::open(place)), now_(std::move(now)) {}

  journal::outcome put(std::string_view name, std::string_view bytes) override {
    if (now_->away) return gone();
    ++now_->puts;
    return inner_->put(name, bytes);
  }
  journal::outcome put_file(std::string_view name, const std::filesystem::path& file,
                            const core::digest& sha256) override {
    if (now_->away) return gone();
    ++now_->puts;
    if (now_->forgetful) return inner_->put(name, "something else");
    return inner_->put_file(name, file, sha256);
  }
  journal::result<std::string> get(std::string_view name, std::size_t bytes_max) override {
    if (now_->away) return gone();
    return inner_->get(name, bytes_max);
  }
  journal::result<core::digest> get_file(std::string_view name, const std::filesystem::path& to) override {
    if (now_->away) return gone();
    return inner_->get_file(name, to);
  }
  journal::result<std::vector<journal::object_info>> list(std::string_view prefix) override {
    if (now_->away) return gone();
    return inner_->list(prefix);
  }
  journal::outcome remove(std::string_view name) override { return inner_->remove(name); }
  std::string where() const override { return inner_->where(); }

 private:
  static journal::error gone() { return {errc::store_failed, "away", {}}; }

  std::unique_ptr<journal::directory_store> inner_;
  std::shared_ptr<mood> now_;
};

struct shipped_mirror {
  shipped_mirror() {
    settings.zstd_level = 1;
    feed(14);
  }
  void feed(std::uint64_t last) { sample::feed(*std::make_unique<ndjson::mirror>(settings), log, last); }
  journal::result<ndjson::shipping_report> ship(core::timestamp now = core::timestamp{sample::noon},
                                                std::uint32_t keep_days = 0, std::size_t shards_max = 1'000) {
    ndjson::shipping_options o;
    o.directory = settings.directory;
    o.keys = {sample::line_key()};
    o.vouched_by = sample::site_key().public_key();
    o.wait_for_packed = true;
    o.keep_days = keep_days;
    ndjson::shipping shipping{o, std::make_unique<moody_store>(place, mood)};
    std::size_t asked = 0;
    return shipping.run(now, [&] { return asked++ == shards_max; });
  }
  std::vector<std::string> off_site() const {
    const auto store = *journal::directory_store::open(place);
    const auto listed = *store->list("");
    std::vector<std::string> names;
    for (const auto& each : listed)
      names.push_back(each.name);
    return names;
  }

  sample::folder home;
  std::filesystem::path place = home.path() / "off-site";
  sample::log log{20, core::hours(5)};
  ndjson::options settings = sample::options(home.path() / "mirror", 3'600);
  std::shared_ptr<moody_store::mood> mood = std::make_shared<moody_store::mood>();
};

}  // namespace

TEST_CASE("sealed shards go off-site under the names of their days, each once, and are confirmed", "[NDJ-13]") {
  shipped_mirror m;
  const auto first = m.ship();
  REQUIRE(first);
  CHECK(first->sent >= 4);
  CHECK(first->confirmed == first->sealed);
  CHECK(first->confirmed_to.value >= 12);
  const auto names = m.off_site();
  CHECK(names.size() == 2 * first->sent);
  CHECK(names.front() == "audit/2026/03/29/part-rio-00003-0.ndjson.manifest");
  CHECK(names[1] == "audit/2026/03/29/part-rio-00003-0.ndjson.zst");
  CHECK(sample::content(m.place / names[1]) == sample::content(m.settings.directory / "audit-2026-03-29-0.ndjson.zst"));
  sample::require_equal(m.settings.directory, m.log, 14);

  const auto puts = m.mood->puts;
  CHECK(m.ship()->sent == 0);
  CHECK(m.mood->puts == puts);
  m.feed(20);
  const auto more = m.ship();
  REQUIRE(more);
  CHECK(more->sent > 0);
  CHECK(more->confirmed == more->sealed);
  sample::require_equal(m.settings.directory, m.log, 20);
}

TEST_CASE("an upload that was cut off is taken up again", "[NDJ-13]") {
  shipped_mirror m;
  const auto cut = m.ship({sample::noon}, 0, 2);
  REQUIRE(cut);
  CHECK(cut->sent == 2);
  CHECK(cut->confirmed < cut->sealed);
  // A crash between the shard and its mark: the bytes are there, and are not sent again.
  std::filesystem::remove(m.settings.directory / "audit-2026-03-29-0.ndjson.shipped");
  std::filesystem::remove(m.place / "audit/2026/03/29/part-rio-00003-0.ndjson.manifest");
  const auto puts = m.mood->puts;
  const auto rest = m.ship();
  REQUIRE(rest);
  CHECK(rest->confirmed == rest->sealed);
  CHECK(m.mood->puts == puts + 1 + 2 * (rest->sent - 1));
}

TEST_CASE("what the place does not give out again is not confirmed", "[NDJ-13]") {
  shipped_mirror m;
  m.mood->forgetful = true;
  const auto sent = m.ship();
  REQUIRE_FALSE(sent);
  CHECK(sent.error().code == errc::checksum_mismatch);
  CHECK_FALSE(std::filesystem::exists(m.settings.directory / "audit-2026-03-29-0.ndjson.shipped"));
  m.mood->forgetful = false;
  CHECK(m.ship()->confirmed_to.value >= 12);
}

TEST_CASE("another log's shard under the same name is not replaced") {
  shipped_mirror m;
  REQUIRE(m.ship());
  shipped_mirror other;
  other.log = sample::log{20, core::hours(4)};
  std::filesystem::remove_all(other.settings.directory);
  other.feed(14);
  other.place = m.place;
  const auto sent = other.ship();
  REQUIRE_FALSE(sent);
  CHECK(sent.error().code == errc::conflict);
}

TEST_CASE("old shards go only when they are off-site, and never the one the writer goes on from", "[NDJ-09]") {
  shipped_mirror m;
  const auto years_later = core::timestamp{sample::noon} + core::days(800);
  const auto files = sample::contents(m.settings.directory);

  SECTION("the place is away") {
    m.mood->away = true;
    CHECK(m.ship(years_later, 30).error().code == errc::store_failed);
    CHECK(sample::contents(m.settings.directory) == files);
    return;
  }
  SECTION("it was confirmed once, and is gone there now") {
    REQUIRE(m.ship());
    std::filesystem::remove(m.place / "audit/2026/03/29/part-rio-00003-0.ndjson.zst");
    CHECK_FALSE(m.ship(years_later, 30));
    CHECK(std::filesystem::exists(m.settings.directory / "audit-2026-03-29-0.ndjson.zst"));
    return;
  }
  SECTION("not old enough") {
    const auto kept = m.ship(core::timestamp{sample::noon} + core::days(30), 30);
    REQUIRE(kept);
    CHECK(kept->removed == 0);
    const auto next_day = m.ship(core::timestamp{sample::noon} + core::days(31), 30);
    REQUIRE(next_day);
    CHECK(next_day->removed > 0);
    CHECK_FALSE(std::filesystem::exists(m.settings.directory / "audit-2026-03-29-0.ndjson.zst"));
    CHECK(std::filesystem::exists(m.settings.directory / "audit-2026-03-31-0.ndjson.zst"));
  }
  SECTION("all of them") {
    const auto gone = m.ship(years_later, 30);
    REQUIRE(gone);
    CHECK(gone->sealed == 1);
  }
  // The writer goes on, the reader believes the chain from where it begins.
  m.feed(20);
  const auto left = sample::verify(m.settings.directory);
  REQUIRE_FALSE(left.damage);
  CHECK(left.summary.first.value > 1);
  CHECK(left.summary.last.value == 20);
  CHECK(left.summary.head == m.log.at(20).chain);
}
