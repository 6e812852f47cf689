#include "tests/property/timeline/history.hpp"

#include <rapidcheck/catch.h>

using namespace logline;
using namespace logline::timeline_histories;

namespace {

struct page {
  std::vector<std::uint64_t> positions;
  timeline::cursor next;
  bool more = false;
};

page ask(site& from, const timeline::query& question) {
  page out;
  const auto decided = from.entity().decide(question, from.context());
  if (decided.rejection()) return out;  // nothing there yet
  const auto fields = core::from_msgpack<std::map<std::string, core::document>>(
      core::document_from_json(from.entity().reply_json(decided))->msgpack);
  const auto events =
      core::from_msgpack<std::vector<std::map<std::string, core::document>>>(fields->at("events").msgpack);
  for (const auto& event : *events)
    out.positions.push_back(core::from_msgpack<std::uint64_t>(event.at("pos").msgpack).value());
  out.next = core::from_msgpack<timeline::cursor>(fields->at("next").msgpack).value();
  out.more = core::from_msgpack<bool>(fields->at("more").msgpack).value();
  return out;
}

/// Reads now and then while the stream grows, and to the end when it has stopped.
enum class by { pos, vc, vc_and_pos };

std::vector<std::uint64_t> read_along(by cursor, bool with_legacy) {
  auto made = random_history(with_legacy);
  const auto items = all(made.events);
  site reader{"reader.1"};
  timeline::cursor at;
  std::vector<std::uint64_t> seen;
  const auto read_page = [&] {
    timeline::query question;
    question.limit = *rc::gen::inRange(1, 5);
    if (cursor != by::vc) question.since_pos = at.pos;
    if (cursor != by::pos) question.since_vc = timeline::claimed<core::version_vector>{at.vc};
    const auto got = ask(reader, question);
    seen.insert(seen.end(), got.positions.begin(), got.positions.end());
    at = got.next;
    return got.more;
  };
  for (std::size_t begin = 0; begin < items.size(); ++begin) {
    reader.merge({items[begin]});
    if (*rc::gen::inRange(0, 4) == 0) reader.append(static_cast<int>(begin));
    if (*rc::gen::inRange(0, 3) == 0) read_page();
  }
  for (int pages = 0; read_page(); ++pages)
    RC_ASSERT(pages < 1'000);
  RC_ASSERT(at.pos == reader.stream().head());
  RC_ASSERT(at.vc == reader.stream().held());
  // Every position once: the state's head says how many there are.
  RC_ASSERT(std::set<std::uint64_t>(seen.begin(), seen.end()).size() == reader.stream().head());
  return seen;
}

}  // namespace

TEST_CASE("a reader by position gets every event once, in order, while others are merged", "[TLN-06]") {
  rc::prop("with legacy events as well", [] {
    const auto seen = read_along(by::pos, true);
    for (std::size_t i = 0; i < seen.size(); ++i)
      RC_ASSERT(seen[i] == i + 1);
  });
}

TEST_CASE("a reader by vector misses nothing while others are merged, and gets nothing twice", "[TLN-06]") {
  rc::prop("between sites that count from one", [] {
    const auto seen = read_along(by::vc, false);
    RC_ASSERT(std::set<std::uint64_t>(seen.begin(), seen.end()).size() == seen.size());
  });
  rc::prop("with legacy events, by vector and position together", [] {
    const auto seen = read_along(by::vc_and_pos, true);
    RC_ASSERT(std::set<std::uint64_t>(seen.begin(), seen.end()).size() == seen.size());
  });
}

TEST_CASE("what a vector lacks is exactly what a peer needs", "[TLN-06]") {
  rc::prop("pulling by vector makes two sites equal", [] {
    auto made = random_history(false);
    auto& from = made.sites[0];
    auto& to = made.sites[1];
    std::map<core::uuid, merge_item> by_id;
    for (const auto& event : made.events)
      by_id.emplace(*event.id, event);
    std::vector<merge_item> batch;
    const auto& s = from.stream();
    for (timeline::cursor at{0, 0, to.stream().held()};;) {
      const auto got = ask(from, {{}, {}, timeline::claimed<core::version_vector>{at.vc}, 3});
      for (const auto pos : got.positions)
        batch.push_back(by_id.at(s.at(static_cast<std::uint32_t>(pos - 1)).id));
      if (!got.more) break;
      at = got.next;
    }
    const auto before = to.stream().head();
    if (!batch.empty()) {
      const auto reply = to.merge(batch);
      // What waited at the receiver may be in the batch; nothing visible may.
      RC_ASSERT(reply.pending == 0);
      RC_ASSERT(reply.refused.empty());
      RC_ASSERT(to.stream().head() == before + reply.imported + reply.released);
    }
    for (std::uint32_t e = 0; e < s.head(); ++e)
      RC_ASSERT(to.stream().find(s.at(e).id).has_value());
  });
}

TEST_CASE("a reader by Lamport number gets every event of a stream at rest once", "[TLN-06]") {
  rc::prop("in pages of any size", [] {
    auto made = random_history(true);
    site reader{"reader.1"};
    deliver(reader, all(made.events));
    std::vector<std::uint64_t> seen;
    std::uint64_t since = 0;
    for (bool more = reader.stream().head() > 0; more;) {
      const auto got = ask(reader, {since, {}, {}, *rc::gen::inRange(1, 5)});
      RC_ASSERT(!got.positions.empty());
      seen.insert(seen.end(), got.positions.begin(), got.positions.end());
      since = got.next.lamport;
      more = got.more;
    }
    RC_ASSERT(seen.size() == reader.stream().head());
    RC_ASSERT(std::set<std::uint64_t>(seen.begin(), seen.end()).size() == seen.size());
  });
}
