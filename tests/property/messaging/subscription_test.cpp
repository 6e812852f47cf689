#include <catch2/catch.hpp>

#include <rapidcheck.h>

#include <map>
#include <set>

#include "tests/fixtures/spec.hpp"
#include "tests/property/messaging/model_subscription.hpp"

/// Random pulls, acknowledgements and failures at random times, done by the subscription and by a slow model of it:
/// after each step both must agree, and nothing is lost, doubled or out of order.
namespace logline::messaging {

namespace {

enum class action : std::uint8_t { grow, pull, ack, nack, wake, replay, discard, reset };

/// One step; what a, b and c mean depends on the action.
struct step {
  action what = action::wake;
  std::int64_t wait_s = 0;
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
};

std::ostream& operator<<(std::ostream& out, const step& s) {
  return out << "{" << static_cast<int>(s.what) << " after " << s.wait_s << " s, " << s.a << " " << s.b << " " << s.c
             << "}";
}

rc::Gen<step> steps() {
  const auto what = rc::gen::element(action::grow, action::grow, action::grow, action::pull, action::pull, action::pull,
                                     action::pull, action::ack, action::ack, action::ack, action::nack, action::nack,
                                     action::wake, action::wake, action::replay, action::discard, action::reset);
  return rc::gen::build<step>(rc::gen::set(&step::what, what),
                              rc::gen::set(&step::wait_s, rc::gen::element<std::int64_t>(0, 0, 0, 1, 10, 30, 31)),
                              rc::gen::set(&step::a, rc::gen::inRange(0u, 1'000u)),
                              rc::gen::set(&step::b, rc::gen::inRange(0u, 1'000u)),
                              rc::gen::set(&step::c, rc::gen::inRange(0u, 1'000u)));
}

const std::vector<std::string> members{"m1", "m2", "m3"};

class comparison {
 public:
  comparison() {
    model_.now = fixtures::start_of_time;
    open_subscription open;
    open.start = "begin";
    open.max_deliveries = model_.max_deliveries;
    open.window = static_cast<std::int64_t>(model_.window);
    static_cast<void>(send(open));
  }

  void take(const step& s) {
    model_.now = model_.now + core::seconds(s.wait_s);
    act(s);
    agree();
    check_laws();
    RC_ASSERT(real_.replayed_hash() == real_.hash());
    const auto snapshot = real_.restored();
    RC_ASSERT(real_.type().state_hash(snapshot.get()) == real_.hash());
  }

 private:
  const in_force& state() const { return *find_in_force(real_.state()); }

  core::context context() {
    auto ctx = fixtures::context_at(model_.now, ++seed_);
    ctx.principal = core::principal_id{std::string{reader_principal}};
    return ctx;
  }
  template <class Command>
  core::decision send(const Command& command) {
    auto decided = real_.send(command, context());
    RC_ASSERT_FALSE(decided.rejection());
    return decided;
  }

  void act(const step& s) {
    switch (s.what) {
      case action::grow:
        // Positions that the filter does not let through lie between.
        for (unsigned n = 0; n <= s.a % 4; ++n)
          log_.push_back({core::gseq{end_ += 1 + (s.b + n) % 2}, 100 + (s.c + n) % 4, 10});
        return;
      case action::pull:
        return do_pull(s);
      case action::ack:
        return do_ack(s);
      case action::nack:
        return do_nack(s);
      case action::wake:
        model_.pass_time();
        send_woken();
        return;
      case action::replay:
        model_.replay();
        static_cast<void>(send(replay_parked{}));
        return;
      case action::discard:
        for (const auto& e : model_.all())
          if (e.phase == delivery_phase::parked) settled_.insert(e.gseq);
        model_.discard();
        static_cast<void>(send(discard_parked{}));
        return;
      case action::reset:
        // Rarely: it begins everything anew.
        if (s.a % 4 == 0) do_reset(s);
        return;
    }
  }

  void send_woken() {
    auto decided = real_.send(core::woken{}, context());
    RC_ASSERT_FALSE(decided.rejection());
  }

  void do_pull(const step& s) {
    pull command;
    command.member = members[s.a % members.size()];
    command.limit = 1 + s.b % 4;
    command.revision = state().revision;
    // As it was read, or read a little earlier; and as much as was asked for.
    const std::uint64_t earlier = state().cursor && s.c % 3 == 0 ? s.c % 5 : 0;
    const std::uint64_t from = model_.cursor - std::min(model_.cursor, earlier);
    command.from = core::gseq{from};
    command.to = core::gseq{end_};
    for (const auto& e : log_)
      if (e.gseq.value > from && command.found.size() < 6) command.found.push_back(e);
    if (command.found.size() == 6) command.to = command.found.back().gseq;
    if (command.to.value < model_.cursor) command.found.clear(), command.to = core::gseq{end_};
    const auto until = model_.now + core::seconds(30);
    const auto expected =
        model_.pull(command.member, static_cast<std::size_t>(command.limit), command.found, command.to.value, until);
    const auto decided = send(command);
    const auto reply = core::from_msgpack<pulled_events>(decided.reply());
    RC_ASSERT(reply);
    std::vector<std::uint64_t> given;
    for (const auto& e : reply->events)
      given.push_back(e.gseq.value);
    RC_ASSERT(given == expected);
    for (const auto& e : reply->events)
      RC_ASSERT(e.delivery == model_.find(e.gseq.value)->deliveries);
  }

  std::vector<core::gseq> some_events(const step& s) const {
    std::vector<core::gseq> out{core::gseq{1 + s.c % (end_ + 2)}};
    for (const auto& e : model_.all())
      if ((e.gseq + s.a) % 3 == 0) out.emplace_back(e.gseq);
    return out;
  }

  void do_ack(const step& s) {
    const ack command{members[s.b % members.size()], some_events(s)};
    std::set<std::uint64_t> done;
    for (const auto position : command.events)
      if (model_.ack(command.member, position.value)) done.insert(position.value);
    settled_.insert(done.begin(), done.end());
    const auto reply = core::from_msgpack<settled>(send(command).reply());
    RC_ASSERT(reply);
    RC_ASSERT(reply->settled == static_cast<std::int64_t>(done.size()));
  }

  void do_nack(const step& s) {
    const nack command{members[s.b % members.size()], some_events(s), s.c % 2 == 0 ? 0 : 10, "no"};
    std::int64_t back = 0;
    for (const auto position : std::set<core::gseq>{command.events.begin(), command.events.end()})
      back += model_.nack(command.member, position.value, model_.now + core::seconds(command.delay_s)) ? 1 : 0;
    const auto reply = core::from_msgpack<settled>(send(command).reply());
    RC_ASSERT(reply);
    RC_ASSERT(reply->settled == back);
  }

  void do_reset(const step& s) {
    const std::uint64_t to = 1 + s.b % (end_ + 1);
    model_.reset(to - 1);
    static_cast<void>(send(reset_subscription{fmt::format("gseq:{}", to)}));
    start_ = to;
    settled_.clear();
  }

  void agree() const {
    const auto& all = state().deliveries.all();
    RC_ASSERT(all.size() == model_.all().size());
    for (const auto& e : model_.all()) {
      const auto* d = state().deliveries.find(core::gseq{e.gseq});
      RC_ASSERT(d != nullptr);
      RC_ASSERT(d->phase == e.phase);
      RC_ASSERT(d->deliveries == e.deliveries);
      RC_ASSERT(d->at == e.at);
      RC_ASSERT(d->holder == e.holder);
    }
    if (state().cursor) RC_ASSERT(state().cursor->value == model_.cursor);
  }

  void check_laws() const {
    std::set<std::uint64_t> lanes_out;
    for (const auto& e : model_.all()) {
      if (e.phase == delivery_phase::given) RC_ASSERT(lanes_out.insert(e.lane).second);
      RC_ASSERT(e.deliveries <= model_.max_deliveries);
    }
    // Everything that was read since the start is settled, or still here.
    for (const auto& e : log_) {
      const auto gseq = e.gseq.value;
      const bool read = gseq >= start_ && gseq <= model_.cursor;
      if (read) RC_ASSERT((settled_.count(gseq) == 1 || state().deliveries.find(e.gseq) != nullptr));
    }
  }

  model_subscription model_;
  fixtures::lone_entity<subscription_definition> real_;
  std::vector<found_event> log_;
  std::uint64_t end_ = 0;
  std::uint64_t start_ = 1;
  std::set<std::uint64_t> settled_;
  std::uint64_t seed_ = 0;
};

}  // namespace

TEST_CASE("a subscription does what its model does, and loses and doubles nothing", "[SUB-02]") {
  const bool good = rc::check("random pulls and failures", [] {
    comparison both;
    for (const auto& s : *rc::gen::container<std::vector<step>>(steps()))
      both.take(s);
  });
  CHECK(good);
}

}  // namespace logline::messaging
