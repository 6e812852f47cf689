#include "actors/mirror_watch.hpp"

#include <catch2/catch.hpp>

#include <array>

#include "journal/open.hpp"

using namespace logline;

TEST_CASE("a mirror that stays a minute behind is told, until it is level again", "[MIR-03]") {
  core::timestamp now{1'000'000'000};
  journal::log_settings settings;
  settings.clock = [&] { return now; };
  auto log = journal::make_memory_log(settings);
  journal::append_request r;
  r.entity = {"t", "flag", "f"};
  r.expected = core::eseq{0};
  r.events.push_back({{}, "flag_unset", 1, "\x80", {}, core::visibility::tenant, {}, {}});
  const std::array requests{std::move(r)};
  REQUIRE(log->append(requests));

  std::vector<std::string> lines;
  actors::alerts board{[&](actors::severity, const std::string& line) { lines.push_back(line); }};
  actors::mirror_watch watch{*log};
  const auto behind = [](std::uint64_t position) {
    actors::mirror_status m;
    m.name = "copy";
    m.position = core::gseq{position};
    m.lag_events = 1 - position;
    return std::vector{m};
  };
  const auto after = [&](std::int64_t s, std::uint64_t position) {
    REQUIRE(watch.look(behind(position), now + core::seconds(s), board));
    return board.is_active("MIRROR_LAG");
  };
  CHECK_FALSE(after(60, 0));   // not too old yet
  CHECK_FALSE(after(61, 0));   // late since now …
  CHECK_FALSE(after(120, 0));  // … not for a minute
  CHECK(after(121, 0));
  CHECK(lines == std::vector<std::string>{"ALERT MIRROR_LAG: mirror copy lacks 1 records, the oldest 121 s old"});
  CHECK_FALSE(after(130, 1));
  // It begins anew.
  CHECK_FALSE(after(140, 0));
  CHECK_FALSE(after(199, 0));
  CHECK(after(200, 0));
}
