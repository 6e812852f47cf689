#include "tests/sim/node/simulation.hpp"

#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "actors/replay.hpp"
#include "domain/catalogue.hpp"

namespace logline::sim {

namespace {

using fixtures::sim_node;

constexpr std::size_t trace_lines_kept = 80;

enum class ending : std::uint8_t {
  power_at_write,
  power_at_step,
  killed_at_write,
  killed_at_step,
  failing,
  full,
  floor,
  in_order
};

constexpr std::array ending_names{
    "power cut at a write", "power cut at a step", "killed at a write", "killed at a step",
    "failing disk",         "full disk",           "disk floor",        "in order"};
std::string name_of(ending e) {
  return ending_names.at(static_cast<std::size_t>(e));
}

std::uint64_t pick(fixtures::sim_draws& draws, std::initializer_list<std::uint64_t> choices) {
  return *(choices.begin() + draws.below(choices.size()));
}

sim_node::options node_options(const sim_options& o, fixtures::sim_copy& copy) {
  sim_node::options out;
  out.mirrors = [&copy] {
    actors::mirror_part part;
    part.name = "copy";
    part.target = copy.connect();
    return std::vector{part};
  };
  out.limits.mirror.records_per_batch = 20;
  out.reactors.assign(domain::reactors().begin(), domain::reactors().end());
  out.handlers.assign(domain::task_handlers().begin(), domain::task_handlers().end());
  out.limits.host.snapshot_events = o.snapshot_events;
  out.limits.router.idle = core::seconds(o.idle_s);
  out.admission.records_max = o.records_max;
  out.checkpoint_records = o.checkpoint_records;
  out.free_bytes_min = 64 * 1024;
  out.commit_share = o.commit_share;
  return out;
}

class simulation {
 public:
  simulation(const sim_options& options, bool echo)
      : options_(options),
        draws_(options.seed),
        trace_(trace_lines_kept, echo),
        copy_(options.mirror, draws_.fork("mirror"), trace_),
        machine_(node_options(options, copy_), draws_.fork("machine"), trace_),
        clients_(options.load, draws_.fork("clients"), trace_) {}

  sim_report run() {
    for (std::uint64_t life = 0; life < options_.lives && report_.findings.empty(); ++life) {
      live(draw_ending());
      pause();
    }
    if (report_.findings.empty()) live_to_the_end();
    report_.trace = trace_.digest();
    report_.tail = trace_.tail();
    report_.records = journal_.size();
    report_.acknowledged = clients_.acknowledged().acknowledged();
    return std::move(report_);
  }

 private:
  void note(std::string_view event, std::string_view what) {
    trace_.at(
        {step_, machine_.life(), machine_.since_start().us, machine_.up() ? machine_.log().head().position.value : 0});
    trace_.line(event, what);
  }
  void count(const std::string& what) { ++report_.counts[what]; }
  void wrong(std::string_view checker, std::string_view what) {
    note("WRONG", what);
    report_.findings.report(checker, what);
  }

  ending draw_ending() {
    std::uint64_t drawn = draws_.below(1'000);
    const std::array shares{options_.power_at_write, options_.power_at_step, options_.killed_at_write,
                            options_.killed_at_step, options_.failing,       options_.full};
    for (std::size_t i = 0; i < shares.size(); ++i) {
      if (drawn < shares[i]) {
        const auto e = static_cast<ending>(i);
        return e == ending::full && draws_.per_mille(500) ? ending::floor : e;
      }
      drawn -= shares[i];
    }
    return ending::in_order;
  }

  // -- faults

  void arm(ending e) {
    auto& disk = machine_.disk();
    const std::uint64_t nth = 1 + draws_.below(options_.fault_within);
    if (e == ending::power_at_write) disk.crash_at(nth);
    if (e == ending::killed_at_write) disk.kill_at(nth);
    if (e == ending::failing) {
      using fixtures::disk_op;
      constexpr std::array kinds{disk_op::append, disk_op::sync,   disk_op::append,        disk_op::sync,
                                 disk_op::create, disk_op::rename, disk_op::sync_directory};
      const auto kind = kinds[draws_.index(kinds.size())];
      disk.fail(kind, kind == disk_op::append || kind == disk_op::sync ? nth : 1 + nth % 8);
    }
    const auto used = disk.space().total_bytes - disk.space().free_bytes;
    if (e == ending::full) disk.set_capacity(used + 64 * 1024 + draws_.below(20'000));
    if (e == ending::floor) disk.set_capacity(used + draws_.below(64 * 1024));
    armed_ = e;
    note("life", fmt::format("ends: {}, {}", name_of(e), nth));
  }

  bool machine_is_gone() const {
    return (armed_ == ending::power_at_write || armed_ == ending::killed_at_write) && machine_.disk().has_crashed();
  }

  void disarm() {
    machine_.disk().disarm();
    machine_.disk().set_capacity(std::uint64_t{1} << 40);
  }

  /// Starts the node, as often as the armed fault lets it fail. False: it is gone already, or refuses for ever.
  bool start() {
    auto started = machine_.start();
    power_lost_ = started ? false : power_lost_ || (machine_is_gone() && armed_ == ending::power_at_write);
    reports_noted_ = 0;
    if (started) return note("start", machine_.opened().text()), check_after_start(), true;
    note("start", "refused: " + started.error().text());
    count("start refused");
    const bool excused =
        machine_is_gone() || armed_ == ending::failing || armed_ == ending::full || armed_ == ending::floor;
    if (!excused) wrong("start", "the node refuses its own journal: " + started.error().text());
    return false;
  }

  void die(std::string_view how, bool power) {
    clients_.node_died();
    copy_.cut();
    power_lost_ = power || (machine_is_gone() && armed_ == ending::power_at_write);
    note("die", how);
    if (power)
      machine_.cut_power();
    else
      machine_.kill();
  }

  // -- one life

  void live(ending e) {
    count(name_of(e));
    arm(e);
    if (start()) {
      const std::uint64_t last =
          step_ +
          (e == ending::power_at_step || e == ending::killed_at_step ? draws_.below(options_.steps) : options_.steps);
      while (step_ < last && !machine_is_gone() && report_.findings.empty())
        act();
      end(e);
    } else if (machine_.up()) {
      machine_.kill();
    }
    last_ending_ = name_of(e);
    disarm();
    armed_.reset();
  }

  void end(ending e) {
    remember();
    if (machine_is_gone()) return die("the machine is gone", false);
    if (e == ending::power_at_step) return die("power cut", true);
    if (e == ending::killed_at_step) return die("killed", false);
    if (e == ending::failing || e == ending::full) {
      if (const auto ready = machine_.log().accepting(); !ready) {
        count("partition stopped");
        return die(ready.error().text(), draws_.per_mille(300));
      }
    }
    note("stop", "in order");
    machine_.stop();
    power_lost_ = machine_is_gone() && armed_ == ending::power_at_write;  // while it stopped
    clients_.node_died();
  }

  void act() {
    ++step_;
    trace_.at({step_, machine_.life(), machine_.since_start().us, machine_.log().head().position.value});
    note_reports();
    const std::uint64_t drawn = draws_.below(1'000);
    std::uint64_t end = options_.load_share;
    if (drawn < end) return clients_.act(machine_);
    if (drawn < (end += options_.time_share)) return let_time_pass();
    if (drawn < (end += options_.jump_share)) return jump();
    if (drawn < (end += options_.rest_share)) return rest();
    if (drawn < (end += options_.background_share)) {
      if (machine_.background()) note("compact", "");
      return;
    }
    const auto head = machine_.log().head().position;
    if (!machine_.step()) return let_time_pass();
    if (machine_.log().head().position != head) remember();
  }

  void note_reports() {
    const auto& said = machine_.node().reports();
    for (; reports_noted_ < said.size(); ++reports_noted_) {
      note("report", said[reports_noted_]);
      if (said[reports_noted_].find("MIRROR_DIVERGED") == std::string::npos) continue;
      count("mirrors diverged");
      diverged_ = true;
      if (!copy_.is_tampered()) wrong("mirror", said[reports_noted_]);
    }
  }

  void let_time_pass() {
    const std::uint64_t scale = pick(draws_, {1'000, 50'000, 1'000'000, 10'000'000});
    const core::duration_us by{static_cast<std::int64_t>(1 + draws_.below(scale))};
    machine_.pass(by);
    note("time", fmt::format("{} us", by.us));
  }

  // The keys of reactions and tasks are good for a day (ENG-03): a node that is away for longer may repeat an effect.
  bool has_time_left() const { return machine_.latest_wall() - began_ < core::hours(18); }

  void jump() {
    if (!has_time_left()) return;
    if (draws_.per_mille(400)) {
      const core::duration_us by = core::minutes(draws_.between(1, 180));
      machine_.pass(by);
      return note("time", fmt::format("{} us", by.us));
    }
    const core::duration_us by = core::seconds(draws_.between(-3'600, 3'600));
    machine_.shift_wall(by);
    note("wall", fmt::format("set by {} us", by.us));
  }

  // -- what must hold

  /// What a reader of the running node has seen must never change again.
  void remember() {
    auto read = machine_.log().read(core::gseq{journal_.size() + 1}, [&](const core::record& r) {
      journal_.push_back(r);
      note("record", fmt::format("{} {} eseq {} {} by {}", r.position.value, r.entity.text(), r.sequence.value, r.event,
                                 r.principal.value));
      return true;
    });
    if (!read && !machine_is_gone() && armed_ != ending::failing)
      wrong("log", "cannot be read: " + read.error().text());
    damage_.saw(journal_);
  }

  void check_after_start() {
    auto all = machine_.journal();
    if (!all) return wrong("log", "cannot be read after a start: " + all.error().text());
    damage_.check(*all, last_ending_, report_.findings);
    journal_ = *std::move(all);
    damage_.saw(journal_);
    check_journal(false);
    digest_replay("a replay after a restart");
    // A second opening uses the disk, too, and would meet the fault in the node's place.
    const bool fault_waits =
        armed_ == ending::power_at_write || armed_ == ending::killed_at_write || armed_ == ending::failing;
    if (draws_.per_mille(200) && !fault_waits) writers_.second_opening(machine_.open_again(), report_.findings);
  }

  void check_journal(bool settled) {
    auto& out = report_.findings;
    order_.check(journal_, out);
    clients_.acknowledged().check(journal_, out);
    clients_.accounts().check(journal_, out);
    writers_.check(journal_, out);
    deliveries_.check(journal_, settled, out);
    tasks_.check(journal_, settled, out);
    wakes_.check(journal_, settled ? std::optional{machine_.wall()} : std::nullopt, out);
    copy_.check(journal_, false, out);
  }

  void digest_replay(std::string_view who) {
    auto digest = actors::replay_digest(machine_.log(), sim_node::find_type, [](core::gseq) {});
    if (!digest) return wrong("state", fmt::format("{} fails: {}", who, digest.error().message));
    states_.digested(who, *digest, report_.findings);
  }

  /// The node comes to rest; what its entities live in must be what the journal folds to, snapshots included.
  void rest() {
    if (!machine_.settle()) return wrong("liveness", "the node does not come to rest");
    remember();
    if (machine_is_gone() || !machine_.log().accepting()) return;
    const auto live = machine_.live_digest();
    remember();
    if (machine_is_gone() || !machine_.log().accepting()) return;
    if (!live) return wrong("liveness", "the node digests for ever");
    note("rest", *live ? (*live)->state.hex().substr(0, 8) : (*live).error().code);
    if (!*live) return;
    states_.digested("the live node", **live, report_.findings);
    digest_replay("a replay");
    check_snapshots();
  }

  void check_snapshots() {
    auto all = actors::replay_all(machine_.log(), sim_node::find_type, [](core::gseq) {});
    if (!all) return wrong("state", "a replay fails: " + all.error().message);
    for (const auto& [entity, folded] : *all) {
      auto kept = machine_.log().find_snapshot(entity);
      if (!kept) return wrong("state", "a snapshot cannot be read: " + kept.error().text());
      if (!*kept) continue;
      count("snapshots compared");
      auto then = actors::load_entity_as_of(machine_.log(), *folded.type, entity, (*kept)->sequence);
      if (!then) return wrong("state", "an entity cannot be folded: " + then.error().message);
      states_.snapshot(entity, (*kept)->sequence, (*kept)->state_hash, folded.type->state_hash(then->state.get()),
                       report_.findings);
      auto warm = actors::load_entity(machine_.log(), *folded.type, entity);
      if (!warm) return wrong("state", "an entity cannot be loaded: " + warm.error().message);
      states_.snapshot(entity, folded.sequence, folded.type->state_hash(warm->state.get()),
                       folded.type->state_hash(folded.state.get()), report_.findings);
    }
  }

  // -- between lives

  void pause() {
    const bool is_long = draws_.per_mille(options_.long_pause) && has_time_left();
    const auto away = is_long ? core::minutes(draws_.between(1, 180)) : core::milliseconds(draws_.between(1, 20'000));
    machine_.pass(away);
    if (draws_.per_mille(50)) machine_.shift_wall(core::seconds(draws_.between(-7'200, 0)));
    note("pause", fmt::format("{} us", away.us));
    if (draws_.per_mille(options_.mirror_tampered)) copy_.tamper();
    if (draws_.per_mille(options_.bit_flip)) flip_a_bit();
  }

  // A turned bit is found on opening, or it changes nothing.
  void flip_a_bit() {
    const auto files = machine_.disk().files();
    if (files.empty()) return;
    const std::string path = files[draws_.index(files.size())];
    const std::string before = machine_.disk().content(path);
    // With an unsynced witness the newest records of the WAL cannot be told from a torn write.
    if (before.empty() || (power_lost_ && path.ends_with(".log"))) return;
    const std::uint64_t bit = draws_.below(before.size() * 8);
    machine_.disk().flip_bit(path, bit);
    auto started = machine_.start();
    const std::string what = fmt::format("bit {} of {}", bit, path);
    note("flip", what + (started ? ": opens, " + machine_.opened().text() : ": " + started.error().text()));
    count(started ? "flips without effect" : "flips refused");
    if (started) {
      last_ending_ = "turning " + what;
      check_after_start();
      machine_.kill();
    }
    // Opening may have written, so the bit is turned back only where the file is still there.
    if (!started) machine_.disk().replace(path, before);
  }

  // -- the end

  void live_to_the_end() {
    armed_ = ending::in_order;
    copy_.heal();
    if (!start()) return;
    for (int round = 0; round < 3; ++round) {
      clients_.repeat_unanswered(machine_);
      if (!machine_.settle()) return wrong("liveness", "the node does not come to rest");
    }
    // Wake-ups, leases that run out, backoff: the wall clock may have been set back, and engine time waits for it.
    const core::duration_us behind = machine_.latest_wall() - machine_.wall();
    machine_.pass(behind);
    for (int round = 0; round < 40; ++round) {
      machine_.pass(core::seconds(30));
      if (!machine_.settle()) return wrong("liveness", "the node does not come to rest");
      note_reports();
    }
    remember();
    check_journal(true);
    if (copy_.is_tampered() && !diverged_) wrong("mirror", "nobody noticed that it is a copy of another log");
    rest();
    machine_.stop();
    clients_.node_died();
    note("end", "closed");
    if (auto again = machine_.start(); !again)
      return wrong("start", "refuses after an orderly end: " + again.error().text());
    last_ending_ = "an orderly end";
    check_after_start();
    // A node that stops in order leaves its copies level.
    copy_.check(journal_, true, report_.findings);
    machine_.kill();
  }

  const sim_options options_;
  fixtures::sim_draws draws_;
  fixtures::sim_trace trace_;
  fixtures::sim_copy copy_;
  sim_node machine_;
  load clients_;
  const core::timestamp began_ = machine_.wall();
  std::uint64_t step_ = 0;
  std::size_t reports_noted_ = 0;  ///< of this life
  std::optional<ending> armed_;
  bool diverged_ = false;    ///< the node said so of the mirror
  bool power_lost_ = false;  ///< since the log was last opened
  std::string last_ending_ = "the beginning";
  std::vector<core::record> journal_;
  sim_report report_;

  fixtures::order_checker order_;
  fixtures::damage_checker damage_;
  fixtures::state_checker states_;
  fixtures::wake_checker wakes_;
  fixtures::single_writer_checker writers_;
  fixtures::effects_checker deliveries_{{"connector", "delivery_received"},
                                        {{"timeline", "timeline_event_appended"}, {"task_queue", "task_enqueued"}}};
  fixtures::task_checker tasks_{{{"webhook.process", "timeline"}}};
};

}  // namespace

std::string sim_options::text() const {
  return fmt::format(
      "lives={} steps={} load={} commit={} time={} jump={} rest={} background={} snapshot_events={} "
      "checkpoint_records={} idle_s={} "
      "records_max={} power_at_write={} power_at_step={} killed_at_write={} killed_at_step={} failing={} full={} "
      "fault_within={} "
      "bit_flip={} long_pause={} accounts={} queues={} streams={} connectors={} open_max={} keyed={} expected={} "
      "twin={} repeat={} "
      "account_share={} queue_share={} stream_share={} payload_bytes_max={} mirror_outage={} mirror_refused={} "
      "mirror_answer_lost={} mirror_late={} mirror_first_half={} mirror_second_writer={} mirror_tampered={}",
      lives, steps, load_share, commit_share, time_share, jump_share, rest_share, background_share, snapshot_events,
      checkpoint_records, idle_s, records_max, power_at_write, power_at_step, killed_at_write, killed_at_step, failing,
      full, fault_within, bit_flip, long_pause, load.accounts, load.queues, load.streams, load.connectors,
      load.open_max, load.keyed, load.expected, load.twin, load.repeat, load.account_share, load.queue_share,
      load.stream_share, load.payload_bytes_max, mirror.outage, mirror.refused, mirror.answer_lost, mirror.late,
      mirror.first_half, mirror.second_writer, mirror_tampered);
}

// Swarm: each seed leaves some things out and does others often, so that rare combinations meet.
sim_options draw_options(std::uint64_t seed) {
  fixtures::sim_draws d = fixtures::sim_draws{seed}.fork("options");
  sim_options o;
  o.seed = seed;
  o.lives = 1 + d.below(4);
  o.steps = pick(d, {50, 200, 400, 800});
  o.load_share = pick(d, {30, 100, 250});
  o.commit_share = pick(d, {20, 100, 250, 700});
  o.time_share = pick(d, {5, 30, 100});
  o.jump_share = pick(d, {0, 1, 10});
  o.rest_share = pick(d, {0, 2, 8});
  o.background_share = pick(d, {0, 10, 50});
  o.snapshot_events = pick(d, {1, 5, 20, 500});
  o.checkpoint_records = pick(d, {1, 10, 50, 10'000});
  o.idle_s = static_cast<std::int64_t>(pick(d, {1, 10, 60}));
  o.records_max = pick(d, {70, 200, 65'536});  // the worker leases 64 tasks in one command
  o.power_at_write = pick(d, {0, 300, 600});
  o.killed_at_write = pick(d, {0, 200});
  o.failing = pick(d, {0, 150});
  o.full = pick(d, {0, 50});
  o.power_at_step = pick(d, {0, 100});
  o.killed_at_step = pick(d, {0, 50});
  o.fault_within = pick(d, {20, 100, 400});
  o.bit_flip = pick(d, {0, 200});
  o.long_pause = pick(d, {0, 100, 400});
  o.load.accounts = 1 + d.below(4);
  o.load.queues = 1 + d.below(2);
  o.load.streams = 1 + d.below(2);
  o.load.connectors = 1 + d.below(2);
  o.load.open_max = pick(d, {2, 12, 40});
  o.load.keyed = pick(d, {100, 500, 1'000});
  o.load.expected = pick(d, {0, 200});
  o.load.twin = pick(d, {0, 100});
  o.load.repeat = pick(d, {0, 100});
  o.load.account_share = pick(d, {100, 400, 700});
  o.load.queue_share = pick(d, {0, 150, 300});
  o.load.stream_share = pick(d, {0, 0, 100});
  o.load.payload_bytes_max = pick(d, {10, 200, 20'000});
  o.mirror.outage = pick(d, {0, 50, 300});
  o.mirror.refused = pick(d, {0, 50});
  o.mirror.answer_lost = pick(d, {0, 100});
  o.mirror.late = pick(d, {0, 100});
  o.mirror.first_half = pick(d, {0, 100});
  o.mirror.second_writer = pick(d, {0, 50});
  o.mirror_tampered = pick(d, {0, 0, 0, 100});
  return o;
}

sim_report simulate(const sim_options& options, bool echo_trace) {
  return simulation{options, echo_trace}.run();
}

}  // namespace logline::sim
