#include "cluster/node.hpp"

#include <unistd.h>

#include <chrono>
#include <filesystem>

#include <fmt/format.h>
#include <openssl/rand.h>
#include <spdlog/spdlog.h>

#include "actors/alerts.hpp"
#include "actors/clock.hpp"
#include "actors/duty.hpp"
#include "actors/runtime.hpp"
#include "adapters/http/server.hpp"
#include "cluster/archiving.hpp"
#include "cluster/backup.hpp"
#include "cluster/key_copies.hpp"
#include "cluster/mirror_check.hpp"
#include "cluster/mirrors.hpp"
#include "cluster/postgres.hpp"
#include "cluster/privacy.hpp"
#include "cluster/privacy_work.hpp"
#include "cluster/replayed.hpp"
#include "cluster/restored.hpp"
#include "cluster/upload.hpp"
#include "cluster/watching.hpp"
#include "domain/catalogue.hpp"
#include "domain/core/bytes.hpp"
#include "domain/core/json.hpp"
#include "journal/checkpoint.hpp"
#include "journal/committer.hpp"
#include "journal/key_file.hpp"
#include "journal/keys.hpp"
#include "journal/mirrored_commits.hpp"
#include "journal/open.hpp"
#include "journal/secret_box.hpp"

namespace logline::cluster {

namespace {

constexpr int exit_data_refused = 65;
constexpr int exit_service_missing = 69;
constexpr int exit_cannot_write = 73;

constexpr core::duration_us drain_time = core::seconds(25);
constexpr std::chrono::seconds mirror_time{60};
const std::string other_process = "another process has this data directory open";

start_failure refused(int code, std::string message) {
  return {code, std::move(message)};
}

/// Draws from the operating system, stretched by a generator of its own per thread.
std::uint64_t entropy() {
  thread_local core::draw_source draws{[] {
    std::uint64_t seed = 0;
    const int ok = RAND_bytes(reinterpret_cast<unsigned char*>(&seed), sizeof seed);
    LL_INVARIANT(ok == 1, "the operating system gives no random bytes: {}", ok);
    return seed;
  }()};
  return draws.next();
}

std::string random_token() {
  std::string raw(32, '\0');
  const int ok = RAND_bytes(reinterpret_cast<unsigned char*>(raw.data()), static_cast<int>(raw.size()));
  LL_INVARIANT(ok == 1, "the operating system gives no random bytes: {}", ok);
  std::string token = "llf_" + core::to_hex(raw);
  journal::wipe(raw);
  return token;
}

/// SHA-256 of the founder's token, which is made on the first start and kept in DATA/founder.token (0600).
core::result<core::digest, start_failure> founder_token(const std::filesystem::path& data) {
  auto kept = journal::read_key_file(data, "founder.token", journal::key_access::private_);
  if (!kept && kept.error().code == journal::errc::not_found) {
    std::string token = random_token() + "\n";
    if (auto made = journal::create_key_file(data, "founder.token", token, journal::key_access::private_); !made)
      return refused(exit_cannot_write, "founder.token: " + made.error().text());
    spdlog::info("founder identity created; its token is in founder.token");
    kept = std::move(token);
  }
  if (!kept) return refused(exit_data_refused, "founder.token: " + kept.error().text());
  while (!kept->empty() && (kept->back() == '\n' || kept->back() == ' '))
    kept->pop_back();
  const auto digest = core::sha256(*kept);
  journal::wipe(*kept);
  return digest;
}

core::outcome make_data_directory(const std::filesystem::path& data) {
  std::error_code problem;
  const bool made = std::filesystem::create_directories(data, problem);
  if (!problem && made) std::filesystem::permissions(data, std::filesystem::perms::owner_all, problem);
  if (problem)
    return core::failure{core::failure_kind::unavailable, "CANNOT_WRITE",
                         fmt::format("cannot create {}: {}", data.string(), problem.message())};
  return core::done{};
}

void say_alert(actors::severity weight, const std::string& line) {
  const auto level = weight == actors::severity::warning ? spdlog::level::warn
                     : weight == actors::severity::error ? spdlog::level::err
                                                         : spdlog::level::critical;
  spdlog::log(level, "{}", line);
}

}  // namespace

struct node::parts {
  node_config config;
  std::int64_t recovered_ms = 0;
  std::unique_ptr<journal::node_secret_box> secrets;
  privacy_store privacy;
  std::unique_ptr<journal::partition_log> log;
  std::unique_ptr<actors::engine_clock> clock;
  actors::tail feed;
  std::unique_ptr<journal::mirrored_commits> both;  ///< with durability mirrored; completions of `commits` go there
  std::unique_ptr<journal::committer> commits;
  std::vector<actors::mirror_part> mirrors;
  std::vector<std::shared_ptr<const actors::duty>> duties;
  std::shared_ptr<actors::alerts> alerts = std::make_shared<actors::alerts>(say_alert);
  std::vector<std::function<std::vector<actors::door::figure>()>> figures;
  std::unique_ptr<privacy_work> erasing;
  std::shared_ptr<backup_desk> backups;
  std::unique_ptr<actors::runtime> living;
  std::unique_ptr<http::server> http;
  std::uint16_t http_port = 0;
  bool stopped = false;
};

node::node(std::unique_ptr<parts> p) : parts_(std::move(p)) {}

namespace {

core::result<std::unique_ptr<journal::partition_log>, start_failure> open_log(const node_config& config,
                                                                              journal::site_key key) {
  journal::partition_options options;
  options.directory = (config.data / "journal").string();
  options.data_directory = config.data.string();
  auto& settings = options.log;
  settings.site = config.site;
  settings.generation = config.generation;
  settings.clock = actors::wall_clock;
  settings.signer = std::make_shared<journal::checkpoint_signer>(
      journal::checkpoint_origin(config.site, settings.partition), std::move(key));
  settings.checkpoint_records = config.checkpoint_records;
  settings.checkpoint_interval = core::seconds(config.checkpoint_s);
  settings.compression_level = config.compression_level;
  options.cold = make_cold_place(config);
  options.free_fraction_min = config.disk_floor_percent / 100.0;
  options.free_bytes_min = config.disk_floor_bytes;
  options.on_message = [](std::string_view line) { spdlog::warn("rocksdb: {}", line); };
  journal::open_report report;
  auto log = journal::open_partition(std::move(options), &report);
  if (!log) {
    const auto& why = log.error();
    const bool cannot_write = why.code == journal::errc::store_failed || why.code == journal::errc::disk_full;
    return refused(cannot_write ? exit_cannot_write : exit_data_refused,
                   why.code == journal::errc::store_locked ? other_process : why.text());
  }
  spdlog::info("journal: {}", report.text());
  return *std::move(log);
}

}  // namespace

actors::runtime_parts node::living_parts(parts& p, std::function<void()> stop_wanted) {
  journal::commit_queue* commits = p.commits.get();
  if (p.both) commits = p.both.get();
  actors::runtime_parts living{*p.log, *commits, p.feed, *p.clock, domain::find_entity_type};
  living.reactors.assign(domain::reactors().begin(), domain::reactors().end());
  if (p.config.worker) living.handlers.assign(domain::task_handlers().begin(), domain::task_handlers().end());
  living.mirrors = p.mirrors;
  living.duties = p.duties;
  living.alerts = p.alerts;
  living.more_figures = p.figures;
  living.secrets = p.secrets.get();
  living.privacy = p.privacy.seals.get();
  if (p.config.worker) living.shell_handlers = p.erasing->handlers();
  living.origin = fmt::format("{}.{}", p.config.site, p.config.generation);
  living.worker_id = fmt::format("node:{}", p.config.site);
  living.entropy = entropy;
  living.report = [](const std::string& line) { spdlog::warn("{}", line); };
  living.give_up = [stop_wanted = std::move(stop_wanted)](const std::string& line) {
    spdlog::error("{}", line);
    stop_wanted();
  };
  living.limits = p.config.actors;
  living.replay = p.config.replay;
  return living;
}

void node::complete_behind_postgres(parts& p) {
  p.both = std::make_unique<journal::mirrored_commits>(*p.commits, p.config.admission, core::gseq{0});
  for (auto& mirror : p.mirrors) {
    if (mirror.name != postgres_mirror) continue;
    mirror.linger = core::duration_us{};
    mirror.advanced = [both = p.both.get()](core::gseq position) { both->mirrored(position); };
  }
}

core::result<core::done, start_failure> node::open_backups(parts& p) {
  auto desk = backup_desk::open(p.config, *p.log, p.alerts, [keys = p.privacy.keys.get()] { return keys->erasures(); });
  if (!desk) return refused(exit_data_refused, desk.error().text());
  p.backups = *std::move(desk);
  for (auto& duty : p.backups->duties())
    p.duties.push_back(std::move(duty));
  p.figures.push_back([opened = p.backups] { return opened->figures(); });
  return core::done{};
}

core::result<core::done, start_failure> node::serve(parts& p, const core::digest& founder) {
  http::server_options options;
  options.address = p.config.http_host;
  options.port = p.config.http_port;
  options.limits.connections = p.config.http_connections_max;
  options.limits.body_bytes = p.config.http_body_max;
  options.limits.webhook_bytes = p.config.http_body_max;
  options.authenticate = http::single_token(founder, core::principal_id{"founder"});
  options.backups = {[desk = p.backups](const auto& job, const auto& label) { return desk->order(job, label); },
                     [desk = p.backups] { return desk->report(); }};
  options.on_fault = [](std::string_view trace, const core::failure& fault) {
    spdlog::error("request {}: {} {}", trace, fault.code, fault.message);
  };
  p.http = std::make_unique<http::server>(std::move(options), *p.living,
                                          http::entity_catalogue{domain::entity_types, domain::find_entity_type});
  auto port = p.http->start();
  if (!port) return refused(exit_service_missing, port.error().message);
  p.http_port = *port;
  return core::done{};
}

core::result<std::unique_ptr<node>, start_failure> node::start(const node_config& given,
                                                               std::function<void()> stop_wanted) {
  const auto began = actors::wall_clock();
  auto p = std::make_unique<parts>();
  p->config = given;
  const node_config& config = p->config;
  if (auto made = make_data_directory(config.data); !made) return refused(exit_cannot_write, made.error().message);

  if (auto heeded = heed_restore(p->config); !heeded) return heeded.error();
  heed_replay(p->config);

  const auto keys = config.data / "keys";
  auto site = journal::site_key::load_or_create(keys);
  if (!site) return refused(exit_data_refused, site.error().text());
  auto sealing = journal::node_key::load_or_create(keys);
  if (!sealing) return refused(exit_data_refused, sealing.error().text());
  p->secrets = std::make_unique<journal::node_secret_box>(*std::move(sealing));
  auto founder = founder_token(config.data);
  if (!founder) return founder.error();

  if (auto opened = open_privacy(config, *site, *p->alerts, p->privacy); !opened)
    return refused(exit_data_refused,
                   opened.error().code == journal::errc::store_locked ? other_process : opened.error().text());

  const auto door = [parts = p.get()]() -> actors::door* { return parts->living.get(); };
  auto mirrors = make_mirrors(config, *site, p->alerts, door);
  if (!mirrors) return refused(exit_data_refused, mirrors.error().text());
  p->mirrors = std::move(mirrors->mirrors);
  const auto take_on = [&](measured_duty one) {
    p->duties.push_back(std::move(one.work));
    p->figures.push_back(std::move(one.figures));
  };
  for (auto& one : mirrors->duties)
    take_on(std::move(one));
  if (auto uploads = make_upload(config, site->public_key(), p->alerts)) take_on(*std::move(uploads));
  const auto log_of = [parts = p.get()]() -> journal::partition_log* { return parts->log.get(); };
  p->erasing = std::make_unique<privacy_work>(
      privacy_work_parts{p->privacy, *site, door, log_of, domain::find_entity_type, p->alerts, ledger_places(config)});
  if (auto copies = make_key_copies(config, *p->privacy.keys, p->alerts)) p->duties.push_back(std::move(copies));
  take_on(make_mirror_check(config, site->public_key(), log_of, p->alerts));
  if (auto archive = make_archiving(config, *site, log_of, door, p->alerts, actors::wall_clock))
    take_on(*std::move(archive));

  auto log = open_log(config, *std::move(site));
  if (!log) return log.error();
  p->log = *std::move(log);
  if (auto opened = open_backups(*p); !opened) return opened.error();
  p->clock = std::make_unique<actors::engine_clock>(actors::wall_clock, p->log->head().at);
  p->commits =
      std::make_unique<journal::committer>(*p->log, config.admission, [feed = &p->feed](core::gseq) { feed->grown(); });

  if (config.mirrored) complete_behind_postgres(*p);
  const auto head = p->log->head().position;
  add_watching(p->duties, {p->living, *p->log, *p->alerts});
  p->living = std::make_unique<actors::runtime>(living_parts(*p, std::move(stop_wanted)));
  p->living->start();
  // What an earlier life wrote and could not mirror any more is acknowledged to nobody before it is.
  if (p->both && !p->both->wait_mirrored(head, mirror_time))
    return refused(exit_service_missing, "durability is mirrored, and the PostgreSQL mirror is not level: see pg.url");
  if (auto serving = serve(*p, *founder); !serving) return serving.error();
  p->recovered_ms = (actors::wall_clock() - began).us / 1'000;
  return std::unique_ptr<node>{new node{std::move(p)}};
}

std::string node::ready_line() const {
  const auto& p = *parts_;
  std::string line = fmt::format(
      R"({{"event":"ready","pid":{},"http":"http://{}:{}","https":null,"zmq":null,"zmq_pub":null,"data":)", ::getpid(),
      p.config.http_host.find(':') == std::string::npos ? p.config.http_host : '[' + p.config.http_host + ']',
      p.http_port);
  core::append_json_text(line, std::filesystem::absolute(p.config.data).string());
  line += fmt::format(R"(,"gseq":{},"recovered_ms":{}}})", p.log->head().position.value, p.recovered_ms);
  return line;
}

// Order and reason: no new requests; what was taken is answered; nothing more is admitted; answers leave; then the log
// closes with everything in it.
bool node::stop() {
  auto& p = *parts_;
  if (std::exchange(p.stopped, true)) return true;
  p.http->drain({0});
  const bool finished = p.living->drain(drain_time);
  const bool closed = p.http->drain(core::seconds(2));
  p.http->stop();
  p.erasing->stop();
  p.commits->close();
  p.living.reset();
  p.commits.reset();
  p.both.reset();
  if (auto signed_head = p.log->checkpoint(true); !signed_head)
    spdlog::error("closing checkpoint: {}", signed_head.error().text());
  p.log.reset();
  spdlog::info("stopped{}", finished && closed ? "" : "; some requests were cut off");
  return finished && closed;
}

node::~node() {
  stop();
}

}  // namespace logline::cluster
