// What the log in RocksDB promises about damage: found, named, refused, and left as it was for inspection.
#include <algorithm>

#include "journal/frame.hpp"
#include "journal/framer.hpp"
#include "journal/rocks_store.hpp"
#include "journal/witness.hpp"
#include "tests/contract/journal/sim_fixture.hpp"

using namespace logline;
using namespace logline::journal;
using namespace logline::journal::fixtures;

namespace {

/// Several tables, a WAL with acknowledged commits in it, signed heads.
void fill(sim_disk& disk, const manual_clock& clock, bool closed) {
  {
    auto log = opened(sim_options(disk, clock));
    for (std::uint64_t i = 0; i < 12; ++i) {
      append_request r = request("a", i);
      r.events[0].payload = noise(i, 3'000);
      append_one(*log, r);
    }
  }
  auto log = opened(sim_options(disk, clock));
  for (std::uint64_t i = 12; i < 16; ++i) {
    append_request r = request("a", i);
    r.events[0].payload = noise(i, 700);
    append_one(*log, r);
  }
  REQUIRE(log->put_view("v", core::gseq{16}, std::vector<partition_log::view_row>{{"k", "v"}}));
  if (!closed) disk.kill();
}

std::map<std::string, std::string> contents(const sim_disk& disk) {
  std::map<std::string, std::string> out;
  for (const auto& path : disk.files())
    out[path] = disk.content(path);
  return out;
}

void restore(sim_disk& disk, const std::map<std::string, std::string>& contents) {
  for (const auto& path : disk.files())
    disk.remove(path);
  for (const auto& [path, bytes] : contents)
    disk.replace(path, bytes);
}

std::string wal_of(const sim_disk& disk) {
  std::string found;
  for (const auto& path : disk.files())
    if (path.ends_with(".log") && !disk.content(path).empty()) found = path;
  REQUIRE(!found.empty());
  return found;
}

std::string witness_path() {
  return std::string{sim_partition} + '/' + std::string{witness_file_name};
}

error refused_open(const sim_disk& disk, const manual_clock& clock, open_report* report = nullptr) {
  auto log = open_partition(sim_options(disk, clock), report);
  REQUIRE(!log);
  return log.error();
}

/// Changes rows below the log, as no crash could; the witness and the files stay sound.
void tamper(sim_disk& disk, const std::function<void(rocks_store&, store_batch&)>& change) {
  const auto environment = disk.environment();
  auto store = rocks_store::open(std::string{sim_partition}, environment, {});
  REQUIRE(store);
  const auto rows = (*store)->make_batch();
  change(**store, *rows);
  REQUIRE((*store)->write(*rows, durability::synced));
  // New OPTIONS files came with this opening; the log knows the old ones only.
  REQUIRE((*store)->close());
}

std::string log_value(const rocks_store& store, std::uint64_t first) {
  std::string value;
  REQUIRE(*store.get(family::log, log_key(core::partition_id{1}, core::gseq{first}), value));
  return value;
}

void put_log_value(store_batch& rows, std::uint64_t first, std::string_view value) {
  rows.put(family::log, log_key(core::partition_id{1}, core::gseq{first}), value);
}

/// 20 single-record commits; the head is signed at 1, 12 and, if closed, at the end.
void fill_plain(sim_disk& disk, manual_clock& clock) {
  auto log = opened(sim_options(disk, clock));
  for (std::uint64_t i = 0; i < 20; ++i) {
    append_one(*log, request("a", i));
    if (i == 11) REQUIRE(log->checkpoint(true));
  }
  disk.kill();
}

}  // namespace

TEST_CASE("a flipped bit in any file of a closed store is found, and nothing is changed by finding it",
          "[contract][damage][JRN-08]") {
  manual_clock clock;
  sim_disk disk{3};
  fill(disk, clock, true);
  const auto sound = contents(disk);
  std::size_t flips = 0;
  for (const auto& [path, bytes] : sound) {
    const std::uint64_t bits = bytes.size() * 8;
    for (std::uint64_t bit = 5 % std::max<std::uint64_t>(bits, 1); bit < bits; bit += 1 + bits / 23) {
      disk.flip_bit(path, bit);
      const auto damaged = contents(disk);
      open_report report;
      const auto log = open_partition(sim_options(disk, clock), &report);
      INFO(path << " bit " << bit << " of " << bits << ": " << report.text());
      if (log) {
        FAIL_CHECK("was opened");
      } else {
        CHECK(to_failure(log.error()).code == "JOURNAL_CORRUPT");
        CHECK(log.error().message.find("logline journal verify --data /journal") != std::string::npos);
        CHECK(log.error().message.starts_with(report.label));
        CHECK((contents(disk) == damaged));
      }
      restore(disk, sound);
      ++flips;
    }
  }
  CHECK(flips > 100);
  CHECK(open_partition(sim_options(disk, clock)));
}

TEST_CASE(
    "a flipped bit in any file of a store that was not closed is found, or reported as cut off, or changes nothing",
    "[contract][damage][JRN-08]") {
  manual_clock clock;
  sim_disk disk{4};
  fill(disk, clock, false);
  const auto sound = contents(disk);
  const std::size_t records = 16;
  for (const auto& [path, bytes] : sound) {
    const std::uint64_t bits = bytes.size() * 8;
    for (std::uint64_t bit = 3 % std::max<std::uint64_t>(bits, 1); bit < bits; bit += 1 + bits / 23) {
      disk.flip_bit(path, bit);
      open_report report;
      INFO(path << " bit " << bit << " of " << bits);
      if (const auto log = open_partition(sim_options(disk, clock), &report)) {
        INFO(report.text());
        CHECK(records_of(**log).size() == records);
        CHECK(((!report.cut.empty() && report.label == "@B") || !report.notes.empty()));
        disk.kill();
      } else {
        CHECK(to_failure(log.error()).code == "JOURNAL_CORRUPT");
      }
      restore(disk, sound);
    }
  }
}

TEST_CASE("a flipped bit in an acknowledged commit of the WAL is not taken for a torn tail",
          "[contract][damage][JRN-08]") {
  manual_clock clock;
  sim_disk disk{5};
  fill(disk, clock, false);
  const std::string wal = wal_of(disk);
  const std::uint64_t bits = disk.content(wal).size() * 8;
  disk.flip_bit(wal, bits / 2);
  const error e = refused_open(disk, clock);
  CHECK(e.code == errc::acknowledged_lost);
  CHECK(e.message.starts_with("@O"));
  CHECK(e.position.value > 12);
  CHECK(e.position.value <= 16);
}

TEST_CASE("a torn tail that was never acknowledged is cut and reported", "[contract][damage][JRN-08]") {
  manual_clock clock;
  sim_disk disk{6};
  fill(disk, clock, false);
  const std::string wal = wal_of(disk);
  const std::string bytes = disk.content(wal);
  SECTION("a record that was cut off") {
    // The first record once more, all but its end: what a write that was cut off leaves.
    disk.replace(wal, bytes + bytes.substr(0, 40));
  }
  SECTION("a part of the file that was never written") {
    disk.replace(wal, bytes + std::string(500, '\0'));
  }
  SECTION("garbage") {
    disk.replace(wal, bytes + noise(1, 300));
  }
  open_report report;
  {
    const auto log = opened(sim_options(disk, clock), &report);
    CHECK(report.label == "@B");
    REQUIRE(report.cut.size() == 1);
    CHECK(report.cut[0].find(".log at byte " + std::to_string(bytes.size())) != std::string::npos);
    CHECK(records_of(*log).size() == 16);
    append_one(*log, request("a", 16));
  }
  opened(sim_options(disk, clock), &report);
  CHECK(report.label == "@A");
  CHECK(report.head.value == 17);
}

TEST_CASE("an acknowledged tail that is missing is found", "[contract][damage][JRN-08]") {
  manual_clock clock;
  sim_disk disk{7};
  fill(disk, clock, false);
  const std::string wal = wal_of(disk);
  SECTION("the end of the WAL") {
    disk.replace(wal, disk.content(wal).substr(0, disk.content(wal).size() - 100));
  }
  SECTION("all of the WAL") {
    disk.replace(wal, "");
  }
  const error e = refused_open(disk, clock);
  CHECK(e.code == errc::acknowledged_lost);
}

TEST_CASE("missing files are found", "[contract][damage][JRN-08]") {
  manual_clock clock;
  sim_disk disk{8};
  fill(disk, clock, false);
  SECTION("the WAL") {
    disk.remove(wal_of(disk));
  }
  SECTION("CURRENT") {
    disk.remove(std::string{sim_partition} + "/CURRENT");
  }
  SECTION("the witness") {
    disk.remove(witness_path());
  }
  SECTION("CURRENT and the witness") {
    disk.remove(std::string{sim_partition} + "/CURRENT");
    disk.remove(witness_path());
  }
  SECTION("a table") {
    const auto files = disk.files();
    const auto table =
        std::find_if(files.begin(), files.end(), [](const auto& path) { return path.ends_with(".sst"); });
    REQUIRE(table != files.end());
    disk.remove(*table);
  }
  CHECK(to_failure(refused_open(disk, clock)).code == "JOURNAL_CORRUPT");
}

TEST_CASE("the witness", "[contract][damage][JRN-08]") {
  manual_clock clock;
  sim_disk disk{9};
  fill(disk, clock, false);
  const std::string bytes = disk.content(witness_path());
  REQUIRE(bytes.size() == witness_file_bytes);
  auto newest = std::max(*parse_witness_slot(std::string_view{bytes}.substr(0, witness_slot_bytes)),
                         *parse_witness_slot(std::string_view{bytes}.substr(witness_slot_bytes)),
                         [](const witness& a, const witness& b) { return a.serial < b.serial; });
  CHECK(newest.position.value == 16);
  ++newest.serial;
  const auto write_both = [&] {
    disk.replace(witness_path(), encode_witness_slot(newest) + encode_witness_slot(newest));
  };
  SECTION("one torn slot is what a crash may leave") {
    disk.replace(witness_path(), encode_witness_slot(newest) + std::string(witness_slot_bytes, 'x'));
    open_report report;
    opened(sim_options(disk, clock), &report);
    CHECK(report.label == "@A");
    CHECK(report.notes.size() == 1);
  }
  SECTION("both slots damaged") {
    disk.replace(witness_path(), std::string(witness_file_bytes, 'x'));
    const error e = refused_open(disk, clock);
    CHECK(e.code == errc::store_corrupt);
    CHECK(e.message.starts_with("@N"));
  }
  SECTION("ahead of the log") {
    newest.position.value = 17;
    write_both();
    const error e = refused_open(disk, clock);
    CHECK(e.code == errc::acknowledged_lost);
    CHECK(e.position.value == 17);
    CHECK(e.message.starts_with("@O"));
  }
  SECTION("of other records") {
    newest.chain = core::sha256("another history");
    write_both();
    const error e = refused_open(disk, clock);
    CHECK(e.code == errc::chain_broken);
    CHECK(e.message.starts_with("@P"));
  }
}

TEST_CASE("with each signed head the witness survives the machine as well", "[contract][damage][JRN-08]") {
  manual_clock clock;
  sim_disk disk{13};
  auto log = opened(sim_options(disk, clock));
  for (std::uint64_t i = 0; i < 12; ++i)
    append_one(*log, request("a", i));
  REQUIRE(log->checkpoint(true));
  append_one(*log, request("a", 12));
  disk.crash();
  log.reset();
  const auto reading = read_witness(*disk.environment(), std::string{sim_partition});
  REQUIRE(reading);
  REQUIRE(reading->newest);
  CHECK(reading->newest->position.value == 13);
}

namespace {

struct expectation {
  std::string_view label;
  errc code = errc::stopped;
  std::uint64_t position = 0;
};

std::string flipped(std::string value) {
  value.back() = static_cast<char>(value.back() ^ 1);
  return value;
}

// Refused for writing with the row's label; what is sound can still be read.
void check_refused(sim_disk& disk, manual_clock& clock, const expectation& expected) {
  const error e = refused_open(disk, clock);
  CHECK(e.code == expected.code);
  CHECK(e.position.value == expected.position);
  INFO(e.text());
  CHECK(e.message.substr(0, 2) == expected.label);

  partition_options options = sim_options(disk, clock);
  options.read_only = true;
  open_report report;
  const auto log = opened(options, &report);
  CHECK(report.label == expected.label);
  CHECK((log->head().position.value == 20) == (expected.label == "@M"));
}

}  // namespace

TEST_CASE("changed frames below RocksDB's checksums are found by the log's own", "[contract][damage][JRN-05][JRN-08]") {
  manual_clock clock;
  sim_disk disk{10};
  fill_plain(disk, clock);
  expectation expected;
  SECTION("a frame above the signed head, sound ones after it") {
    tamper(disk, [&](rocks_store& s, store_batch& rows) { put_log_value(rows, 15, flipped(log_value(s, 15))); });
    expected = {"@E", errc::checksum_mismatch, 15};
  }
  SECTION("the last frame") {
    tamper(disk, [&](rocks_store& s, store_batch& rows) { put_log_value(rows, 20, flipped(log_value(s, 20))); });
    expected = {"@G", errc::checksum_mismatch, 20};
  }
  SECTION("the signed frame itself") {
    tamper(disk, [&](rocks_store& s, store_batch& rows) { put_log_value(rows, 12, flipped(log_value(s, 12))); });
    expected = {"@F", errc::checksum_mismatch, 12};
  }
  SECTION("a frame that is missing") {
    tamper(disk, [&](rocks_store&, store_batch& rows) {
      rows.erase(family::log, log_key(core::partition_id{1}, core::gseq{15}));
    });
    expected = {"@I", errc::position_gap, 15};
  }
  SECTION("another frame in its place") {
    tamper(disk, [&](rocks_store& s, store_batch& rows) { put_log_value(rows, 15, log_value(s, 16)); });
    expected = {"@H", errc::bad_encoding, 15};
  }
  SECTION("a record with another content and a fitting checksum") {
    tamper(disk, [&](rocks_store& s, store_batch& rows) {
      std::string plain;
      const std::string value = log_value(s, 15);
      const auto frame = open_frame(value, plain);
      REQUIRE(frame);
      frame_records records{*frame};
      std::string_view bytes;
      REQUIRE(*records.next(bytes));
      auto record = *decode_record(bytes);
      record.payload[0] = 'X';
      frame_builder builder;
      builder.add(encode_record(record));
      zstd_codec codec;
      std::string other;
      builder.seal(frame->header, codec, 1, other);
      put_log_value(rows, 15, other);
    });
    expected = {"@K", errc::chain_broken, 15};
  }
  check_refused(disk, clock, expected);
}

TEST_CASE("a log that ends too early and foreign signed heads are refused", "[contract][damage][JRN-05][JRN-08]") {
  manual_clock clock;
  sim_disk disk{10};
  fill_plain(disk, clock);
  expectation expected;
  SECTION("the log's end is gone, the signed head is not") {
    tamper(disk, [&](rocks_store&, store_batch& rows) {
      rows.erase_range(family::log, log_key(core::partition_id{1}, core::gseq{10}),
                       log_key(core::partition_id{1}, core::gseq{21}));
    });
    expected = {"@L", errc::acknowledged_lost, 10};
  }
  SECTION("the log's end above the signed head is gone") {
    tamper(disk, [&](rocks_store&, store_batch& rows) {
      rows.erase_range(family::log, log_key(core::partition_id{1}, core::gseq{18}),
                       log_key(core::partition_id{1}, core::gseq{21}));
    });
    expected = {"@O", errc::acknowledged_lost, 18};
  }
  SECTION("a signed head of another key") {
    const checkpoint_signer other{checkpoint_origin("here", core::partition_id{1}),
                                  *site_key::from_seed(std::string(32, 'o'))};
    log_head head;
    head.position.value = 19;
    tamper(disk, [&](rocks_store&, store_batch& rows) {
      rows.put(family::checkpoints, checkpoint_key(head.position), other.sign(head));
    });
    expected = {"@M", errc::bad_signature, 19};
  }
  SECTION("a signed head of another history") {
    log_head head;
    head.position.value = 19;
    tamper(disk, [&](rocks_store&, store_batch& rows) {
      rows.put(family::checkpoints, checkpoint_key(head.position), test_signer()->sign(head));
    });
    expected = {"@M", errc::checkpoint_mismatch, 19};
  }
  check_refused(disk, clock, expected);
}

TEST_CASE("what a reader meets is checked as well, and named by position", "[contract][damage][JRN-07]") {
  manual_clock clock;
  sim_disk disk{11};
  {
    auto log = opened(sim_options(disk, clock));
    append_one(*log, request("a", 0, 4));
    for (std::uint64_t i = 0; i < 3; ++i)
      append_one(*log, request("a", 4 + i * 300, 300));
  }
  tamper(disk, [](rocks_store& s, store_batch& rows) {
    std::string value = log_value(s, 5);
    value[70] = static_cast<char>(value[70] ^ 4);
    put_log_value(rows, 5, value);
  });
  const auto log = opened(sim_options(disk, clock));  // far below the signed head: not looked at on opening
  std::uint64_t seen = 0;
  const auto next = log->read(core::gseq{1}, [&](const core::record& r) {
    seen = r.position.value;
    return true;
  });
  REQUIRE(!next);
  CHECK(next.error().code == errc::checksum_mismatch);
  CHECK(next.error().position.value == 5);
  CHECK(seen == 4);
  const auto by_entity = log->read_entity(entity("a"), core::eseq{1}, [](const core::record&) { return true; });
  REQUIRE(!by_entity);
  CHECK(by_entity.error().position.value == 5);
}

TEST_CASE("an entity row that points at the wrong record is found when it is used", "[contract][damage][JRN-07]") {
  manual_clock clock;
  sim_disk disk{12};
  {
    auto log = opened(sim_options(disk, clock));
    append_all(*log, {request("a", 0), request("b", 0), request("a", 1)});
  }
  tamper(disk, [](rocks_store&, store_batch& rows) {
    rows.put(family::entity, entity_key(entity_prefix(entity("a")), core::gseq{1}),
             encode_entity_row({core::eseq{1}, {0, 1}}));
  });
  const auto log = opened(sim_options(disk, clock));
  const auto read = log->read_entity(entity("a"), core::eseq{1}, [](const core::record&) { return true; });
  REQUIRE(!read);
  CHECK(read.error().code == errc::index_mismatch);
}
