#include <catch2/catch.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "journal/derived.hpp"
#include "journal/frame.hpp"
#include "journal/framer.hpp"
#include "journal/little_endian.hpp"
#include "journal/verify.hpp"
#include "tests/unit/journal_proof/sample_log.hpp"

namespace {

using namespace logline;
using journal::errc;
using journal::family;

constexpr core::partition_id partition{0};
constexpr std::size_t last_place = SIZE_MAX;

/// A log of a few hundred records in memory whose rows can be changed behind its back.
struct tampered_log {
  std::shared_ptr<journal::memory_store> store = std::make_shared<journal::memory_store>();
  journal::log_settings settings = sample::settings(100);

  explicit tampered_log(std::size_t commits = 40, std::size_t commands = 9) {
    journal::stored_log log{settings, std::make_unique<sample::borrowed_store>(store), journal::log_state{}, false};
    sample::history history{log};
    for (std::size_t i = 0; i < commits; ++i)
      history.commit(commands);
  }

  journal::verify_report verify(core::gseq since = {}, core::gseq end = {}) const {
    journal::verify_options options;
    options.since = since;
    return journal::verify_log(*store, journal::store_use::quiet, partition, end, &settings.signer->verifier(),
                               options);
  }

  std::string get(family f, const std::string& key) const {
    std::string value;
    REQUIRE(*store->get(f, key, value));
    return value;
  }
  void put(family f, const std::string& key, const std::string& value) {
    const auto batch = store->make_batch();
    batch->put(f, key, value);
    REQUIRE(store->write(*batch, journal::durability::synced));
  }
  void erase(family f, const std::string& key) {
    const auto batch = store->make_batch();
    batch->erase(f, key);
    REQUIRE(store->write(*batch, journal::durability::synced));
  }
  /// The n-th row of a family, from 0.
  std::pair<std::string, std::string> row(family f, std::size_t n) const {
    const auto rows = store->walk(f, journal::access::few);
    rows->seek({});
    for (std::size_t i = 0; i < n; ++i)
      rows->next();
    REQUIRE(rows->valid());
    return {std::string{rows->key()}, std::string{rows->value()}};
  }
  std::string frame_key(std::size_t n) const { return row(family::log, n).first; }
  core::gseq frame_position(std::size_t n) const { return *journal::parse_log_key(partition, frame_key(n)); }

  /// Takes a frame apart and puts it together again, with a right checksum.
  void reframe(std::size_t n, const std::function<void(journal::frame_header&, std::vector<std::string>&)>& change) {
    const auto [key, value] = row(family::log, n);
    std::string plain;
    const auto frame = journal::open_frame(value, plain);
    REQUIRE(frame);
    std::vector<std::string> records;
    std::string_view bytes;
    for (journal::frame_records walk{*frame}; *walk.next(bytes);)
      records.emplace_back(bytes);
    journal::frame_header header = frame->header;
    change(header, records);
    journal::frame_builder builder;
    for (const auto& record : records)
      builder.add(record);
    std::string out;
    builder.seal(header, journal::zstd_codec::of_thread(), 1, out);
    put(family::log, key, out);
  }
  void change_record(std::size_t frame, std::size_t place, const std::function<void(core::record&)>& change) {
    reframe(frame, [&](auto&, std::vector<std::string>& records) {
      std::string& bytes = place == last_place ? records.back() : records[place];
      auto record = *journal::decode_record(bytes);
      change(record);
      bytes = journal::encode_record(record);
    });
  }
};

/// Makes every hash fit again, as a forger with the program but without the key would.
void rechain(tampered_log& log) {
  core::digest chain;
  for (std::size_t n = 0;; ++n) {
    const auto rows = log.store->walk(family::log, journal::access::few);
    rows->seek({});
    for (std::size_t i = 0; i < n && rows->valid(); ++i)
      rows->next();
    if (!rows->valid()) return;
    log.reframe(n, [&](journal::frame_header& header, std::vector<std::string>& records) {
      header.chain_before = chain;
      for (const auto& record : records)
        chain = journal::chain_hash(chain, journal::leaf_hash(record));
      header.chain_after = chain;
    });
  }
}

void forge(tampered_log& log, std::size_t frame, std::size_t place, const std::function<void(core::record&)>& change) {
  log.change_record(frame, place, change);
  rechain(log);
}

std::string flipped(std::string text, std::size_t bit) {
  text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << bit % 8));
  return text;
}

struct damage {
  std::string name;
  std::function<void(tampered_log&)> apply;
  errc code;
  std::function<core::gseq(const tampered_log&)> position;
  std::string place = "log";
};

core::gseq nowhere(const tampered_log&) {
  return {};
}
std::function<core::gseq(const tampered_log&)> at_frame(std::size_t n, std::uint64_t place = 0) {
  return [=](const tampered_log& log) { return core::gseq{log.frame_position(n).value + place}; };
}
std::function<core::gseq(const tampered_log&)> before_frame(std::size_t n) {
  return [=](const tampered_log& log) { return core::gseq{log.frame_position(n).value - 1}; };
}
std::function<core::gseq(const tampered_log&)> at_checkpoint(std::size_t n) {
  return [=](const tampered_log& log) {
    return core::gseq{journal::get_big_endian<std::uint64_t>(log.row(family::checkpoints, n).first)};
  };
}
std::function<core::gseq(const tampered_log&)> at(std::uint64_t position) {
  return [=](const tampered_log&) { return core::gseq{position}; };
}

std::vector<damage> damages_to_bytes() {
  return {
      {"a flipped bit in a body",
       [](auto& l) { l.put(family::log, l.frame_key(7), flipped(l.row(family::log, 7).second, 8 * 200)); },
       errc::checksum_mismatch, at_frame(7)},
      {"a frame cut short",
       [](auto& l) { l.put(family::log, l.frame_key(7), l.row(family::log, 7).second.substr(0, 300)); },
       errc::short_read, at_frame(7)},
      {"a value that is no frame", [](auto& l) { l.put(family::log, l.frame_key(7), std::string(500, 'x')); },
       errc::bad_magic, at_frame(7)},
      {"a frame under the key of another",
       [](auto& l) { l.put(family::log, l.frame_key(7), l.row(family::log, 9).second); }, errc::bad_encoding,
       at_frame(7)},
      {"a key that is no position", [](auto& l) { l.put(family::log, "stranger", "value"); }, errc::index_mismatch,
       nowhere},
      {"an extra frame after the end",
       [](auto& l) {
         l.put(family::log, journal::log_key(partition, core::gseq{100'000}), l.row(family::log, 9).second);
       },
       errc::bad_encoding, at(100'000)},
  };
}

std::vector<damage> damages_to_records() {
  return {
      {"a record changed, checksum made to fit",
       [](auto& l) { l.change_record(7, 3, [](core::record& r) { r.event = "task_enqueueD"; }); }, errc::chain_broken,
       at_frame(7)},
      {"a record of another position", [](auto& l) { forge(l, 7, 0, [](core::record& r) { r.position.value += 1; }); },
       errc::position_gap, at_frame(7)},
      {"a record of another partition", [](auto& l) { forge(l, 7, 0, [](core::record& r) { r.partition.value = 9; }); },
       errc::position_gap, at_frame(7)},
      {"an eseq that is skipped",
       [](auto& l) { forge(l, 7, last_place, [](core::record& r) { r.sequence.value += 1; }); }, errc::sequence_gap,
       before_frame(8)},
      {"time that runs backwards",
       [](auto& l) { l.change_record(7, 0, [](core::record& r) { r.at.us -= 100'000'000; }); }, errc::bad_encoding,
       at_frame(7)},
      {"bytes that are no record",
       [](auto& l) {
         l.reframe(7, [](auto&, std::vector<std::string>& records) { records[2] = "garbage"; });
         rechain(l);
       },
       errc::bad_encoding, at_frame(7, 2)},
  };
}

std::vector<damage> damages_to_frames() {
  return {
      {"a frame that does not continue the chain",
       [](auto& l) { l.reframe(7, [](journal::frame_header& h, auto&) { h.chain_before.octets[0] ^= 1; }); },
       errc::chain_broken, at_frame(7)},
      {"a frame that ends with another hash",
       [](auto& l) { l.reframe(7, [](journal::frame_header& h, auto&) { h.chain_after.octets[0] ^= 1; }); },
       errc::chain_broken, at_frame(7)},
      {"a frame of another partition",
       [](auto& l) { l.reframe(7, [](journal::frame_header& h, auto&) { h.partition.value = 3; }); },
       errc::bad_encoding, at_frame(7)},
      {"a commit that claims more than there is",
       [](auto& l) { l.reframe(7, [](journal::frame_header& h, auto&) { h.commit_last.value += 1; }); },
       errc::incomplete_commit, at_frame(8)},
      {"a frame of a commit that never began",
       [](auto& l) { l.reframe(7, [](journal::frame_header& h, auto&) { h.commit_first.value -= 1; }); },
       errc::incomplete_commit, at_frame(7)},
      {"a last commit that is not all there",
       [](auto& l) { l.reframe(39, [](journal::frame_header& h, auto&) { h.commit_last.value += 1; }); },
       errc::incomplete_commit, at(541)},
  };
}

std::vector<damage> damages_to_signed_heads() {
  return {
      {"the whole log forged after a change",
       [](auto& l) { forge(l, 7, 0, [](core::record& r) { r.principal.value = "nobody"; }); },
       errc::checkpoint_mismatch, at_checkpoint(1), "checkpoints"},
      {"a checkpoint with a flipped bit",
       [](auto& l) {
         const auto [key, text] = l.row(family::checkpoints, 1);
         l.put(family::checkpoints, key, flipped(text, 8 * 30));
       },
       errc::bad_signature, at_checkpoint(1), "checkpoints"},
      {"a checkpoint of another size",
       [](auto& l) {
         l.put(family::checkpoints, l.row(family::checkpoints, 1).first, l.row(family::checkpoints, 0).second);
       },
       errc::index_mismatch, at_checkpoint(0), "checkpoints"},
      {"a checkpoint that is no text",
       [](auto& l) { l.put(family::checkpoints, l.row(family::checkpoints, 1).first, "text"); }, errc::bad_encoding,
       nowhere, "checkpoints"},
      {"a checkpoint signed by somebody else",
       [](auto& l) {
         const journal::checkpoint_signer forger{"logline/rio/0", *journal::site_key::from_seed(std::string(32, 'x'))};
         const auto head = l.verify().head;
         l.put(family::checkpoints, journal::checkpoint_key(head.position), forger.sign(head));
       },
       errc::bad_signature, at(540), "checkpoints"},
      {"a signed time that is not the record's",
       [](auto& l) {
         auto head = l.verify().head;
         head.at.us += 1;
         l.put(family::checkpoints, journal::checkpoint_key(head.position), l.settings.signer->sign(head));
       },
       errc::checkpoint_mismatch, at(540), "checkpoints"},
  };
}

std::vector<damage> damages_to_entity_rows() {
  return {
      {"an entity row that is missing",
       [](auto& l) { l.erase(family::entity, l.row(family::entity, 20).first); },
       errc::index_mismatch,
       {},
       "entity"},
      {"an entity row that says something else",
       [](auto& l) { l.put(family::entity, l.row(family::entity, 20).first, l.row(family::entity, 19).second); },
       errc::index_mismatch,
       {},
       "entity"},
      {"an entity row without records",
       [](auto& l) {
         l.put(family::entity,
               journal::entity_key(journal::entity_prefix({"acme", "task_queue", "nobody"}), core::gseq{1}),
               journal::encode_entity_row({core::eseq{1}, {0}}));
       },
       errc::index_mismatch, at(1), "entity"},
      {"an entity row of a frame that is not there",
       [](auto& l) {
         l.put(family::entity,
               journal::entity_key(journal::entity_prefix({"acme", "task_queue", "queue1"}), core::gseq{9'999}),
               journal::encode_entity_row({core::eseq{5'000}, {0}}));
       },
       errc::index_mismatch, at(9'999), "entity"},
      {"an entity row that is malformed", [](auto& l) { l.put(family::entity, "queue", "row"); }, errc::index_mismatch,
       nowhere, "entity"},
  };
}

std::vector<damage> damages_to_derived_rows() {
  return {
      {"a tree node that is wrong", [](auto& l) { l.put(family::tree, journal::tree_key(8, 1), std::string(32, 'x')); },
       errc::index_mismatch, at(512), "tree"},
      {"a tree node that is missing", [](auto& l) { l.erase(family::tree, journal::tree_key(9, 0)); },
       errc::index_mismatch, at(512), "tree"},
      {"a tree node of records to come",
       [](auto& l) { l.put(family::tree, journal::tree_key(8, 2), std::string(32, 'x')); }, errc::index_mismatch,
       nowhere, "tree"},
      {"a tree cursor that is malformed", [](auto& l) { l.put(family::tree, std::string{journal::cursor_key()}, "x"); },
       errc::index_mismatch, nowhere, "tree"},
      {"a wake-up that is missing", [](auto& l) { l.erase(family::wakes, l.row(family::wakes, 1).first); },
       errc::index_mismatch, nowhere, "wakes"},
      {"a wake-up at another time",
       [](auto& l) { l.put(family::wakes, l.row(family::wakes, 1).first, std::string(8, '\1')); }, errc::index_mismatch,
       nowhere, "wakes"},
      {"a wake-up that nobody armed", [](auto& l) { l.put(family::wakes, "acme", std::string(8, '\1')); },
       errc::index_mismatch, nowhere, "wakes"},
      {"wake-ups that are ahead of the log",
       [](auto& l) { l.put(family::wakes, std::string{journal::cursor_key()}, journal::encode_position(541)); },
       errc::index_mismatch, nowhere, "wakes"},
      {"an idempotency key that is missing",
       [](auto& l) { l.erase(family::dedupe, l.row(family::dedupe, 5).first); },
       errc::index_mismatch,
       {},
       "dedupe"},
      {"an idempotency key that leads elsewhere",
       [](auto& l) { l.put(family::dedupe, l.row(family::dedupe, 5).first, journal::encode_position(1)); },
       errc::index_mismatch,
       {},
       "dedupe"},
      {"an idempotency key that nobody used",
       [](auto& l) {
         l.put(family::dedupe, l.row(family::dedupe, 5).first.substr(0, 4) + std::string(16, 'x'),
               journal::encode_position(1));
       },
       errc::index_mismatch, nowhere, "dedupe"},
      {"a reactor beyond the end", [](auto& l) { l.put(family::cursors, "intake", journal::encode_position(541)); },
       errc::index_mismatch, nowhere, "cursors"},
  };
}

void check_damage(const damage& damage) {
  tampered_log log;
  damage.apply(log);
  const auto report = log.verify();
  INFO(damage.name);
  for (const auto& finding : report.findings)
    UNSCOPED_INFO(finding.text());
  REQUIRE_FALSE(report.ok());
  const auto& first = report.first();
  CHECK(journal::to_string(first.code) == journal::to_string(damage.code));
  CHECK(first.place == damage.place);
  if (damage.position) {
    CHECK(first.position == damage.position(log));
  } else {
    CHECK(first.position.value > 0);
  }
}

}  // namespace

TEST_CASE("a sound log verifies, and is counted right", "[unit][verify][JRN-07]") {
  const tampered_log log;
  const auto report = log.verify();
  for (const auto& finding : report.findings)
    FAIL_CHECK(finding.text());
  CHECK(report.from == core::gseq{1});
  CHECK(report.records == 540);
  CHECK(report.head.position == core::gseq{540});
  CHECK(report.commits == 40);
  CHECK(report.frames == 40);
  CHECK(report.entities == 5);
  CHECK(report.checkpoints == 6);  // five of a hundred records and more, one on closing
  CHECK(report.is_signed);
  CHECK(report.plain_bytes > report.stored_bytes);
}

TEST_CASE("an empty log verifies", "[unit][verify]") {
  const tampered_log log{0};
  CHECK(log.verify().ok());
  CHECK(log.verify().head.root == journal::empty_root());
}

TEST_CASE("each kind of damage is named with its first position", "[unit][verify][JRN-07]") {
  for (const auto& damages : {damages_to_bytes(), damages_to_records(), damages_to_frames(), damages_to_signed_heads(),
                              damages_to_entity_rows(), damages_to_derived_rows()})
    for (const auto& damage : damages)
      check_damage(damage);
}

TEST_CASE("a frame that is missing is a gap, whichever it is", "[unit][verify][JRN-07]") {
  for (std::size_t n = 0; n < 40; ++n) {
    tampered_log log;
    const core::gseq position = log.frame_position(n);
    log.erase(family::log, log.frame_key(n));
    const auto report = log.verify();
    INFO("frame " << n);
    REQUIRE_FALSE(report.ok());
    CHECK(report.first().position == position);
    CHECK(journal::to_string(report.first().code) ==
          journal::to_string(n == 39 ? errc::acknowledged_lost : errc::position_gap));
  }
}

TEST_CASE("a log that ends before what is known durable has lost something", "[unit][verify][JRN-07]") {
  const tampered_log log;
  CHECK(log.verify({}, core::gseq{540}).ok());
  const auto report = log.verify({}, core::gseq{541});
  REQUIRE_FALSE(report.ok());
  CHECK(report.first().code == errc::acknowledged_lost);
  CHECK(report.first().position == core::gseq{541});
}

TEST_CASE("damage in two places is told twice", "[unit][verify][JRN-07]") {
  tampered_log log;
  for (const std::size_t n : {7u, 21u})
    log.put(family::log, log.frame_key(n), flipped(log.row(family::log, n).second, 8 * 200));
  const auto report = log.verify();
  REQUIRE(report.findings.size() == 2);
  CHECK(report.findings[0].position == log.frame_position(7));
  CHECK(report.findings[1].position == log.frame_position(21));
}

TEST_CASE("a check of the last part begins at a signed head", "[unit][verify][JRN-07]") {
  tampered_log log;
  for (const std::uint64_t since : {2u, 108u, 109u, 300u, 540u, 541u, 9'999u}) {
    const auto report = log.verify(core::gseq{since});
    INFO("since " << since);
    for (const auto& finding : report.findings)
      FAIL_CHECK(finding.text());
    CHECK(report.from.value <= since);
    CHECK(report.from.value + 108 > std::min<std::uint64_t>(since, 541));
    CHECK(report.head.position == core::gseq{540});
    CHECK(report.head.root == log.verify().head.root);
    CHECK(report.records == 541 - report.from.value);
  }
  log.put(family::log, log.frame_key(7), flipped(log.row(family::log, 7).second, 8 * 200));
  CHECK(log.verify(core::gseq{400}).ok());
  CHECK_FALSE(log.verify(core::gseq{90}).ok());
}

TEST_CASE("a check of the last part sees what a whole one sees there", "[unit][verify][JRN-07]") {
  const auto damaged = [](const std::function<void(tampered_log&)>& apply) {
    tampered_log log;
    apply(log);
    return log.verify(core::gseq{400});
  };
  const auto frame =
      damaged([](auto& l) { l.put(family::log, l.frame_key(35), flipped(l.row(family::log, 35).second, 8 * 200)); });
  CHECK(frame.first().code == errc::checksum_mismatch);
  const auto record = damaged([](auto& l) { forge(l, 35, 0, [](core::record& r) { r.principal.value = "nobody"; }); });
  CHECK(record.first().position == core::gseq{512});  // the stored tree node above the change
  CHECK(record.findings.back().code == errc::checkpoint_mismatch);
  const auto gap = damaged([](auto& l) { forge(l, 35, 0, [](core::record& r) { r.sequence.value += 7; }); });
  CHECK(gap.first().code == errc::sequence_gap);
  const auto index = damaged([](auto& l) {
    l.erase(family::entity,
            journal::entity_key(journal::entity_prefix({"acme", "task_queue", "queue1"}), l.frame_position(35)));
  });
  CHECK(index.first().place == "entity");
  const auto tree = damaged([](auto& l) { l.put(family::tree, journal::tree_key(8, 1), std::string(32, 'x')); });
  CHECK(tree.first().code == errc::index_mismatch);
  const auto anchor = damaged([](auto& l) { l.put(family::tree, journal::tree_key(8, 0), std::string(32, 'x')); });
  CHECK(anchor.findings.front().code == errc::checkpoint_mismatch);
  CHECK(anchor.from == core::gseq{1});
}

TEST_CASE("an entity whose numbers are skipped in log and index alike is found", "[unit][verify][JRN-07]") {
  // A writer's bug, not a damaged disk: everything agrees with everything, but eseq jumps between two frames.
  tampered_log log{0};
  log.settings.signer = nullptr;
  const core::address entity{"acme", "task_queue", "one"};
  {
    journal::stored_log writer{log.settings, std::make_unique<sample::borrowed_store>(log.store), journal::log_state{},
                               false};
    for (std::uint64_t i = 0; i < 3; ++i) {
      journal::append_request request;
      request.entity = entity;
      request.expected = core::eseq{i};
      request.events.emplace_back().payload = "\x80";
      REQUIRE((*writer.append({&request, 1}))[0]);
    }
  }
  forge(log, 2, 0, [](core::record& r) { r.sequence.value = 9; });
  log.put(family::entity, journal::entity_key(journal::entity_prefix(entity), core::gseq{3}),
          journal::encode_entity_row({core::eseq{9}, {0}}));
  const auto report = journal::verify_log(*log.store, journal::store_use::quiet, partition, {}, nullptr, {});
  REQUIRE(report.findings.size() == 1);
  CHECK(report.first().code == errc::sequence_gap);
  CHECK(report.first().position == core::gseq{3});
  CHECK_FALSE(report.is_signed);
}

TEST_CASE("a live log is checked up to its durable head while it grows", "[unit][verify][JRN-07]") {
  auto store = std::make_shared<journal::memory_store>();
  const auto settings = sample::settings(100);
  journal::stored_log log{settings, std::make_unique<sample::borrowed_store>(store), journal::log_state{}, false};
  sample::history history{log};
  for (int i = 0; i < 20; ++i)
    history.commit(9);
  const auto head = log.head();
  journal::verify_options options;
  for (int i = 0; i < 5; ++i)
    history.commit(9);
  const auto report = journal::verify_log(*store, journal::store_use::live, partition, head.position,
                                          &settings.signer->verifier(), options);
  for (const auto& finding : report.findings)
    FAIL_CHECK(finding.text());
  CHECK(report.head.position == head.position);
  CHECK(report.head.root == head.root);
  CHECK(report.head.chain == head.chain);
}

TEST_CASE("progress is told, and stopping is no success", "[unit][verify]") {
  auto store = std::make_shared<journal::memory_store>();
  auto settings = sample::settings(100'000);
  {
    journal::stored_log log{settings, std::make_unique<sample::borrowed_store>(store), journal::log_state{}, false};
    std::uint64_t draw = 1;
    for (std::uint64_t i = 0; i < 12; ++i) {
      journal::append_request request;
      request.entity = {"acme", "blob", "one"};
      request.expected = core::eseq{i};
      std::string noise(900'000, '\0');
      for (char& c : noise)
        c = static_cast<char>((draw = draw * 6364136223846793005u + 1442695040888963407u) >> 56);
      request.events.emplace_back().payload = std::string("\x81\xa1n\xc6\x00\x0d\xbb\xa0", 8) + noise;
      REQUIRE((*log.append({&request, 1}))[0]);
    }
  }
  std::vector<journal::verify_progress> told;
  journal::verify_options options;
  options.progress = [&](const journal::verify_progress& p) {
    told.push_back(p);
    return true;
  };
  const auto verify = [&] {
    return journal::verify_log(*store, journal::store_use::quiet, partition, {}, &settings.signer->verifier(), options);
  };
  CHECK(verify().ok());
  REQUIRE(told.size() >= 2);
  CHECK(told[0].end == core::gseq{12});
  CHECK(told[0].position < told[1].position);
  CHECK(told[0].bytes < told[1].bytes);

  options.progress = [](const journal::verify_progress&) { return false; };
  const auto stopped = verify();
  REQUIRE_FALSE(stopped.ok());
  CHECK(stopped.first().code == errc::stopped);
}
