#include "tests/sim/node/load.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "domain/core/json.hpp"
#include "domain/core/msgpack.hpp"

namespace logline::sim {

namespace {

using fixtures::sim_node;

constexpr std::string_view principal = "client";
constexpr std::string_view webhook_secret = "a secret of the simulation";
// A key is good for 24 hours (ENG-03); whoever repeats later than that may execute twice.
constexpr core::duration_us key_lifetime = core::hours(23);

struct leased {
  core::uuid task_id;
  core::uuid lease_id;
};
constexpr auto describe(core::type_tag<leased>) {
  return core::description<leased>("leased", "", core::field("task_id", &leased::task_id),
                                   core::field("lease_id", &leased::lease_id));
}
struct leases {
  std::vector<leased> tasks;
};
constexpr auto describe(core::type_tag<leases>) {
  return core::description<leases>("leases", "", core::field("tasks", &leases::tasks));
}
struct made_task {
  core::uuid task_id;
};
constexpr auto describe(core::type_tag<made_task>) {
  return core::description<made_task>("made_task", "", core::field("task_id", &made_task::task_id));
}
struct made_entry {
  core::uuid id;
};
constexpr auto describe(core::type_tag<made_entry>) {
  return core::description<made_entry>("made_entry", "", core::field("id", &made_entry::id));
}

std::string signature(std::string_view body) {
  return "sha256=" + core::hmac_sha256(webhook_secret, body).hex();
}

}  // namespace

load::load(load_options options, fixtures::sim_draws draws, fixtures::sim_trace& trace)
    : options_(options), draws_(draws), trace_(trace) {}

core::address load::pick(std::string_view type, std::size_t count) {
  static constexpr std::array tenants{"acme", "umbra"};
  return {tenants.at(draws_.index(tenants.size())), std::string{type},
          fmt::format("{}{}", type.front(), draws_.index(count))};
}

std::string load::payload() {
  return fmt::format(R"({{"n":{},"text":"{}"}})", requests_,
                     std::string(draws_.index(options_.payload_bytes_max + 1), 'x'));
}

void load::act(sim_node& on) {
  if (open_ >= options_.open_max) return;
  if (draws_.per_mille(options_.repeat) && repeat_something(on)) return;
  new_command(on);
}

void load::new_command(sim_node& on) {
  const std::uint64_t share = draws_.below(1'000);
  const bool account = share < options_.account_share;
  const bool queue = !account && share < options_.account_share + options_.queue_share;
  const bool stream =
      !account && !queue && share < options_.account_share + options_.queue_share + options_.stream_share;
  auto r = std::make_shared<request>(account  ? account_command()
                                     : queue  ? queue_command(on.wall())
                                     : stream ? stream_command()
                                              : connector_command());
  r->first_sent = on.wall();
  ++requests_;
  if (draws_.per_mille(options_.keyed)) {
    r->key = fmt::format("k{}", requests_);
    keyed_.push_back(r);
  }
  send(on, r);
  if (!r->key.empty() && draws_.per_mille(options_.twin)) send(on, r);
}

load::request load::account_command() {
  request r;
  r.to = pick("account", options_.accounts);
  const std::uint64_t kind = draws_.below(100);
  if (kind < 60) {
    r.command = "add";
    r.json = fmt::format(R"({{"amount":{}}})", draws_.between(-4, 10));
    if (kind < 10) r.json = fmt::format(R"({{"amount":{},"payload":{}}})", draws_.between(1, 5), payload());
  } else if (kind < 70) {
    r.command = "set_alarm";
    r.json = fmt::format(R"({{"after_ms":{}}})",
                         draws_.per_mille(200) ? draws_.between(0, 100'000'000) : draws_.between(0, 20'000));
  } else if (kind < 80) {
    r.command = "wait_for";
    r.json = fmt::format(R"({{"total":{},"wait_ms":{}}})", draws_.between(0, 200), draws_.between(0, 30'000));
  } else {
    r.command = kind < 95 ? "read_total" : "quote_all";
    r.json = "{}";
  }
  if (draws_.per_mille(options_.expected)) r.expected = core::eseq{accounts_.known(r.to).value + draws_.below(2)};
  return r;
}

load::request load::queue_command(core::timestamp now) {
  request r;
  r.to = pick("task_queue", options_.queues);
  const std::uint64_t kind = draws_.below(100);
  if (kind < 35) {
    r.command = "enqueue";
    r.json = fmt::format(R"({{"kind":"by.hand","payload":{},"max_attempts":{})", payload(), draws_.between(1, 3));
    if (draws_.per_mille(300))
      r.json += fmt::format(R"(,"run_at":"{}")", core::to_rfc3339(now + core::seconds(draws_.between(0, 90))));
    if (draws_.per_mille(200)) r.json += fmt::format(R"(,"unique_key":"u{}")", draws_.below(3));
    if (draws_.per_mille(100))
      r.json += fmt::format(R"(,"expires_at":"{}")", core::to_rfc3339(now + core::seconds(draws_.between(1, 60))));
    r.json += '}';
    r.learn = [this](const actors::command_reply& said) {
      if (const auto made = core::from_msgpack<made_task>(said.reply)) task_ids_.push_back(made->task_id.text());
    };
  } else if (kind < 60) {
    r.command = "lease";
    r.json = fmt::format(R"({{"worker_id":"w{}","limit":{},"kinds":["by.hand"],"wait_ms":{},"lease_s":{}}})",
                         draws_.below(3), draws_.between(1, 4), draws_.per_mille(500) ? 0 : draws_.between(1, 30'000),
                         draws_.between(5, 120));
    r.learn = [this, queue = r.to](const actors::command_reply& said) { learn_leases(queue, said); };
  } else if (kind < 85 && !held_.empty()) {
    return finish_task(r.to);
  } else if (kind < 90 && !task_ids_.empty()) {
    r.command = draws_.per_mille(500) ? "cancel" : "retry";
    r.json = fmt::format(R"({{"id":"{}"}})", task_ids_[draws_.index(task_ids_.size())]);
  } else if (kind < 94) {
    r.command = draws_.per_mille(400) ? "pause" : "resume";
    r.json = draws_.per_mille(500) ? R"({"kind":"by.hand"})" : "{}";
  } else if (kind < 96) {
    r.command = "retry_all";
    r.json = "{}";
  } else if (kind < 98) {
    r.command = "release";
    r.json = fmt::format(R"({{"worker_id":"w{}"}})", draws_.below(3));
  } else {
    r.command = "stats";
    r.json = "{}";
  }
  return r;
}

load::request load::finish_task(const core::address& queue) {
  const std::size_t at = draws_.index(held_.size());
  const held_task held = held_[at];
  request r;
  r.to = draws_.per_mille(950) ? held.queue : queue;
  const std::uint64_t kind = draws_.below(10);
  if (kind < 6) {
    r.command = "complete";
    r.json = fmt::format(R"({{"task_id":"{}","lease_id":"{}","result":{{"done":true}}}})", held.task, held.lease);
  } else if (kind < 9) {
    r.command = "fail";
    r.json = fmt::format(R"({{"task_id":"{}","lease_id":"{}","error":"it did not work","retryable":{}}})", held.task,
                         held.lease, draws_.per_mille(800));
  } else {
    r.command = "heartbeat";
    r.json = fmt::format(R"({{"lease_id":"{}","extend_s":{}}})", held.lease, draws_.between(1, 200));
  }
  // Some are kept: a stale worker comes back with a lease that is no more.
  if (draws_.per_mille(800)) held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(at));
  return r;
}

load::request load::stream_command() {
  request r;
  r.to = pick("timeline", options_.streams);
  const std::uint64_t kind = draws_.below(100);
  if (kind < 60) {
    r.command = "append";
    r.json = fmt::format(R"({{"payload":{}}})", payload());
    r.learn = [this](const actors::command_reply& said) {
      if (const auto made = core::from_msgpack<made_entry>(said.reply)) entries_.push_back(made->id);
    };
  } else if (kind < 80) {
    // Two foreign sites; numbers come in any order and more than once.
    const std::string site = draws_.per_mille(500) ? "lima.1" : "oslo.3";
    const std::uint64_t n = 1 + draws_.below(12);
    r.command = "merge_external";
    r.json = fmt::format(
        R"({{"batch":[{{"dot":{{"site":"{0}","n":{1}}},"vc":{{"{0}":{1}}},"lamport":{2},)"
        R"("payload":{{"from":"{0}","n":{1}}}}}]}})",
        site, n, 3 * n);
  } else if (kind < 85 && !entries_.empty()) {
    r.command = "tombstone";
    r.json = fmt::format(R"({{"id":"{}","reason":"not wanted"}})", entries_[draws_.index(entries_.size())].text());
  } else {
    r.command = kind < 95 ? "query" : "clock";
    r.json = "{}";
  }
  return r;
}

load::request load::connector_command() {
  request r;
  r.to = pick("connector", options_.connectors);
  const std::uint64_t kind = draws_.below(100);
  if (kind < 8 || deliveries_ == 0) {
    r.command = "open";
    r.json = fmt::format(R"({{"secret":"{}","id_header":"x-delivery"}})", webhook_secret);
    ++deliveries_;
    return r;
  }
  const bool again = kind < 30;
  const std::uint64_t id = again ? 1 + draws_.below(deliveries_) : ++deliveries_;
  const std::string body = fmt::format(R"({{"delivery":{}}})", id);
  r.command = "receive";
  r.json = fmt::format(
      R"({{"headers":{{"x-hub-signature-256":"{}","x-delivery":"d{}","content-type":"application/json"}},)"
      R"("body":"{}"}})",
      signature(kind >= 97 ? "forged" : body), id, core::to_base64(body));
  return r;
}

void load::learn_leases(const core::address& queue, const actors::command_reply& said) {
  const auto got = core::from_msgpack<leases>(said.reply);
  if (!got) return;
  for (const auto& one : got->tasks)
    held_.push_back({queue, one.task_id.text(), one.lease_id.text()});
}

void load::send(sim_node& on, const request_ptr& r) {
  core::uuid attempt = core::make_uuid7(static_cast<std::int64_t>(requests_), draws_.next(), draws_.next());
  acknowledged_.sent(attempt, r->to, std::string{principal}, r->key);
  trace_.line("send", fmt::format("{} {} {}{}", attempt.text().substr(24), r->to.text(), r->command,
                                  r->key.empty() ? "" : " " + r->key));
  ++open_;
  const core::eseq known = accounts_.known(r->to);
  auto heard = [this, r, attempt, known, life = life_](const core::result<actors::command_reply>& said) {
    if (life == life_) answered(r, attempt, known, said);
  };
  on.submit({r->to, r->command, r->json, std::string{principal}, r->key, r->expected, attempt}, std::move(heard));
}

void load::answered(const request_ptr& r, const core::uuid& attempt, core::eseq known,
                    const core::result<actors::command_reply>& said) {
  --open_;
  acknowledged_.answered(attempt, said);
  if (!said) {
    trace_.line("refused", fmt::format("{} {}", attempt.text().substr(24), said.error().code));
    r->done = r->done || said.error().kind != core::failure_kind::unavailable;
    return;
  }
  trace_.line("answer", fmt::format("{} gseq {} eseq {} {} {}{}", attempt.text().substr(24), said->position.value,
                                    said->sequence.value, said->events.size(),
                                    core::sha256(said->reply).hex().substr(0, 8), said->replayed ? " replayed" : ""));
  r->done = true;
  r->remembered = r->remembered || !said->events.empty();
  if (r->to.type == "account" && r->command != "quote_all" && r->command != "set_alarm")
    accounts_.answered(r->to, known, *said);
  if (r->learn) r->learn(*said);
}

// An answered key is repeated only where something was remembered: a command that changed nothing may be executed anew.
bool load::repeat_something(sim_node& on) {
  std::vector<request_ptr> eligible;
  for (const auto& r : keyed_)
    if ((!r->done || r->remembered) && on.wall() - r->first_sent < key_lifetime) eligible.push_back(r);
  if (eligible.empty()) return false;
  send(on, eligible[draws_.index(eligible.size())]);
  return true;
}

void load::repeat_unanswered(sim_node& on) {
  for (const auto& r : keyed_)
    if (!r->done && on.wall() - r->first_sent < key_lifetime) send(on, r);
}

void load::node_died() {
  ++life_;
  open_ = 0;
}

}  // namespace logline::sim
