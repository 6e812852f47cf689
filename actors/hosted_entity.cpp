#include "actors/hosted_entity.hpp"

#include <algorithm>

#include "journal/errc.hpp"

namespace logline::actors {

namespace {

core::failure stale_expectation(core::eseq expected, core::eseq actual) {
  auto why = core::conflict(
      fmt::format("expected eseq {}, but the entity is at {}; read it again", expected.value, actual.value));
  why.details.push_back({"/expected_eseq", fmt::format("actual {}", actual.value)});
  return why;
}

core::failure key_reused() {
  return {core::failure_kind::conflict, "IDEMPOTENCY_MISMATCH",
          "this idempotency key was used for another request; use a new key for a new request"};
}

// A reply that quotes payloads is stored with its gaps, not filled in: the payloads are in the journal already.
struct stored_quote {
  std::uint64_t offset = 0;
  std::uint64_t sequence = 0;
  std::string field;
};
constexpr auto describe(core::type_tag<stored_quote>) {
  using core::field;
  return core::description<stored_quote>("quote", "", field("offset", &stored_quote::offset),
                                         field("eseq", &stored_quote::sequence), field("field", &stored_quote::field));
}
struct quoting_reply {
  core::bytes text;
  std::vector<stored_quote> quotes;
};
constexpr auto describe(core::type_tag<quoting_reply>) {
  return core::description<quoting_reply>("quoting_reply", "", core::field("$quoting", &quoting_reply::text),
                                          core::field("quotes", &quoting_reply::quotes));
}

std::string stored_form(const core::decision& decision) {
  if (decision.quotes().empty()) return decision.reply();
  quoting_reply out{{decision.reply()}, {}};
  for (const auto& q : decision.quotes())
    out.quotes.push_back({q.offset, q.sequence.value, std::string{q.field}});
  return core::to_msgpack(out);
}

// The map's first key tells the two forms apart: fixmap of two, fixstr of eight.
bool is_quoting(std::string_view stored) {
  return stored.starts_with("\x82\xa8$quoting");
}

}  // namespace

hosted_entity::hosted_entity(host_services services, const core::entity_type& type, core::address address,
                             std::function<void()> tell_owner)
    : services_(std::move(services)),
      type_(type),
      address_(std::move(address)),
      replies_(std::make_shared<reply_queue>(*services_.count, std::move(tell_owner), services_.privacy)) {}

hosted_entity::~hosted_entity() {
  replies_->close();
}

core::outcome hosted_entity::load() {
  auto folded = load_entity(*services_.log, type_, address_);
  if (!folded) return folded.error();
  state_ = std::move(folded->state);
  decided_ = folded->sequence;
  events_since_snapshot_ = folded->folded;
  bytes_since_snapshot_ = folded->bytes;
  snapshot_size_ = folded->snapshot_bytes;
  wake_recorded_ = type_.next_wake(state_.get()).value_or(core::never);
  if (wake_recorded_ != core::never) services_.arm(address_, wake_recorded_);
  ++services_.count->hosts_loaded;
  services_.count->records_folded += folded->folded;
  return core::done{};
}

std::string hosted_entity::request_key(const command_request& request) const {
  // Two callers never share a key (gateway IDE-1).
  return request.idempotency_key.empty() ? std::string{} : request.principal.value + '\x1f' + request.idempotency_key;
}

void hosted_entity::handle(command_ptr command) {
  if (joins_twin(*command)) return;
  if (!command->request.idempotency_key.empty() && answer_from_past(*command)) return;
  if (!decide_on(command, {})) return refuse(*command, core::overloaded("too many commands wait at this entity"));
  reconsider_parked();
}

bool hosted_entity::joins_twin(pending_command& command) {
  const std::string key = request_key(command.request);
  if (key.empty()) return false;
  const auto joined = replies_->join(key, command.request.request_digest, command.answer);
  if (joined == reply_queue::joined::other_request) refuse(command, key_reused());
  return joined != reply_queue::joined::no;
}

// A repeat finds the answer that its first request got, whatever happened to the node in between (ENG-03, IDE-2).
bool hosted_entity::answer_from_past(pending_command& command) {
  const std::string key = request_key(command.request);
  auto found = services_.log->find_command(address_, key);
  if (!found) return refuse(command, journal::to_failure(found.error())), true;
  if (!found->has_value()) return false;
  std::optional<command_reply> said;
  core::uuid first_command;
  std::optional<core::failure> refusal;
  // A command's records lie side by side; the first carries the key and the reply.
  auto read = services_.log->read(**found, [&](const core::record& r) {
    if (!said) {
      if (!r.idempotency || r.idempotency->key != key) return false;
      if (r.idempotency->request != command.request.request_digest) refusal = key_reused();
      said = command_reply{r.position, r.sequence, {r.event}, r.idempotency->reply, true};
      first_command = r.command_id;
      return true;
    }
    if (r.entity != address_ || r.command_id != first_command || r.idempotency) return false;
    said->position = r.position;
    said->sequence = r.sequence;
    said->events.push_back(r.event);
    return true;
  });
  if (!read) return refuse(command, journal::to_failure(read.error())), true;
  if (!said) return false;
  if (refusal) return refuse(command, *std::move(refusal)), true;
  ++services_.count->replayed;
  outgoing one;
  one.said = *std::move(said);
  if (is_quoting(one.said.reply)) {
    auto stored = core::from_msgpack<quoting_reply>(one.said.reply);
    if (!stored) return refuse(command, stored.error()), true;
    one.said.reply = std::move(stored->text.data);
    for (const auto& q : stored->quotes)
      one.quotes.push_back({q.offset, core::eseq{q.sequence}, q.field});
  }
  one.answer = std::move(command.answer);
  send(std::move(one));
  return true;
}

core::context hosted_entity::context_for(const command_request& request, core::timestamp asked_at,
                                         const core::uuid& command_id) {
  core::context ctx;
  ctx.now = services_.clock->now();
  ctx.principal = request.principal;
  ctx.command_id = command_id;
  ctx.origin = services_.origin;
  ctx.secrets = services_.secrets;
  ctx.asked_at = asked_at;
  ctx.draws = core::draw_source{services_.entropy()};
  return ctx;
}

bool hosted_entity::decide_on(const command_ptr& command, core::timestamp asked_at) {
  auto& request = command->request;
  if (request.expected && *request.expected != decided_) {
    refuse(*command, stale_expectation(*request.expected, decided_));
    return true;
  }
  if (request.command_id.is_nil()) {
    core::draw_source draws{services_.entropy()};
    const auto a = draws.next();
    request.command_id = core::make_uuid7(services_.clock->now().us / 1'000, a, draws.next());
  }
  const auto ctx = context_for(request, asked_at, request.command_id);
  auto decision = type_.decide(state_.get(), request.command, ctx);
  if (decision.waits_until()) {
    if (parked_.size() >= services_.limits.parked_max) return false;
    parked_.push_back({command, asked_at.us == 0 ? ctx.now : asked_at, *decision.waits_until()});
    return true;
  }
  ++services_.count->commands;
  carry_out(command, std::move(decision), ctx);
  return true;
}

void hosted_entity::refuse(pending_command& command, core::failure why) {
  ++services_.count->rejections;
  outgoing one;
  one.answer = std::move(command.answer);
  one.refusal = std::move(why);
  send(std::move(one));
}

// What the journal keeps of the events: personal fields sealed, before anything leaves this host (GDP-04).
core::outcome hosted_entity::draft(const core::decision& decision, const core::context& ctx,
                                   journal::append_request& append) {
  for (const auto& event : decision.events()) {
    auto one = draft_of(address_, event, append.events.empty() ? append.command_id : ctx.new_id());
    if (services_.privacy != nullptr && !event.private_fields.empty()) {
      auto sealed = services_.privacy->seal(one, address_, event.private_fields, append.principal.value);
      if (!sealed) return journal::to_failure(sealed.error());
      services_.count->personal_fields += one.sealed.size();
    }
    append.events.push_back(std::move(one));
  }
  return core::done{};
}

// An event with private fields is folded as it is stored, so that the state is what a replay makes of it (GDP-12).
void hosted_entity::evolve(const core::decision& decision, const journal::append_request& append) {
  auto stored = append.events.begin();
  for (const auto& event : decision.events()) {
    decided_ = core::next(decided_);
    const core::record_meta meta{decided_, append.decided_at};
    if (services_.privacy == nullptr || event.private_fields.empty()) {
      type_.evolve(state_.get(), event, meta);
    } else {
      const auto applied = type_.apply(state_.get(), stored->event, stored->schema, stored->payload, meta);
      LL_INVARIANT(applied.has_value(), "{} cannot be folded as it was drafted: {}", stored->event,
                   applied.error().message);
    }
    ++stored;
  }
}

// Events: admission first, then the state moves on, then they are submitted. After admission nothing can refuse them
// but the end of the partition, which ends this host as well.
void hosted_entity::carry_out(command_ptr command, core::decision decision, const core::context& ctx) {
  auto& request = command->request;
  if (decision.rejection()) return refuse(*command, *decision.rejection());

  outgoing one;
  one.answer = std::move(command->answer);
  one.said.sequence = decided_;
  one.said.reply = decision.reply();
  for (const auto& q : decision.quotes())
    one.quotes.push_back({q.offset, q.sequence, std::string{q.field}});
  if (decision.events().empty()) return send(std::move(one));

  journal::append_request append;
  append.entity = address_;
  append.expected = decided_;
  append.decided_at = ctx.now;
  append.principal = request.principal;
  append.command_id = request.command_id;
  append.correlation_id = request.correlation_id.is_nil() ? request.command_id : request.correlation_id;
  append.causation_id = request.causation_id;
  append.trace_id = request.trace_id;
  if (auto drafted = draft(decision, ctx, append); !drafted) {
    one.refusal = drafted.error();
    return send(std::move(one));
  }
  for (const auto& event : append.events)
    one.said.events.push_back(event.event);
  const std::string key = request_key(request);
  if (!key.empty()) append.idempotency = core::idempotency{key, request.request_digest, stored_form(decision)};

  const journal::commit_queue::load room{append.events.size(), append.weight()};
  if (auto admitted = services_.commits->admit(room); !admitted) {
    one.refusal = journal::to_failure(admitted.error());
    return send(std::move(one));
  }
  evolve(decision, append);
  changed_ = true;
  if (const auto wake = type_.next_wake(state_.get()).value_or(core::never); wake != wake_recorded_) {
    append.wake_at = wake == core::never ? core::timestamp{} : wake;
    wake_recorded_ = wake;
    services_.arm(address_, wake);
  }
  one.said.sequence = decided_;
  one.submitted = true;
  if (!key.empty()) {
    one.key = key;
    one.request_digest = request.request_digest;
  }
  one.snapshot = note_growth(append);
  send(std::move(one));
  services_.commits->submit_admitted(
      std::move(append), room,
      [replies = replies_](const journal::result<journal::appended>& outcome) { replies->settled(outcome); });
}

bool hosted_entity::attend() {
  const auto news = replies_->attend(*services_.log, address_);
  if (news.snapshot) keep_snapshot(*news.snapshot);
  if (!news.failure) return true;
  for (auto& p : std::exchange(parked_, {}))
    p.command->answer.deliver(*news.failure);
  return false;
}

void hosted_entity::show(view_ptr view) {
  outgoing one;
  one.view_answer = std::move(view->answer);
  if (decided_.value == 0) {
    // Answered in turn as well: the entity may be about to exist.
    one.refusal = core::not_found("no such entity");
    return send(std::move(one));
  }
  entity_view seen{decided_, {}, type_.state_hash(state_.get())};
  core::msgpack_sink to{seen.state, core::audience::shown};
  type_.encode_state(state_.get(), to);
  one.view = std::move(seen);
  send(std::move(one));
}

void hosted_entity::wake() {
  const auto due = type_.next_wake(state_.get());
  const core::timestamp now = services_.clock->now();
  if (!due) return;
  if (*due > now) return services_.arm(address_, *due);
  services_.count->wake_late_ms = (now - *due).us / 1'000;
  ++services_.count->wakes_fired;
  auto command = std::make_shared<pending_command>();
  command->request.to = address_;
  command->request.principal = core::principal_id{"timekeeper"};
  core::draw_source draws{services_.entropy()};
  const auto a = draws.next();
  command->request.command_id = core::make_uuid7(now.us / 1'000, a, draws.next());
  const auto ctx = context_for(command->request, {}, command->request.command_id);
  auto decision = type_.wake(state_.get(), ctx);
  const bool acts = !decision.events().empty();
  const core::eseq before = decided_;
  carry_out(std::move(command), std::move(decision), ctx);
  if (acts && decided_ == before) {
    services_.arm(address_, now + services_.limits.wake_again);  // no room in the commit queue: try again later
  } else if (!acts) {
    ++services_.count->wakes_stuck;
    services_.arm(address_, now + services_.limits.wake_again);
  } else if (wake_recorded_ <= now) {
    services_.arm(address_, wake_recorded_);
  }
  reconsider_parked();
}

void hosted_entity::ask_again() {
  changed_ = true;
  reconsider_parked();
}

// Asks every waiting command again, in order of arrival, until no answer changes the state any more. Of those that wait
// under one key the first one to act acts for all.
void hosted_entity::reconsider_parked() {
  while (std::exchange(changed_, false) && !parked_.empty()) {
    std::deque<parked> waiting = std::exchange(parked_, {});
    for (auto& p : waiting)
      if (!joins_twin(*p.command)) decide_on(p.command, p.asked_at);
  }
}

void hosted_entity::stop_waiting() {
  for (auto& p : std::exchange(parked_, {}))
    refuse(*p.command, core::unavailable("the node is stopping"));
}

core::timestamp hosted_entity::next_deadline() const {
  core::timestamp earliest = core::never;
  for (const auto& p : parked_)
    earliest = std::min(earliest, p.until);
  return earliest;
}

bool hosted_entity::note_growth(const journal::append_request& request) {
  events_since_snapshot_ += request.events.size();
  for (const auto& event : request.events)
    bytes_since_snapshot_ += event.payload.size();
  const bool due = events_since_snapshot_ >= services_.limits.snapshot_events ||
                   bytes_since_snapshot_ >= services_.limits.snapshot_bytes;
  // A big state is written again only after as many bytes of events: the cost of snapshots stays a constant share.
  if (!due || snapshot_ || bytes_since_snapshot_ < snapshot_size_) return false;
  pending_snapshot taken{decided_, type_.state_hash(state_.get()), {}};
  core::msgpack_sink to{taken.state};
  type_.encode_state(state_.get(), to);
  snapshot_size_ = taken.state.size();
  events_since_snapshot_ = 0;
  bytes_since_snapshot_ = 0;
  snapshot_ = std::move(taken);
  return true;
}

// The snapshot was taken right after a command's events, so its eseq is the last of exactly one commit.
void hosted_entity::keep_snapshot(const journal::appended& appended) {
  LL_INVARIANT(snapshot_ && snapshot_->sequence == appended.last_sequence,
               "{}: a snapshot's commit at eseq {}, and no snapshot of that", address_.text(),
               appended.last_sequence.value);
  const auto kept = services_.log->put_snapshot(address_, {snapshot_->sequence, appended.last, type_.fold_version(),
                                                           snapshot_->hash, std::move(snapshot_->state)});
  ++(kept ? services_.count->snapshots_written : services_.count->snapshot_failures);
  snapshot_.reset();
}

}  // namespace logline::actors
