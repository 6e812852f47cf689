// A journal made anew from its records as lines, the way a mirror keeps them.

#include "journal/merkle.hpp"
#include "journal/rebuild.hpp"
#include "journal/record_line.hpp"
#include "tests/contract/journal/journal_fixture.hpp"

using namespace logline;
using namespace logline::journal;
using namespace logline::journal::fixtures;

namespace {

/// What a log kept: each record as a line.
std::vector<std::string> lines_of(const partition_log& log) {
  std::vector<std::string> out;
  core::digest chain;
  const auto read = log.scan(core::gseq{1}, [&](const record_view& r) {
    const core::digest before = chain;
    chain = chain_hash(chain, leaf_hash(r.bytes));
    out.emplace_back();
    REQUIRE(append_record_line(r, before, chain, out.back()));
    return true;
  });
  REQUIRE(read);
  return out;
}

/// Several entities, commands of several events, keys, wake-ups, clocks, and time that moves.
void fill(partition_log& log, manual_clock& clock) {
  std::uint64_t of_a = 0;
  for (std::uint64_t n = 0; n < 40; ++n) {
    auto r = request("a", of_a, 1 + n % 3, 100 + n * 10);
    of_a += r.events.size();
    for (auto& event : r.events)
      event.payload = std::string{"\x81\xa1n"} + static_cast<char>(n);
    if (n % 4 == 0) r.idempotency = core::idempotency{"key-" + std::to_string(n), core::sha256("body"), "\x01"};
    if (n % 5 == 0) r.wake_at = n % 2 == 0 ? core::timestamp{0} : clock.now() + core::seconds(60);
    if (n % 7 == 0) r.events[0].timeline = core::timeline_stamp{"tx", {"here.1", n + 1}, n + 3, {{"here.1", n + 1}}};
    auto other = request("b", n);
    other.events[0].payload = "\x80";
    append_all(log, {r, other});
    if (n % 2 == 0) clock.advance(core::milliseconds(7));
  }
}

std::string take_all(rebuilding& to, const std::vector<std::string>& lines) {
  for (const auto& line : lines) {
    auto parsed = parse_record_line(line);
    if (!parsed) return parsed.error().text();
    if (auto taken = to.take(std::move(parsed->record), parsed->hash); !taken) return taken.error().text();
  }
  return {};
}

}  // namespace

TEST_CASE("a journal is made anew from its records alone: same bytes, same chain, same answers", "[contract][NDJ-01]") {
  manual_clock clock;
  temporary_directory original, copy;
  log_head head;
  std::vector<std::string> lines;
  {
    const auto log = opened(options_with(clock, original.path()));
    fill(*log, clock);
    lines = lines_of(*log);
    head = log->head();
    CHECK(*log->chain_at(core::gseq{0}) == core::digest{});
    for (std::uint64_t n = 1; n <= lines.size(); n += 7)
      CHECK(*log->chain_at(core::gseq{n}) == parse_record_line(lines[n - 1])->hash);
    CHECK(*log->chain_at(head.position) == head.chain);
    CHECK(log->chain_at(core::next(head.position)).error().code == errc::not_found);
  }
  auto rebuilt = rebuilding::begin(options_with(manual_clock{}, copy.path() + "/journal"));
  REQUIRE(rebuilt);
  REQUIRE(take_all(**rebuilt, lines) == "");
  const auto finished = (*rebuilt)->finish();
  if (!finished) FAIL(finished.error().text());
  CHECK(finished->chain == head.chain);

  open_report report;
  const auto log = opened(options_with(clock, copy.path() + "/journal"), &report);
  CHECK(report.label == "@A");
  CHECK(log->head().position == head.position);
  CHECK(log->head().chain == head.chain);
  CHECK(log->head().root == head.root);
  CHECK(log->head().at == head.at);
  CHECK(lines_of(*log) == lines);
  CHECK(*log->find_command(entity("a"), "key-36"));
  std::size_t armed = 0;
  REQUIRE(log->each_wake([&](const core::address&, core::timestamp) { ++armed; }));
  CHECK(armed == 1);
}

TEST_CASE("what is missing, changed or out of place stops a rebuild, and leaves no journal", "[contract]") {
  manual_clock clock;
  temporary_directory original, copy;
  std::vector<std::string> lines;
  {
    const auto log = opened(options_with(clock, original.path()));
    fill(*log, clock);
    lines = lines_of(*log);
  }
  const std::string place = copy.path() + "/journal";
  const auto error_of = [&](const std::vector<std::string>& from) {
    auto rebuilt = rebuilding::begin(options_with(clock, place));
    REQUIRE(rebuilt);
    const std::string taken = take_all(**rebuilt, from);
    if (!taken.empty()) return taken;
    const auto finished = (*rebuilt)->finish();
    return finished ? std::string{} : finished.error().text();
  };
  auto missing = lines;
  missing.erase(missing.begin() + 20);
  CHECK(error_of(missing).starts_with("position_gap at gseq 21"));
  auto swapped = lines;
  std::swap(swapped[3], swapped[4]);
  CHECK(error_of(swapped).starts_with("position_gap at gseq 4"));
  // A record that fits its own line, but not the chain of this log.
  manual_clock elsewhere;
  temporary_directory foreign;
  std::vector<std::string> others;
  {
    const auto log = opened(options_with(elsewhere, foreign.path()));
    append_one(*log, request("zzz", 0));
    fill(*log, elsewhere);
    others = lines_of(*log);
  }
  auto mixed = lines;
  mixed[30] = others[30];
  CHECK_FALSE(error_of(mixed).empty());
  CHECK(error_of({}).starts_with("not_found"));
  CHECK_FALSE(std::filesystem::exists(place));
  for (const auto& left : std::filesystem::directory_iterator{copy.path()})
    FAIL("left behind: " << left.path());
}

TEST_CASE("a rebuild never touches a journal that is there", "[contract]") {
  manual_clock clock;
  temporary_directory directory;
  { append_one(*opened(options_with(clock, directory.path())), request("a", 0)); }
  const auto rebuilt = rebuilding::begin(options_with(clock, directory.path()));
  REQUIRE(!rebuilt);
  CHECK(rebuilt.error().code == errc::conflict);
  CHECK(rebuilt.error().message.find("REFUSED_NOT_EMPTY") != std::string::npos);
}

TEST_CASE("a rebuild goes on through generations and epochs, byte for byte", "[contract]") {
  manual_clock clock;
  temporary_directory original, copy;
  std::vector<std::string> lines;
  log_head head;
  for (std::uint32_t generation = 1; generation <= 3; ++generation) {
    auto options = options_with(clock, original.path());
    options.log.generation = generation;
    options.log.epoch = core::owner_epoch{generation * 7};
    const auto log = opened(options);
    append_one(*log, request("a", (generation - 1) * 2, 2));
    lines = lines_of(*log);
    head = log->head();
    clock.advance(core::seconds(1));
  }
  auto rebuilt = rebuilding::begin(options_with(manual_clock{}, copy.path() + "/journal"));
  REQUIRE(rebuilt);
  REQUIRE(take_all(**rebuilt, lines) == "");
  const auto finished = (*rebuilt)->finish();
  REQUIRE(finished);
  CHECK(finished->chain == head.chain);
  CHECK(lines_of(*opened(options_with(clock, copy.path() + "/journal"))) == lines);
}
