#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/core/json.hpp"
#include "domain/timeline/timeline.hpp"
#include "tests/fixtures/spec.hpp"

/// Events and commands of timelines, short to write.
namespace logline::timeline_sample {

using core::version_vector;

inline core::document json(std::string_view text) {
  return core::document_from_json(text).value();
}
inline core::uuid id(std::uint64_t n) {
  return core::make_uuid7(1, 0, n);
}

inline timeline::append append(std::string_view payload = R"({"a":1})") {
  return {json(payload), {}, {}, {}};
}

inline timeline::timeline_event_appended appended(std::uint64_t n, std::uint64_t lamport, version_vector vc = {},
                                                  std::uint64_t pos = 0) {
  vc["s1.1"] = n;
  return {id(n), {"s1.1", n}, lamport, std::move(vc), pos == 0 ? n : pos, json(R"({"own":)" + std::to_string(n) + "}")};
}

/// An event as its origin made it; `seen` are the other components of its vector.
inline timeline::merge_item foreign(const std::string& site, std::uint64_t n, std::uint64_t lamport,
                                    version_vector seen = {}) {
  timeline::merge_item item;
  item.id = core::make_uuid5({}, site + std::to_string(n));
  item.dot = core::dot{site, n};
  seen[site] = n;
  item.vc = std::move(seen);
  item.lamport = lamport;
  item.payload = json("[\"" + site + "\"," + std::to_string(n) + "]");
  return item;
}
inline timeline::timeline_event_imported imported(const timeline::merge_item& item, std::uint64_t pos) {
  return {*item.id, item.dot->value, item.lamport.value, item.vc.value, pos, item.payload, item.created_at, item.sig};
}
inline timeline::timeline_event_held held(const timeline::merge_item& item) {
  return {*item.id, item.dot->value, item.lamport.value, item.vc.value, item.payload, item.created_at, item.sig};
}

using timeline_spec = fixtures::spec<timeline::timeline_definition>;
using lone_timeline = fixtures::lone_entity<timeline::timeline_definition>;

/// The reply of a decision, decoded.
template <class Reply>
Reply reply_of(const core::decision& decided) {
  auto reply = core::from_msgpack<Reply>(decided.reply());
  if (!reply) FAIL("the reply cannot be read: " << reply.error().message);
  return *std::move(reply);
}

}  // namespace logline::timeline_sample
