// RET-A1 with a journal on disk, a real archive in a directory, and a node's own run of it.
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>

#include <catch2/catch.hpp>

#include "actors/replay.hpp"
#include "cluster/archiving.hpp"
#include "domain/archive/archive.hpp"
#include "domain/archive/retention.hpp"
#include "domain/catalogue.hpp"
#include "domain/core/json.hpp"
#include "domain/operations/flag.hpp"
#include "journal/checkpoint.hpp"
#include "journal/key_file.hpp"
#include "journal/open.hpp"
#include "tests/unit/http/fake_door.hpp"

using namespace logline;

namespace {

constexpr core::timestamp begin{1'774'785'600'000'000};  // 2026-03-29T12:00:00Z
const core::address flag{"acme", "flag", "f"};

class temporary_folder {
 public:
  temporary_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "logline-retention-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~temporary_folder() { std::filesystem::remove_all(path_); }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Entities behind the door, without a journal of their own.
struct entities {
  explicit entities(fixtures::fake_door& door, core::timestamp& clock) : now(clock) {
    door.decide = [this](const actors::command_request& request) { return submit(request.to, request.command); };
    door.see = [this](const core::address& entity) -> core::result<actors::entity_view> {
      const auto known = states.find(entity);
      if (known == states.end()) return core::not_found("no such entity");
      actors::entity_view view;
      core::msgpack_sink to{view.state};
      domain::find_entity_type(entity.type)->encode_state(known->second.get(), to);
      return view;
    };
  }

  core::result<actors::command_reply> submit(const core::address& to, const core::command_box& command) {
    const auto& type = *domain::find_entity_type(to.type);
    auto known = states.find(to);
    if (known == states.end()) known = states.emplace(to, type.vacant()).first;
    core::context context;
    context.now = now;
    context.principal = core::principal_id{"tester"};
    const auto decided = type.decide(known->second.get(), command, context);
    if (decided.rejection()) return *decided.rejection();
    for (const auto& event : decided.events()) {
      type.evolve(known->second.get(), event, {core::eseq{++records}, now});
      events.emplace_back(event.name);
    }
    return actors::command_reply{};
  }
  template <class Command>
  void order(const core::address& to, const Command& command) {
    core::result<core::command_box> box = core::not_found("");
    REQUIRE(core::read_msgpack(core::to_msgpack(command), [&](const core::source& from) {
      box = domain::find_entity_type(to.type)->decode_command(core::codec<Command>::about.name, from, nullptr);
    }));
    REQUIRE(box);
    REQUIRE(submit(to, *box));
  }

  core::timestamp& now;
  std::map<core::address, core::state_ptr> states;
  std::uint64_t records = 0;
  std::vector<std::string> events;
};

struct retention_case {
  retention_case() : data(home.path() / "data"), place(home.path() / "place"), behind(door, now) {
    config.data = data;
    config.site = "rio";
    config.offsite.archive_url = "dir:" + place.string();
    config.offsite.drop = true;
    std::filesystem::create_directories(data);
    key.emplace(*journal::site_key::load_or_create(data / "keys"));
    REQUIRE(journal::create_key_file(data / "keys", "ndjson.key", std::string(32, 'k'), journal::key_access::private_));
    open();
  }

  void open() {
    log.reset();
    journal::partition_options o;
    o.directory = (data / "journal").string();
    o.log.site = "rio";
    o.log.clock = [this] { return now; };
    o.log.signer =
        std::make_shared<journal::checkpoint_signer>(journal::checkpoint_origin("rio", o.log.partition), *key);
    o.cold = cluster::make_cold_place(config);
    auto opened = journal::open_partition(std::move(o));
    INFO((opened ? std::string{} : opened.error().text()));
    REQUIRE(opened);
    log = *std::move(opened);
  }
  void set_flag(int n) {
    const auto event = core::event_box::of(
        operations::flag_set{*core::document_from_json(std::to_string(n)), "because", "tester", std::nullopt});
    journal::append_request request;
    request.entity = flag;
    request.expected = core::eseq{static_cast<std::uint64_t>(n - 1)};
    request.principal = core::principal_id{"tester"};
    request.command_id = core::make_uuid7(now.us / 1'000, static_cast<std::uint64_t>(n), 1);
    request.correlation_id = request.command_id;
    request.decided_at = now;
    request.events.push_back(
        actors::draft_of(flag, event, core::make_uuid7(now.us / 1'000, static_cast<std::uint64_t>(n), 2)));
    const auto done = log->append(std::vector{std::move(request)});
    REQUIRE(done);
    REQUIRE(done->front());
  }
  core::outcome run() {
    if (!archiving)
      archiving = cluster::make_archiving(
          config, *key, [this] { return log.get(); }, [this] { return &door; }, alerts, [this] { return now; });
    REQUIRE(archiving);
    return archiving->work->run(std::stop_token{});
  }
  core::result<std::string> flag_at(std::uint64_t gseq) {
    const auto folded = actors::load_entity_as_of(*log, operations::flag_type(), flag, core::gseq{gseq});
    if (!folded) return folded.error();
    std::string json;
    core::json_sink to{json};
    folded->type->encode_state(folded->state.get(), to);
    return json;
  }

  temporary_folder home;
  std::filesystem::path data, place;
  core::timestamp now = begin;
  cluster::node_config config;
  std::optional<journal::site_key> key;
  fixtures::fake_door door;
  entities behind;
  std::shared_ptr<actors::alerts> alerts =
      std::make_shared<actors::alerts>([](actors::severity, const std::string&) {});
  std::unique_ptr<journal::partition_log> log;
  std::optional<cluster::measured_duty> archiving;
};

}  // namespace

TEST_CASE(
    "hot for a day: nothing goes while the archive is away; then it is archived, proven and dropped, and as-of "
    "reads it from there",
    "[RET-A1][RET-02][RET-03]") {
  retention_case c;
  c.behind.order({"system", "retention", "policy"}, archive::set_hot{"flag", 1});
  for (int n = 1; n <= 300; ++n)
    c.set_flag(n);
  const auto then = c.flag_at(25);
  REQUIRE(then);
  c.now = c.now + core::hours(30);
  for (int n = 301; n <= 310; ++n)
    c.set_flag(n);
  REQUIRE(c.log->checkpoint(true));
  const auto end = c.log->chain_at(core::gseq{310});

  std::ofstream{c.place} << "in the way";
  REQUIRE_FALSE(c.run());
  CHECK(c.alerts->is_active("ARCHIVE_FAIL"));
  CHECK(c.log->cold_floor().value == 0);
  CHECK(std::find(c.behind.events.begin(), c.behind.events.end(), "range_archived") == c.behind.events.end());

  std::filesystem::remove(c.place);
  c.now = c.now + core::days(1) - core::hours(7);  // the next day; the newer ten are still hot
  const auto done = c.run();
  INFO((done ? std::string{} : done.error().message));
  REQUIRE(done);
  CHECK_FALSE(c.alerts->is_active("ARCHIVE_FAIL"));
  CHECK(std::count(c.behind.events.begin(), c.behind.events.end(), "range_archived") == 1);
  CHECK(c.log->cold_floor().value == 256);  // what an opening reads stays
  c.open();
  CHECK(c.log->cold_floor().value == 256);
  CHECK(*c.flag_at(25) == *then);
  CHECK(*c.log->chain_at(core::gseq{310}) == *end);

  std::filesystem::rename(c.place, c.home.path() / "gone");
  c.open();
  CHECK(c.flag_at(25).error().code == "ARCHIVED");
  c.set_flag(311);  // what is new does not need it
  std::filesystem::remove_all(c.place);
  std::filesystem::rename(c.home.path() / "gone", c.place);
  CHECK(*c.flag_at(25) == *then);
}

TEST_CASE("a legal hold keeps what it covers from being dropped, also where a run has copied it", "[RET-04]") {
  retention_case c;
  for (int n = 1; n <= 300; ++n)
    c.set_flag(n);
  c.behind.order({"system", "retention", "policy"},
                 archive::place_hold{"case", "", "", "", core::gseq{21}, std::nullopt, "court"});
  c.behind.order({"system", "archive", "0"}, archive::request_run{core::gseq{300}, "copy"});
  REQUIRE(c.log->checkpoint(true));
  c.now = c.now + core::days(400);
  REQUIRE(c.run());
  CHECK(std::count(c.behind.events.begin(), c.behind.events.end(), "range_archived") == 1);
  CHECK(c.log->cold_floor().value == 20);
  c.behind.order({"system", "retention", "policy"}, archive::release_hold{"case", "closed"});
  c.now = c.now + core::days(1);
  REQUIRE(c.run());
  CHECK(c.log->cold_floor().value == 256);
}
