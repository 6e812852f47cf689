#include <algorithm>
#include <queue>
#include <utility>
#include <vector>

#include "domain/timeline/timeline.hpp"

namespace logline::timeline {

using core::context;
using core::decision;
using core::version_vector;

namespace {

decision no_such_stream() {
  return core::not_found("no such timeline, or it has no event yet");
}

/// One answer in the making: events, until a bound is reached.
class page {
 public:
  page(const stream& from, std::int64_t limit) : from_(from), limit_(static_cast<std::size_t>(limit)) {}

  /// False when the event does not fit any more.
  bool add(stream::number e) {
    const std::size_t size = from_.at(e).tombstoned ? 0 : from_.at(e).size;
    if (is_full() || (!events_.empty() && bytes_ + size > page_bytes_max)) return false;
    bytes_ += size;
    events_.push_back(e);
    return true;
  }
  bool is_full() const { return events_.size() >= limit_; }
  const std::vector<stream::number>& events() const { return events_; }
  std::vector<stream::number>& events() { return events_; }
  void allow(std::size_t limit) { limit_ = limit; }

  decision finish(const cursor& next, bool more) const {
    core::quoting_sink to;
    to.begin_object(3);
    to.key("events");
    to.begin_array(events_.size());
    for (const auto e : events_)
      write(to, e);
    to.end_array();
    to.key("next");
    core::encode_value(to, next);
    to.key("more");
    to.boolean(more);
    to.end_object();
    decision d;
    d.answer_quoting(std::move(to));
    return d;
  }

 private:
  void write(core::quoting_sink& to, stream::number e) const {
    const entry& event = from_.at(e);
    const auto dot = from_.dot_of(e);
    to.begin_object(std::size_t{6} + (dot ? 1 : 0) + (event.tombstoned ? 1 : 0));
    const auto put = [&](std::string_view name, const auto& value) {
      to.key(name);
      core::encode_value(to, value);
    };
    put("id", event.id);
    if (dot) put("dot", *dot);
    put("lamport", event.lamport);
    put("vc", from_.vector_of(e));
    put("pos", std::uint64_t{e} + 1);
    put("at", event.at);
    to.key("payload");
    if (event.tombstoned)
      to.null();
    else
      to.quote(event.sequence);
    if (event.tombstoned) put("tombstoned", true);
    to.end_object();
  }

  const stream& from_;
  std::size_t limit_;
  std::size_t bytes_ = 0;
  std::vector<stream::number> events_;
};

decision since_lamport(const stream& state, const query& question) {
  const auto& order = state.total_order();
  const std::uint64_t after = question.since_lamport.value_or(0);
  const auto lamport_at = [&](sorted_numbers::place p) { return state.at(order.at(p)).lamport; };
  page out{state, question.limit};
  // Without a cursor from the very start: older systems may have begun to count at 0.
  auto place = question.since_lamport
                   ? order.lower_bound([&](stream::number e) { return state.at(e).lamport <= after; })
                   : order.begin();
  while (place != order.end() && out.add(order.at(place)))
    place = order.next(place);
  cursor next = cursor_at_head(state);
  next.lamport = after;
  if (out.events().empty()) return out.finish(next, false);
  // The cursor is strictly greater: a page must not end between events of one Lamport number.
  auto& events = out.events();
  const std::uint64_t last = state.at(events.back()).lamport;
  if (place != order.end() && lamport_at(place) == last) {
    const auto cut = std::find_if(events.begin(), events.end(), [&](auto e) { return state.at(e).lamport == last; });
    if (cut != events.begin()) {
      events.erase(cut, events.end());
    } else {
      out.allow(static_cast<std::size_t>(page_events_max));
      while (place != order.end() && lamport_at(place) == last && out.add(order.at(place)))
        place = order.next(place);
    }
  }
  next.lamport = state.at(events.back()).lamport;
  return out.finish(next, place != order.end());
}

/// Per site, the last event that came in order up to this position: all below it came earlier. Never claims too much.
version_vector vector_at(const stream& state, std::uint64_t pos) {
  version_vector out;
  for (std::size_t site = 0; site < state.origins().size(); ++site) {
    const auto& regular = state.origins()[site].regular;
    const auto past =
        std::partition_point(regular.begin(), regular.end(), [&](auto e) { return std::uint64_t{e} + 1 <= pos; });
    if (past != regular.begin()) out[state.image().sites[site]] = state.at(*std::prev(past)).n;
  }
  return out;
}

decision since_pos(const stream& state, const query& question) {
  page out{state, question.limit};
  std::uint64_t pos = std::min(*question.since_pos, state.head());
  while (pos < state.head() && out.add(static_cast<stream::number>(pos)))
    ++pos;
  const bool more = pos < state.head();
  return out.finish({state.image().lamport, pos, more ? vector_at(state, pos) : state.held()}, more);
}

/// What a vector lacks, in order of arrival: the sites' events merged, each site's from where the vector ends.
class lacking {
 public:
  lacking(const stream& state, const version_vector& vc, std::uint64_t pos) : state_(state), vc_(vc), pos_(pos) {
    for (std::size_t site = 0; site < state.origins().size(); ++site) {
      const auto& regular = state.origins()[site].regular;
      const std::uint64_t seen = component(state.image().sites[site]);
      const auto first = std::partition_point(regular.begin(), regular.end(),
                                              [&](auto e) { return state.at(e).n <= seen || e < pos; });
      push(regular, static_cast<std::size_t>(first - regular.begin()));
    }
    const auto& rest = state.irregular();
    push(rest, static_cast<std::size_t>(std::lower_bound(rest.begin(), rest.end(), pos) - rest.begin()));
  }

  /// The next one; nothing at the end. pop() moves on.
  std::optional<stream::number> top() {
    while (!heads_.empty()) {
      const auto& [e, numbers, index] = heads_.top();
      if (numbers != &state_.irregular() || !is_seen(e)) return e;
      pop();
    }
    return std::nullopt;
  }
  void pop() {
    const auto [e, numbers, index] = heads_.top();
    heads_.pop();
    push(*numbers, index + 1);
  }

 private:
  using list = std::vector<stream::number>;
  using head = std::tuple<stream::number, const list*, std::size_t>;

  void push(const list& numbers, std::size_t index) {
    if (index < numbers.size()) heads_.push({numbers[index], &numbers, index});
  }
  std::uint64_t component(const std::string& site) const {
    const auto found = vc_.find(site);
    return found == vc_.end() ? 0 : found->second;
  }
  bool is_seen(stream::number e) const {
    const auto dot = state_.dot_of(e);
    return dot && component(dot->site) >= dot->n;
  }

  const stream& state_;
  const version_vector& vc_;
  std::uint64_t pos_;
  std::priority_queue<head, std::vector<head>, std::greater<>> heads_;
};

decision since_vc(const stream& state, const query& question) {
  const auto& claim = *question.since_vc;
  if (!claim.problem.empty()) return invalid_clock("since_vc: " + claim.problem);
  if (std::any_of(claim.value.begin(), claim.value.end(), [](const auto& c) { return c.second > clock_max; }))
    return invalid_clock("since_vc: a component is over 2^63 - 1");
  page out{state, question.limit};
  lacking rest{state, claim.value, std::min(question.since_pos.value_or(0), state.head())};
  auto e = rest.top();
  for (; e && out.add(*e); e = rest.top())
    rest.pop();
  if (!e) return out.finish({state.image().lamport, state.head(), core::merge(claim.value, state.held())}, false);
  version_vector reached = claim.value;
  for (const auto given : out.events()) {
    const auto dot = state.dot_of(given);
    if (!dot) continue;
    const auto& regular = state.origin_of(dot->site)->regular;
    if (std::binary_search(regular.begin(), regular.end(), given))
      reached[dot->site] = std::max(reached[dot->site], dot->n);
  }
  return out.finish({state.image().lamport, std::uint64_t{out.events().back()} + 1, std::move(reached)}, true);
}

}  // namespace

decision answer(const stream& state, const query& question, const context&) {
  if (question.since_lamport && (question.since_pos || question.since_vc))
    return core::invalid_input("since_lamport goes with no other cursor",
                               {{"/since_lamport", "give either this or since_pos, since_vc"}});
  if (state.is_vacant()) return no_such_stream();
  if (question.since_vc) return since_vc(state, question);
  return question.since_pos ? since_pos(state, question) : since_lamport(state, question);
}

decision answer(const stream& state, const tail& question, const context&) {
  if (state.is_vacant()) return no_such_stream();
  const auto& order = state.total_order();
  page out{state, question.limit};
  auto place = order.end();
  while (place != order.begin()) {
    const auto previous = order.previous(place);
    if (!out.add(order.at(previous))) break;
    place = previous;
  }
  std::reverse(out.events().begin(), out.events().end());
  return out.finish(cursor_at_head(state), place != order.begin());
}

decision answer(const stream& state, const compare& question, const context&) {
  const auto a = state.find(question.a);
  const auto b = state.find(question.b);
  if (!a || !b) return core::not_found(std::string{"no such event in this stream: "} + (a ? "b" : "a"));
  return decision{}.answer(compare_reply{state.relation(*a, *b)});
}

decision answer(const stream& state, const read_clock&, const context&) {
  if (state.is_vacant()) return no_such_stream();
  const auto& image = state.image();
  return decision{}.answer(clock_reply{cursor_at_head(state), image.vc, image.waiting.size(), image.sum});
}

}  // namespace logline::timeline
