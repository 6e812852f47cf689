// A log whose oldest rows lie elsewhere is the same log to every reader (RET-02, RET-03).
#include "tests/contract/journal/journal_fixture.hpp"

#include "journal/cold_objects.hpp"
#include "journal/directory_store.hpp"
#include "journal/record.hpp"
#include "journal/rocks_store.hpp"
#include "journal/verify.hpp"

using namespace logline;
using namespace logline::journal;
using namespace logline::journal::fixtures;

namespace {

constexpr core::timestamp begin{1'774'785'600'000'000};

/// A directory that can be away, or give out other bytes.
class moody_place final : public cold_place {
 public:
  explicit moody_place(const std::string& directory)
      : inner_("a directory", [directory]() -> result<std::unique_ptr<object_store>> {
          auto opened = directory_store::open(directory);
          if (!opened) return std::move(opened).error();
          return std::unique_ptr<object_store>{std::move(*opened)};
        }) {}

  outcome put(const cold_range& range, std::string_view packed) override {
    if (away) return error{errc::store_failed, "away", {}};
    return inner_.put(range, packed);
  }
  result<std::string> get(const cold_range& range) override {
    if (away) return error{errc::store_failed, "away", {}};
    auto packed = inner_.get(range);
    if (packed && altered) packed->back() = static_cast<char>(packed->back() ^ 1);
    return packed;
  }
  std::string where() const override { return inner_.where(); }

  bool away = false;
  bool altered = false;

 private:
  cold_objects inner_;
};

struct cold_case {
  cold_case() { open(); }

  partition_options options() {
    partition_options o;
    o.log.partition = core::partition_id{1};
    o.log.clock = [this] { return now = now + core::milliseconds(1); };
    o.log.signer = std::make_shared<checkpoint_signer>(checkpoint_origin(o.log.site, o.log.partition),
                                                       *site_key::from_seed(std::string(32, 's')));
    o.directory = home.path() + "/journal";
    o.cold = place;
    return o;
  }
  void open() {
    log.reset();
    auto opened = open_partition(options());
    INFO((opened ? std::string{} : opened.error().text()));
    REQUIRE(opened);
    log = *std::move(opened);
  }
  void append(int commits) {
    for (int i = 0; i < commits; ++i, ++written) {
      const std::string entity = "e" + std::to_string(written % 7);
      append_all(*log, {request(entity, eseq_of[entity], 3)});
      eseq_of[entity] += 3;
    }
  }
  /// Everything a reader can ask, as one digest.
  std::string seen() { return core::sha256(all_seen()).hex(); }
  std::string all_seen() {
    std::string out;
    std::uint64_t records = 0;
    const auto read = log->scan(core::gseq{1}, [&](const record_view& r) { return ++records, out += r.bytes, true; });
    REQUIRE(records == log->head().position.value);
    INFO((read ? std::string{} : read.error().text()));
    REQUIRE(read);
    for (const auto& [entity, count] : eseq_of) {
      const auto r = request(entity, 0);
      REQUIRE(log->read_entity(r.entity, core::eseq{2}, [&](const core::record& record) {
        out += encode_record(record);
        return true;
      }));
    }
    for (std::uint64_t at = 1; at <= log->head().position.value; at += 5) {
      out += log->chain_at(core::gseq{at})->view();
      out += log->root_at(at)->view();
      const auto path = *log->inclusion_proof(core::gseq{at}, log->head().position.value);
      for (const auto& node : path)
        out += node.view();
    }
    out += std::to_string(log->position_at(begin + core::milliseconds(20))->value);
    return out;
  }
  void sign() { REQUIRE(log->checkpoint(true)); }

  temporary_directory home, elsewhere;
  std::shared_ptr<moody_place> place = std::make_shared<moody_place>(elsewhere.path());
  core::timestamp now = begin;
  int written = 0;
  std::map<std::string, std::uint64_t> eseq_of = {};
  std::unique_ptr<partition_log> log;
};

}  // namespace

TEST_CASE("what readers see does not change when the oldest rows go, nor after a restart",
          "[contract][RET-02][RET-03]") {
  cold_case c;
  c.append(200);
  c.sign();
  c.append(5);
  const auto before = c.seen();
  CHECK(c.log->cold_floor().value == 0);
  const auto first = c.log->cool(core::gseq{31});
  INFO((first ? std::string{} : first.error().text()));
  REQUIRE(first);
  CHECK(first->value == 30);  // commits of three records are moved whole
  CHECK(c.log->cold_floor().value == 30);
  CHECK(c.seen() == before);
  const auto second = c.log->cool(core::gseq{1'000});
  REQUIRE(second);
  CHECK(second->value == 510);  // nothing that an opening reads
  CHECK(*c.log->cool(core::gseq{1'000}) == *second);
  CHECK(c.seen() == before);
  c.open();
  CHECK(c.log->cold_floor().value == 510);
  CHECK(c.seen() == before);
  c.append(10);
  c.open();
  CHECK(c.log->head().position.value == 645);

  c.log.reset();
  auto where = c.options();
  where.read_only = true;
  const auto report = verify_store(where, {});
  INFO((report.ok() ? std::string{} : report.first().text()));
  CHECK(report.ok());
  CHECK(report.records == 645);
}

TEST_CASE("the rows are really gone here", "[contract][RET-02]") {
  cold_case c;
  c.append(200);
  c.sign();
  c.append(1);
  REQUIRE(c.log->cool(core::gseq{600}));
  c.log.reset();
  auto where = c.options();
  where.read_only = true;
  where.cold = nullptr;
  auto log = open_partition(where);
  REQUIRE(log);
  std::uint64_t visited = 0;
  const auto read = (*log)->scan(core::gseq{1}, [&](const record_view&) { return ++visited, true; });
  CHECK((*log)->cold_floor().value == 510);
  CHECK(visited == 0);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == errc::archived);
  CHECK(read.error().message.find("records 1 to 510 are in the archive") == 0);
  std::uint64_t hot = 0;
  REQUIRE((*log)->scan(core::gseq{511}, [&](const record_view&) { return ++hot, true; }));
  CHECK(hot == 93);
}

TEST_CASE("a place that is away or gives out other bytes drops nothing, and is named when it is missed",
          "[contract][RET-02]") {
  cold_case c;
  c.append(100);
  c.sign();
  c.append(2);
  const auto before = c.seen();
  c.place->away = true;
  CHECK(c.log->cool(core::gseq{60}).error().code == errc::store_failed);
  CHECK(c.log->cold_floor().value == 0);
  CHECK(c.seen() == before);
  c.place->away = false;
  REQUIRE(c.log->cool(core::gseq{60}));
  c.open();
  c.place->away = true;
  const auto missed = c.log->scan(core::gseq{1}, [](const record_view&) { return true; });
  REQUIRE_FALSE(missed);
  CHECK(missed.error().code == errc::archived);
  CHECK(missed.error().message.find("a directory") != std::string::npos);
  CHECK(to_failure(missed.error()).code == "ARCHIVED");
  c.append(3);  // commands go on
  c.place->away = false;
  c.place->altered = true;
  CHECK(c.log->chain_at(core::gseq{5}).error().code == errc::archived);
  c.place->altered = false;
  CHECK(c.log->chain_at(core::gseq{5}));
}

TEST_CASE("what a crash leaves of rows that were dropped is not seen", "[contract][RET-02]") {
  cold_case c;
  c.append(100);
  c.sign();
  c.append(2);
  const auto before = c.seen();
  REQUIRE(c.log->cool(core::gseq{90}));
  // As after a crash between noting and dropping: the rows are back.
  c.log.reset();
  {
    auto store = rocks_store::open(partition_directory(c.options().directory, core::partition_id{1}),
                                   rocks_environment::standard(), {});
    REQUIRE(store);
    REQUIRE((*store)->set_cold(c.place));
    const auto rows = (*store)->make_batch();
    rows->put(family::log, log_key(core::partition_id{1}, core::gseq{4}), "what is no row");
    REQUIRE((*store)->write(*rows, durability::synced));
  }
  c.open();
  CHECK(c.seen() == before);
}
