#include "cluster/privacy_work.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include <spdlog/spdlog.h>

#include "actors/clock.hpp"
#include "domain/core/json.hpp"
#include "domain/privacy/gdpr_request.hpp"
#include "domain/privacy/subject_key.hpp"
#include "domain/process/gdpr_intake.hpp"
#include "domain/timeline/commands.hpp"
#include "domain/work/commands.hpp"
#include "domain/work/replies.hpp"
#include "journal/certificate.hpp"
#include "journal/msgpack_cursor.hpp"
#include "journal/record.hpp"

namespace logline::cluster {

namespace {

using privacy::request_kind;

constexpr auto answer_time = std::chrono::seconds(60);
constexpr std::int64_t attempts_before_alert = 5;  // as many as the task has

/// The certificate's text (GDP-14): who reads it needs no key, and it names nobody.
struct certificate_text {
  std::string request;
  request_kind kind = request_kind::erase;
  std::string subject;
  std::vector<core::uuid> keys;
  std::map<std::string, std::uint64_t> events;
  std::int64_t tasks_cancelled = 0;
  std::uint64_t ledger = 0;
  std::string display;
  core::timestamp at;
};
constexpr auto describe(core::type_tag<certificate_text>) {
  using core::field;
  using c = certificate_text;
  return core::description<c>(
      "certificate", "What was erased.", field("request", &c::request), field("kind", &c::kind),
      field("subject", &c::subject, {.doc = "pseudonym"}), field("keys", &c::keys, {.doc = "ids of destroyed keys"}),
      field("events", &c::events, {.doc = "sealed fields that cannot be read any more, by entity type and event"}),
      field("tasks_cancelled", &c::tasks_cancelled), field("ledger", &c::ledger, {.doc = "line of the shred ledger"}),
      field("display", &c::display, {.doc = "what to show instead of the person's name; of ANONYMIZE"}),
      field("at", &c::at));
}

/// Whatever is wrong with keys or ledger, the request stays open and is tried again.
core::failure not_yet(const journal::error& e) {
  return {core::failure_kind::unavailable, "UNAVAILABLE", e.text()};
}

/// How many fields the keys open, by "entity type.event".
journal::result<std::map<std::string, std::uint64_t>> count_fields(const journal::partition_log& log,
                                                                   const std::vector<core::uuid>& keys) {
  const std::set<core::uuid> wanted{keys.begin(), keys.end()};
  std::map<std::string, std::uint64_t> counts;
  auto read = log.scan(core::gseq{1}, [&](const journal::record_view& r) {
    if (r.sealed.empty()) return true;
    journal::msgpack_cursor payload{r.payload};
    for (std::uint64_t left = payload.take_map(); left > 0 && payload.ok(); --left) {
      payload.take_text();
      if (wanted.contains(journal::sealing_key_of(payload.take_value())))
        ++counts[fmt::format("{}.{}", r.type, r.event)];
    }
    return true;
  });
  if (!read) return read.error();
  return counts;
}

}  // namespace

/// The thread and its queue; see privacy_work.
struct privacy_work::office {
  using outcome_taker = std::function<void(core::result<core::task_outcome>)>;
  struct job {
    std::string kind;
    std::string tenant;
    core::document payload;
    outcome_taker done;
  };

  explicit office(privacy_work_parts p) : parts(std::move(p)), thread([this](std::stop_token) { run(); }) {}

  privacy_work_parts parts;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<job> jobs;
  bool closed = false;
  std::set<std::string> stuck;  ///< requests for which the alert was raised; the thread's own
  std::jthread thread;

  void take(job one) {
    {
      const std::lock_guard lock{mutex};
      if (!closed) {
        jobs.push_back(std::move(one));
        changed.notify_one();
        return;
      }
    }
    one.done(core::unavailable("the node is stopping"));
  }

  void run() {
    while (true) {
      std::unique_lock lock{mutex};
      changed.wait(lock, [&] { return closed || !jobs.empty(); });
      if (jobs.empty()) return;
      job one = std::move(jobs.front());
      jobs.pop_front();
      const bool refuse = closed;
      lock.unlock();
      one.done(refuse ? core::unavailable("the node is stopping") : work_on(one));
    }
  }

  core::result<core::task_outcome> work_on(const job& one);
  core::result<core::task_outcome> process(const core::address& request);
  core::result<core::document> grant(const core::address& request, const privacy::request_now& asked);
  core::result<core::document> erase(const core::address& request, const privacy::request_now& asked,
                                     const core::uuid& subject);
  core::result<privacy::shred_reply> journal_shred(const core::address& request, const core::uuid& subject,
                                                   const std::vector<core::uuid>& keys);
  core::result<std::int64_t> cancel_tasks(const std::string& tenant, const std::string& subject);
  void fail(const core::address& request, std::int64_t attempts, const core::failure& why);
  core::document sign(const certificate_text& text) const;

  template <class C>
  core::result<actors::command_reply> tell(const core::address& to, const C& command, const std::string& key = {}) {
    return tell_raw(core::outgoing_command::of(to, command), key);
  }
  core::result<actors::command_reply> tell_raw(const core::outgoing_command& what, const std::string& key);
};

core::result<actors::command_reply> privacy_work::office::tell_raw(const core::outgoing_command& what,
                                                                   const std::string& key) {
  auto* const door = parts.door();
  const auto* type = parts.types(what.to.type);
  if (door == nullptr || type == nullptr) return core::unavailable("the node is not ready");
  std::optional<core::result<core::command_box>> decoded;
  const auto parsed = core::read_msgpack(what.body.msgpack, [&](const core::source& from) {
    decoded.emplace(type->decode_command(what.command, from, nullptr));
  });
  if (!parsed) return parsed.error();
  if (!*decoded) return decoded->error();
  actors::command_request request;
  request.to = what.to;
  request.command = **std::move(decoded);
  request.principal = core::principal_id{"privacy"};
  request.idempotency_key = key;
  request.request_digest = core::sha256({what.to.text(), what.command, what.body.msgpack});
  auto answered = std::make_shared<std::promise<core::result<actors::command_reply>>>();
  auto answer = answered->get_future();
  door->submit(std::move(request),
               actors::reply<actors::command_reply>{
                   [answered](core::result<actors::command_reply> said) { answered->set_value(std::move(said)); }});
  if (answer.wait_for(answer_time) != std::future_status::ready) return core::unavailable("no answer in time");
  return answer.get();
}

core::result<core::task_outcome> privacy_work::office::work_on(const job& one) {
  const auto task = core::from_msgpack<process::gdpr_task>(one.payload.msgpack);
  if (!task || task->request.empty())
    return core::failure{core::failure_kind::invalid_input, "INVALID_INPUT", "the task names no request"};
  const core::address request{one.tenant, "gdpr_request", task->request};
  if (one.kind == process::gdpr_task_kind) return process(request);
  stuck.insert(request.text());
  parts.alerts->raise("GDPR_STUCK", request.text() + " is overdue");
  return core::task_outcome{};
}

core::result<core::task_outcome> privacy_work::office::process(const core::address& request) {
  const auto started = tell(request, privacy::start{});
  if (!started) return started.error();
  const auto asked = core::from_msgpack<privacy::request_now>(started->reply);
  if (!asked) return asked.error();
  if (asked->status == privacy::request_status::running) {
    auto certificate = grant(request, *asked);
    if (!certificate && certificate.error().kind != core::failure_kind::unavailable) {
      const auto& why = certificate.error();
      const auto refused = tell(request, privacy::refuse{why.code, why.message});
      if (!refused) return refused.error();
    } else if (!certificate) {
      fail(request, asked->attempts, certificate.error());
      return certificate.error();
    } else {
      const auto finished = tell(request, privacy::finish{*std::move(certificate)});
      if (!finished) return finished.error();
    }
  }
  if (stuck.erase(request.text()) > 0 && stuck.empty()) parts.alerts->clear("GDPR_STUCK");
  return core::task_outcome{};
}

/// What the person asked for; UNAVAILABLE may succeed later, any other failure is a refusal.
core::result<core::document> privacy_work::office::grant(const core::address& request,
                                                         const privacy::request_now& asked) {
  const auto subject = core::parse_pseudonym(asked.subject);
  if (!subject) return core::failure{core::failure_kind::invalid_input, "INVALID_INPUT", "no pseudonym"};
  const core::address keys{request.tenant, "subject_key", asked.subject};
  if (asked.kind == request_kind::erase || asked.kind == request_kind::anonymize)
    return erase(request, asked, *subject);
  const std::string why = "requested by " + request.text();
  const auto done =
      asked.kind == request_kind::hold ? tell(keys, privacy::hold{why}) : tell(keys, privacy::release{why});
  if (!done) return done.error();
  certificate_text text;
  text.request = request.text();
  text.kind = asked.kind;
  text.subject = asked.subject;
  text.at = actors::wall_clock();
  return sign(text);
}

// The order is what makes a crash harmless: journaled, then in the ledger, then destroyed. Whatever stops it, the next
// attempt, or the next start of the node, finds in one of the three what is left to do.
core::result<core::document> privacy_work::office::erase(const core::address& request,
                                                         const privacy::request_now& asked, const core::uuid& subject) {
  auto& store = parts.store;
  if (auto rest = journal::replay_shreds(*store.keys, parts.ledger_places, parts.site.public_key()); !rest)
    return not_yet(rest.error());
  const auto live = store.keys->keys_of(request.tenant, subject);
  if (!live) return not_yet(live.error());
  auto noted = journal_shred(request, subject, *live);
  if (!noted) return noted.error();
  if (!noted->first_request) return core::not_found("nothing is known of this person");
  if (noted->keys.empty()) {
    // Erased before, by another request, and nothing came since: its certificate says so.
    const auto before = core::parse_address(*noted->first_request);
    if (!before) return before.error();
    const auto first = tell(*before, privacy::read_certificate{});
    if (!first) return core::unavailable("the first erasure is not finished: " + first.error().message);
    return core::document{first->reply};
  }
  const auto cancelled = cancel_tasks(request.tenant, asked.subject);
  if (!cancelled) return cancelled.error();
  auto counts = count_fields(*parts.log(), noted->keys);
  if (!counts) return not_yet(counts.error());
  if (!live->empty()) {
    const auto written =
        store.ledger->append({{0, actors::wall_clock(), request.tenant, subject, *live, request.text()}});
    if (!written) {
      auto reopened = journal::shred_ledger::open(parts.ledger_places, parts.site);
      if (reopened) store.ledger = *std::move(reopened);
      return not_yet(written.error());
    }
    if (auto gone = journal::replay_shreds(*store.keys, parts.ledger_places, parts.site.public_key()); !gone)
      return not_yet(gone.error());
  }
  certificate_text text;
  text.request = request.text();
  text.kind = asked.kind;
  text.subject = asked.subject;
  text.keys = std::move(noted->keys);
  text.events = *std::move(counts);
  text.tasks_cancelled = *cancelled;
  text.ledger = store.ledger->count();
  if (asked.kind == request_kind::anonymize) text.display = "anon-" + core::to_hex(request.key).substr(0, 12);
  text.at = actors::wall_clock();
  return sign(text);
}

core::result<privacy::shred_reply> privacy_work::office::journal_shred(const core::address& request,
                                                                       const core::uuid& subject,
                                                                       const std::vector<core::uuid>& keys) {
  const core::address entity{request.tenant, "subject_key", core::pseudonym_text(subject)};
  auto said = tell(entity, privacy::shred{keys, request.text()});
  if (!said) return said.error();
  return core::from_msgpack<privacy::shred_reply>(said->reply);
}

core::result<std::int64_t> privacy_work::office::cancel_tasks(const std::string& tenant, const std::string& subject) {
  auto* const door = parts.door();
  if (door == nullptr) return core::unavailable("the node is not ready");
  std::int64_t cancelled = 0;
  std::string after;
  while (true) {
    auto answered = std::make_shared<std::promise<core::result<std::vector<actors::directory_entry>>>>();
    auto answer = answered->get_future();
    constexpr std::size_t page = 100;
    door->directory(tenant, "task_queue", after, page,
                    actors::reply<std::vector<actors::directory_entry>>{
                        [answered](core::result<std::vector<actors::directory_entry>> found) {
                          answered->set_value(std::move(found));
                        }});
    if (answer.wait_for(answer_time) != std::future_status::ready) return core::unavailable("no answer in time");
    const auto queues = answer.get();
    if (!queues) return queues.error();
    for (const auto& queue : *queues)
      for (std::int64_t left = 1; left > 0;) {
        const auto said = tell(queue.entity, work::cancel_about{subject, "erasure"});
        if (!said) return said.error();
        const auto reply = core::from_msgpack<work::tasks_cancelled>(said->reply);
        if (!reply) return reply.error();
        cancelled += reply->cancelled;
        left = reply->left;
      }
    if (queues->size() < page) return cancelled;
    after = queues->back().entity.text();
  }
}

void privacy_work::office::fail(const core::address& request, std::int64_t attempts, const core::failure& why) {
  spdlog::error("{}: attempt {} failed: {}", request.text(), attempts, why.message);
  std::string entry;
  core::msgpack_sink to{entry};
  to.begin_object(1);
  to.key("payload");
  to.begin_object(3);
  to.key("id");
  to.text(request.key);
  to.key("status");
  to.text("ERROR");
  to.key("error");
  to.text(why.message);
  const core::address stream{request.tenant, "timeline", std::string{process::gdpr_stream}};
  for (const auto& said :
       {tell(request, privacy::note_failure{why.message}), tell_raw({stream, "append", {std::move(entry)}}, {})})
    if (!said) spdlog::error("{}: its failure could not be noted: {}", request.text(), said.error().message);
  if (attempts < attempts_before_alert) return;
  stuck.insert(request.text());
  parts.alerts->raise("GDPR_STUCK", fmt::format("{}: {} attempts failed", request.text(), attempts));
}

core::document privacy_work::office::sign(const certificate_text& text) const {
  std::string json;
  core::json_sink to{json};
  core::encode_value(to, text);
  return journal::sign_certificate(std::move(json), parts.site);
}

privacy_work::privacy_work(privacy_work_parts parts) : in_(std::make_unique<office>(std::move(parts))) {}

privacy_work::~privacy_work() {
  stop();
}

void privacy_work::stop() {
  {
    const std::lock_guard lock{in_->mutex};
    in_->closed = true;
    in_->changed.notify_all();
  }
  if (in_->thread.joinable()) in_->thread.join();
}

std::vector<actors::shell_handler> privacy_work::handlers() {
  const auto taking = [in = in_.get()](std::string_view kind) {
    return [in, kind](const core::address& queue, const core::uuid&, const core::document& payload,
                      office::outcome_taker done) {
      in->take({std::string{kind}, queue.tenant, payload, std::move(done)});
    };
  };
  return {{std::string{process::gdpr_task_kind}, "Does what was asked about a person's data.",
           taking(process::gdpr_task_kind)},
          {std::string{process::gdpr_alert_kind}, "Tells operators of a request that waits too long.",
           taking(process::gdpr_alert_kind)}};
}

}  // namespace logline::cluster
