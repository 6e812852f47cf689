// Backups and shipped records of real stores, and what is restored from them.

#include <atomic>
#include <fstream>
#include <thread>

#include "journal/backup.hpp"
#include "journal/backup_retention.hpp"
#include "journal/directory_store.hpp"
#include "journal/restore.hpp"
#include "journal/restore_marker.hpp"
#include "journal/shipping.hpp"
#include "tests/contract/journal/journal_fixture.hpp"

using namespace logline;
using namespace logline::journal;
using namespace logline::journal::fixtures;

namespace fs = std::filesystem;

namespace {

/// A site: keys, a journal that grows by one record a second, and a place for what leaves it.
struct site {
  temporary_directory folder;
  fs::path root = folder.path();
  manual_clock clock;
  fs::path keys_folder = root / "keys";
  site_key key = *site_key::load_or_create(keys_folder);
  key_history keys = *key_history::load(keys_folder);
  std::unique_ptr<directory_store> place = *directory_store::open(root / "place");
  std::unique_ptr<partition_log> log;
  std::uint32_t generation = 1;

  site() { open("data"); }

  void open(const std::string& data) {
    auto options = options_with(clock, (root / data / "journal").string());
    fs::create_directories(options.directory);
    options.log.generation = generation;
    options.log.signer = std::make_shared<checkpoint_signer>(checkpoint_origin("here", core::partition_id{1}), key);
    options.log.checkpoint_records = 7;
    log = opened(options);
  }

  void write(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      clock.advance(core::seconds(1));
      const auto last = log->last_sequence(entity("a"));
      REQUIRE(last);
      append_one(*log, request("a", last->value));
    }
  }

  result<backup_report> back_up(const std::string& label = {}) {
    return make_backup(*place, {.freeze = [this](const fs::path& to) { return log->freeze(to.string()); },
                                .scratch = root / "frozen",
                                .partition = core::partition_id{1},
                                .site = "here",
                                .generation = generation,
                                .label = label,
                                .signers = std::span{&key, 1},
                                .keys = keys,
                                .clock = clock.function()});
  }

  shipper make_shipper() {
    return {*log, *place, {core::partition_id{1}, "here", generation, {key}, keys, clock.function()}};
  }
  void ship() {
    auto done = make_shipper().ship({});
    if (!done) FAIL(done.error().text());
  }

  restore_request request_for(const std::string& target) {
    return {.from = *place,
            .target = root / target,
            .keys = keys_folder,
            .partition = core::partition_id{1},
            .clock = clock.function()};
  }
  restore_report restored(const restore_request& request) {
    auto done = restore(request);
    if (!done) FAIL(done.error().text());
    return *std::move(done);
  }
  restore_report restored_to(std::uint64_t position) {
    auto request = request_for("to" + std::to_string(position));
    request.to_position = core::gseq{position};
    return restored(request);
  }
};

void flip(const fs::path& file, std::streamoff at) {
  std::fstream io{file, std::ios::in | std::ios::out | std::ios::binary};
  io.seekg(at);
  const char found = static_cast<char>(io.get());
  io.seekp(at);
  io.put(static_cast<char>(found ^ 1));
  REQUIRE(io.good());
}

fs::path first_segment(const site& s) {
  for (const auto& each : fs::recursive_directory_iterator{s.root / "place" / "segments"})
    if (each.path().extension() == ".seg") return each.path();
  FAIL("there is no segment");
  return {};
}

}  // namespace

TEST_CASE("a restore reaches any one event, with the chain it had then", "[contract][BAK-11][BAK-A2]") {
  site s;
  s.write(20);
  REQUIRE(s.back_up());
  s.write(15);
  s.ship();
  s.write(15);
  s.ship();
  REQUIRE(s.back_up("end"));
  std::vector<log_head> was;  // what each position was, told by the log itself
  for (const std::uint64_t n : {1, 7, 19, 20, 21, 35, 36, 49, 50}) {
    const auto done = s.restored_to(n);
    CHECK(done.head.position == core::gseq{n});
    CHECK(done.head.chain == *s.log->chain_at(core::gseq{n}));
    CHECK(done.head.root == *s.log->root_at(n));
    CHECK(done.head.at == start_of_time + core::seconds(static_cast<std::int64_t>(n)));
    CHECK(done.base_position.value == (n < 20 ? 0 : n == 50 ? 50 : 20));
  }
  auto beyond = s.request_for("beyond");
  beyond.to_position = core::gseq{51};
  const auto refused = restore(beyond);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("RANGE_UNAVAILABLE") == 0);
  CHECK(refused.error().message.find("gseq 1 to gseq 50") != std::string::npos);
  CHECK_FALSE(fs::exists(s.root / "beyond"));
  CHECK_FALSE(fs::exists(s.root / "beyond.restoring"));
}

TEST_CASE("a restore to a time takes the last event committed until then", "[contract][BAK-11][BAK-A2]") {
  site s;
  s.write(10);
  REQUIRE(s.back_up());
  s.write(10);
  s.clock.advance(core::seconds(100));  // nothing happens, and shipping says so
  s.write(1);
  s.ship();
  const auto at = [&](std::int64_t us) {
    auto request = s.request_for("at" + std::to_string(us));
    request.to_time = start_of_time + core::duration_us{us};
    return restore(request);
  };
  CHECK(at(15'000'000)->head.position == core::gseq{15});
  CHECK(at(15'999'999)->head.position == core::gseq{15});
  CHECK(at(14'999'999)->head.position == core::gseq{14});
  CHECK(at(10'000'000)->head.position == core::gseq{10});
  CHECK(at(3'500'000)->head.position == core::gseq{3});
  CHECK(at(60'000'000)->head.position == core::gseq{20});
  CHECK(at(121'000'000)->head.position == core::gseq{21});
  CHECK(at(121'000'001).error().message.find("RANGE_UNAVAILABLE") == 0);
  CHECK(at(999'999).error().message.find("RANGE_UNAVAILABLE") == 0);
}

TEST_CASE("a restored copy goes on as a generation of its own, and so does its history", "[contract][BAK-12]") {
  site s;
  s.write(20);
  REQUIRE(s.back_up());
  s.write(20);
  s.ship();
  const auto head_of_first = s.log->head();
  const auto done = s.restored_to(30);
  CHECK(done.generation == 2);
  const auto marker = read_restore_marker(s.root / "to30");
  REQUIRE(marker);
  REQUIRE(*marker);
  CHECK((*marker)->generation == 2);
  CHECK((*marker)->gseq == core::gseq{30});

  s.generation = 2;
  s.open("to30");
  s.clock.advance(core::hours(1));
  s.write(5);
  const auto head_of_second = s.log->head();
  s.ship();
  // The first generation's own records from 31 on are another history now.
  const auto newest = s.restored(s.request_for("newest"));
  CHECK(newest.head.chain == head_of_second.chain);
  CHECK(newest.generation == 3);
  auto first = s.request_for("first");
  first.generation = 1;
  const auto old = s.restored(first);
  CHECK(old.head.chain == head_of_first.chain);
  CHECK(old.generation == 3);
  auto fork = s.request_for("fork");
  fork.to_position = core::gseq{32};
  CHECK(s.restored(fork).head.chain == *s.log->chain_at(core::gseq{32}));

  // Who goes on as the first generation once there is a second is told so.
  s.generation = 1;
  s.open("first");
  s.write(1);
  auto late = s.make_shipper();
  CHECK(late.ship({}).error().code == errc::chain_broken);
}

TEST_CASE("where nothing was shipped a later backup gives the events before it", "[contract][BAK-11]") {
  site s;
  s.write(25);
  REQUIRE(s.back_up());
  const auto done = s.restored_to(11);
  CHECK(done.base.empty());
  CHECK(done.head.chain == *s.log->chain_at(core::gseq{11}));
  CHECK(done.records == 11);
}

TEST_CASE("one changed byte, or a missing file, fails a restore with its name", "[contract][BAK-15]") {
  site s;
  s.write(20);
  const auto made = s.back_up();
  REQUIRE(made);
  s.write(5);
  s.ship();
  std::uint64_t number = 0;
  const auto fails = [&](errc code, const std::string& part) {
    const auto request = s.request_for("broken" + std::to_string(number++));
    const auto done = restore(request);
    REQUIRE_FALSE(done);
    CHECK(done.error().code == code);
    CHECK(done.error().message.find(part) != std::string::npos);
    CHECK_FALSE(fs::exists(request.target));
    CHECK_FALSE(fs::exists(request.target.string() + ".restoring"));
  };
  for (const auto& file : made->content.files) {
    const fs::path path = s.root / "place" / content_name(file.sha256);
    if (file.bytes == 0) continue;
    flip(path, static_cast<std::streamoff>(file.bytes / 2));
    fails(errc::checksum_mismatch, file.path);
    flip(path, static_cast<std::streamoff>(file.bytes / 2));
  }
  const fs::path content = s.root / "place" / content_name(made->content.files.front().sha256);
  fs::rename(content, s.root / "aside");
  fails(errc::checksum_mismatch, made->content.files.front().path);
  fs::rename(s.root / "aside", content);

  const fs::path manifest_file = s.root / "place" / manifest_name(made->name);
  flip(manifest_file, 10);
  fails(errc::checksum_mismatch, made->name);
  flip(manifest_file, 10);
  const fs::path signature = s.root / "place" / signature_name(made->name);
  fs::rename(signature, s.root / "aside");
  fails(errc::bad_signature, "not signed");
  fs::rename(s.root / "aside", signature);

  const fs::path segment = first_segment(s);
  flip(segment, static_cast<std::streamoff>(fs::file_size(segment)) - 1);
  fails(errc::checksum_mismatch, "segments/");
  flip(segment, static_cast<std::streamoff>(fs::file_size(segment)) - 1);

  const temporary_directory strangers;
  REQUIRE(site_key::load_or_create(fs::path{strangers.path()} / "keys"));
  auto foreign = s.request_for("foreign");
  foreign.keys = fs::path{strangers.path()} / "keys";
  CHECK(restore(foreign).error().code == errc::key_missing);

  fs::create_directories(s.root / "full");
  std::ofstream{s.root / "full/file"} << "mine";
  CHECK(restore(s.request_for("full")).error().message.find("REFUSED_NOT_EMPTY") == 0);
  CHECK(s.restored(s.request_for("sound")).head.chain == s.log->head().chain);
}

TEST_CASE("a missing segment is told, and nothing is made up for it", "[contract][BAK-03][BAK-11]") {
  site s;
  s.write(10);
  REQUIRE(s.back_up());
  for (int i = 0; i < 4; ++i) {
    s.write(10);
    s.ship();
  }
  const auto segments = list_segments(*s.place, core::partition_id{1});
  REQUIRE(segments->size() == 4);
  REQUIRE((*segments)[2].first == core::gseq{31});
  REQUIRE(s.place->remove((*segments)[2].text()));
  const auto done = restore(s.request_for("gap"));
  REQUIRE_FALSE(done);
  CHECK(done.error().code == errc::position_gap);
  CHECK(done.error().message.find("records 31 to") != std::string::npos);
  CHECK(s.restored_to(30).head.chain == *s.log->chain_at(core::gseq{30}));
}

TEST_CASE("shipping goes on where the place says, and never twice", "[contract][BAK-03]") {
  site s;
  s.write(30);
  {
    auto first = s.make_shipper();
    REQUIRE(first.ship({}));
    CHECK(first.position() == core::gseq{30});
    s.write(1);
    REQUIRE(first.ship({}));
    CHECK(first.ship({})->segments == 0);
  }
  s.write(4);
  auto second = s.make_shipper();  // as after a restart
  CHECK(second.ship({})->records == 4);
  const auto segments = *list_segments(*s.place, core::partition_id{1});
  std::uint64_t next = 1;
  for (const auto& segment : segments) {
    CHECK(segment.first.value == next);
    next = segment.last.value + 1;
  }
  CHECK(next == 36);
  const auto done = s.restored(s.request_for("from segments alone"));
  CHECK(done.base.empty());
  CHECK(done.head.chain == s.log->head().chain);
}

TEST_CASE("many small segments become few, and every event is still there whatever cuts it off", "[contract][BAK-03]") {
  site s;
  auto shipping = s.make_shipper();
  for (int i = 0; i < 30; ++i) {
    s.write(2);
    REQUIRE(shipping.ship({}));
  }
  const auto count = [&] { return list_segments(*s.place, core::partition_id{1})->size(); };
  REQUIRE(count() == 30);
  // As if the merge had been cut off among its removals: some of the small ones are still there.
  const auto small = *list_segments(*s.place, core::partition_id{1});
  std::vector<std::string> files;
  for (const auto& name : small)
    files.push_back(*s.place->get(name.text(), segment_file_bytes_max));
  REQUIRE(shipping.merge(10, {}));
  CHECK(count() == 11);
  CHECK(s.restored(s.request_for("merged")).head.chain == s.log->head().chain);
  for (const std::size_t i : {0, 3, 4, 11})
    REQUIRE(s.place->put(small[i].text(), files[i]));
  for (const std::uint64_t n : {1, 2, 9, 10, 25, 60})
    CHECK(s.restored_to(n).head.chain == *s.log->chain_at(core::gseq{n}));
  s.write(1);
  auto later = s.make_shipper();
  REQUIRE(later.ship({}));
  REQUIRE(later.merge(0, {}));
  CHECK(s.restored(s.request_for("again")).head.chain == s.log->head().chain);
}

TEST_CASE("a backup of the day is made once, and the next one stores only what is new", "[contract][BAK-01][BAK-02]") {
  site s;
  for (int i = 0; i < 50; ++i)
    s.write(4);
  const auto first = s.back_up();
  REQUIRE(first);
  CHECK(first->name == "logline-2026-01-01");
  CHECK(first->new_bytes == first->bytes);
  const auto& head = first->content.journals.front();
  CHECK(head.gseq == core::gseq{200});
  CHECK(head.chain == s.log->head().chain);
  CHECK(head.root == s.log->head().root);
  s.write(1);
  const auto again = s.back_up();
  REQUIRE(again);
  CHECK(again->existed);
  CHECK(again->content == first->content);

  s.clock.advance(core::days(1));
  const auto next = s.back_up();
  REQUIRE(next);
  CHECK(next->name == "logline-2026-01-02");
  CHECK_FALSE(next->existed);
  CHECK(next->new_bytes < next->bytes);
  const auto loaded = load_backup(*s.place, next->name, s.keys);
  REQUIRE(loaded);
  CHECK(check_files_of(*s.place, loaded->content, s.root / "check", {})->empty());
  CHECK(s.back_up("UPPER").error().code == errc::bad_encoding);
  CHECK(s.back_up("by-hand")->name == "logline-2026-01-02-by-hand");
}

TEST_CASE("a backup of a log that is being written to is one of its heads", "[contract][BAK-01]") {
  site s;
  s.write(10);
  std::atomic<bool> done{false};
  std::thread writer{[&] {
    while (!done)
      s.write(1);
  }};
  const auto made = s.back_up();
  done = true;
  writer.join();
  REQUIRE(made);
  const auto restored = s.restored(s.request_for("copy"));
  CHECK(restored.head.position.value >= 10);
  CHECK(restored.head.chain == *s.log->chain_at(restored.head.position));
  CHECK_FALSE(fs::exists(s.root / "frozen"));
}

TEST_CASE("pruning leaves every backup whole, and takes nothing while something failed", "[contract][BAK-04]") {
  site s;
  std::vector<std::string> names;
  for (int day = 0; day < 6; ++day) {
    s.write(5);
    s.ship();
    const auto made = s.back_up();
    REQUIRE(made);
    names.push_back(made->name);
    s.clock.advance(core::days(1));
  }
  const retention_policy policy{2, 0};
  const auto prune = [&] { return *prune_backups(*s.place, s.keys, core::partition_id{1}, policy, s.clock.now()); };
  CHECK(prune().held_back == "no backup is verified yet");
  REQUIRE(s.place->put(verified_name(names[1]), "then"));
  REQUIRE(note_probe(*s.place, s.clock.now(), false));
  CHECK(prune().held_back == "the last probe failed");
  REQUIRE(note_probe(*s.place, s.clock.now(), true));
  REQUIRE(s.place->put(pending_name("logline-2026-01-07"), core::to_rfc3339(s.clock.now())));
  CHECK(prune().held_back == "a backup is being written");
  REQUIRE(s.place->remove(pending_name("logline-2026-01-07")));
  CHECK(*backup_names(*s.place) == names);

  const auto done = prune();
  CHECK(done.held_back.empty());
  CHECK(done.backups == std::vector<std::string>{names[0], names[2], names[3]});
  CHECK(done.contents > 0);
  CHECK(done.segments > 0);
  const auto left = *backup_names(*s.place);
  CHECK(left == std::vector<std::string>{names[1], names[4], names[5]});
  for (const auto& name : left)
    CHECK(check_files_of(*s.place, load_backup(*s.place, name, s.keys)->content, s.root / "check", {})->empty());
  CHECK(s.restored(s.request_for("newest")).head.chain == s.log->head().chain);
  CHECK(s.restored_to(27).head.chain == *s.log->chain_at(core::gseq{27}));
}

namespace {

/// A place whose n-th change fails, before it is made or, as when an answer is lost, after.
class failing_store final : public object_store {
 public:
  failing_store(object_store& inner, int left, bool after) : inner_(inner), left_(left), after_(after) {}

  outcome put(std::string_view name, std::string_view bytes) override {
    return change([&] { return inner_.put(name, bytes); });
  }
  outcome put_file(std::string_view name, const fs::path& file, const core::digest& sha256) override {
    return change([&] { return inner_.put_file(name, file, sha256); });
  }
  outcome remove(std::string_view name) override {
    return change([&] { return inner_.remove(name); });
  }
  result<std::string> get(std::string_view name, std::size_t bytes_max) override { return inner_.get(name, bytes_max); }
  result<core::digest> get_file(std::string_view name, const fs::path& to) override {
    return inner_.get_file(name, to);
  }
  result<std::vector<object_info>> list(std::string_view prefix) override { return inner_.list(prefix); }
  std::string where() const override { return inner_.where(); }

 private:
  template <class Change>
  outcome change(Change make) {
    const bool fails = left_-- == 0;
    if (fails && !after_) return error{errc::store_failed, "cut off", {}};
    auto made = make();
    if (fails) return error{errc::store_failed, "cut off", {}};
    return made;
  }

  object_store& inner_;
  int left_;
  bool after_;
};

backup_request request_of(site& s) {
  return {.freeze = [&s](const fs::path& to) { return s.log->freeze(to.string()); },
          .scratch = s.root / "frozen",
          .partition = core::partition_id{1},
          .site = "here",
          .generation = s.generation,
          .signers = std::span{&s.key, 1},
          .keys = s.keys,
          .clock = s.clock.function()};
}

}  // namespace

TEST_CASE("a backup that is cut off anywhere is none, and the next attempt makes it whole", "[contract][BAK-02]") {
  for (const bool after : {false, true}) {
    bool finished = false;
    for (int n = 0; !finished; ++n) {
      REQUIRE(n < 100);
      site s;
      s.write(12);
      failing_store place{*s.place, n, after};
      finished = make_backup(place, request_of(s)).has_value();
      CHECK_FALSE(fs::exists(s.root / "frozen"));
      // Whatever is there by name is there in full.
      const auto names = *backup_names(*s.place);
      for (const auto& name : names) {
        const auto there = load_backup(*s.place, name, s.keys);
        REQUIRE(there);
        CHECK(check_files_of(*s.place, there->content, s.root / "check", {})->empty());
      }
      REQUIRE(s.back_up());
      CHECK(s.restored(s.request_for("copy")).head.chain == s.log->head().chain);
    }
  }
}

TEST_CASE("a shipment or a merge that is cut off anywhere loses nothing and doubles nothing", "[contract][BAK-03]") {
  for (const bool after : {false, true}) {
    for (int n = 0; n < 14; ++n) {
      site s;
      failing_store place{*s.place, n, after};
      shipper shipping{*s.log, place, {core::partition_id{1}, "here", 1, {s.key}, s.keys, s.clock.function()}};
      for (int i = 0; i < 8; ++i) {
        s.write(2);
        if (!shipping.ship({})) REQUIRE(shipping.ship({}));
      }
      if (!shipping.merge(2, {})) REQUIRE(shipping.merge(2, {}));
      s.write(1);
      if (!shipping.ship({})) REQUIRE(shipping.ship({}));
      CHECK(s.restored(s.request_for("copy")).head.chain == s.log->head().chain);
      CHECK(s.restored_to(9).head.chain == *s.log->chain_at(core::gseq{9}));
    }
  }
}
