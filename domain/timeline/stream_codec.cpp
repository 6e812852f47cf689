#include "domain/timeline/stream.hpp"

namespace logline::timeline {

struct shown_stream {
  std::uint64_t lamport = 0;
  std::uint64_t pos = 0;
  core::version_vector vc;
  core::version_vector held;
  std::uint64_t pending = 0;
  core::digest hash;
};
constexpr auto describe(core::type_tag<shown_stream>) {
  using core::field;
  return core::description<shown_stream>(
      "timeline", "Where the stream stands; its events are answered by query and tail.",
      field("lamport", &shown_stream::lamport, {.doc = "highest Lamport number"}),
      field("pos", &shown_stream::pos, {.doc = "position of the last event"}),
      field("vc", &shown_stream::vc, {.doc = "what the stream's events have seen"}),
      field("held", &shown_stream::held, {.doc = "per site, up to which event all are here"}),
      field("pending", &shown_stream::pending, {.doc = "events that wait for their predecessors"}),
      field("hash", &shown_stream::hash, {.doc = "of the set of events; equal where the sets are equal"}));
}

}  // namespace logline::timeline

namespace logline::core {

/// The waiting events are stored without their keys, which they hold themselves.
template <>
struct codec<std::map<dot, timeline::waiting_event>> {
  using room = std::map<dot, timeline::waiting_event>;
  static void encode(sink& to, const room& v) {
    to.begin_array(v.size());
    for (const auto& [at, event] : v)
      encode_value(to, event);
    to.end_array();
  }
  static void decode(const source& from, room& v, decode_scope& scope, const attributes& attr) {
    std::vector<timeline::waiting_event> events;
    codec<std::vector<timeline::waiting_event>>::decode(from, events, scope, attr);
    for (auto& event : events) {
      auto at = event.dot();
      v.emplace(std::move(at), std::move(event));
    }
  }
  static const type_shape& shape() { return codec<std::vector<timeline::waiting_event>>::shape(); }
};

}  // namespace logline::core

namespace logline::timeline {

constexpr auto describe(core::type_tag<stream_image>) {
  using core::field;
  using s = stream_image;
  return core::description<s>("stream_image", "What is stored of a stream.", field("sites", &s::sites),
                              field("bases", &s::bases), field("entries", &s::entries), field("lamport", &s::lamport),
                              field("vc", &s::vc), field("sum", &s::sum), field("waiting", &s::waiting));
}

}  // namespace logline::timeline

namespace logline::core {

using timeline::stream_image;

void codec<timeline::stream>::encode(sink& to, const timeline::stream& v) {
  const auto& image = v.image();
  if (!to.human()) return encode_value(to, image);
  encode_value(to,
               timeline::shown_stream{image.lamport, v.head(), image.vc, v.held(), image.waiting.size(), image.sum});
}

void codec<timeline::stream>::decode(const source& from, timeline::stream& v, decode_scope& scope,
                                     const attributes& attr) {
  stream_image image;
  codec<stream_image>::decode(from, image, scope, attr);
  if (scope.failed()) return;
  auto rebuilt = timeline::stream::from(std::move(image));
  if (!rebuilt) return scope.fail("contradicts itself");
  v = *std::move(rebuilt);
}

const type_shape& codec<timeline::stream>::shape() {
  return codec<timeline::shown_stream>::shape();
}

}  // namespace logline::core
