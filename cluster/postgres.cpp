#include "cluster/postgres.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "actors/clock.hpp"
#include "adapters/postgres/mirror.hpp"
#include "adapters/postgres/views.hpp"
#include "adapters/postgres/watch.hpp"
#include "cluster/inbox.hpp"
#include "domain/catalogue.hpp"

namespace logline::cluster {

namespace {

struct descriptor {
  int number;
  ~descriptor() {
    if (number >= 0) ::close(number);
  }
};

journal::error unreadable(const std::filesystem::path& file, std::string_view why) {
  return {journal::errc::key_missing, fmt::format("{}: {}", file.string(), why), {}};
}

}  // namespace

journal::result<std::string> read_password(const std::filesystem::path& file) {
  const descriptor in{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat facts {};
  if (in.number < 0 || ::fstat(in.number, &facts) != 0) return unreadable(file, std::system_category().message(errno));
  if (!S_ISREG(facts.st_mode)) return unreadable(file, "is no file");
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) return unreadable(file, "others may read the password: chmod 600");
  std::array<char, 1'024> buffer{};
  const auto size = ::read(in.number, buffer.data(), buffer.size());
  if (size < 0) return unreadable(file, std::system_category().message(errno));
  std::string password(buffer.data(), static_cast<std::size_t>(size));
  password.resize(std::min(password.size(), password.find_first_of("\r\n")));
  if (password.empty()) return unreadable(file, "there is no password in it");
  return password;
}

namespace {

constexpr core::duration_us command_max = core::seconds(30);

journal::result<std::shared_ptr<postgres::endpoint>> load_endpoint(const node_config& config) {
  const auto& pg = config.postgres;
  postgres::server_address server;
  if (!pg.password_file.empty()) {
    auto password = read_password(pg.password_file);
    if (!password) return std::move(password).error();
    server.password = *std::move(password);
  }
  std::vector<postgres::server_address> servers;
  for (const auto& url : {pg.url, pg.replica_url}) {
    if (url.empty()) continue;
    server.url = url;
    servers.push_back(server);
  }
  return postgres::endpoint::load(std::move(servers), config.data / "postgres.json");
}

actors::mirror_part make_mirror(const node_config& config, const std::shared_ptr<actors::alerts>& alerts,
                                std::shared_ptr<const postgres::endpoint> where) {
  const auto& pg = config.postgres;
  postgres::mirror_options options;
  options.where = std::move(where);
  options.site = config.site;
  options.schema = pg.schema;
  options.migrate = pg.migrate;
  options.records_per_transaction = pg.batch;
  options.slow = core::milliseconds(pg.slow_ms);
  options.clock = actors::wall_clock;
  options.views = postgres::views_of(domain::entity_types());
  options.note = [](const std::string& line) { spdlog::info("{}", line); };
  options.warn = [](const std::string& line) { spdlog::warn("{}", line); };
  options.raise = [alerts](std::string_view name, const std::string& what) { alerts->raise(name, what); };
  options.clear = [alerts](std::string_view name) { alerts->clear(name); };
  actors::mirror_part part;
  part.name = "postgres";
  part.target = std::make_shared<postgres::mirror>(std::move(options));
  part.linger = core::milliseconds(pg.batch_ms);
  return part;
}

std::function<core::outcome()> command(const std::string& text) {
  if (text.empty()) return {};
  return [text] { return postgres::run_command(text, command_max); };
}

std::vector<actors::door::figure> figures_of(const postgres::watch_figures& f) {
  const auto value = [](const std::atomic<std::uint64_t>& of) { return static_cast<double>(of.load()); };
  return {
      {"pg_failover_switch_total", "Times the mirror turned to the other PostgreSQL server.", true, value(f.switches)},
      {"pg_active_server", "The PostgreSQL server that the mirror writes to: 0 pg.url, 1 pg.replica_url.", false,
       value(f.active)},
      {"pg_up", "1: the active PostgreSQL server took writes when last looked at.", false, f.is_up ? 1.0 : 0.0},
      {"pg_connections", "Clients of the active PostgreSQL server.", false, value(f.connections)},
      {"pg_connections_max", "Clients that it takes.", false, value(f.connections_max)},
  };
}

measured_duty make_watch(const node_config& config, const std::shared_ptr<actors::alerts>& alerts,
                         std::shared_ptr<postgres::endpoint> where) {
  postgres::watch_options options;
  options.where = std::move(where);
  options.schema = config.postgres.schema;
  options.clock = actors::wall_clock;
  options.promote = command(config.postgres.promote_cmd);
  options.fence = command(config.postgres.fence_cmd);
  options.warn = [](const std::string& line) { spdlog::warn("{}", line); };
  options.raise = [alerts](std::string_view name, const std::string& what) { alerts->raise(name, what); };
  options.clear = [alerts](std::string_view name) { alerts->clear(name); };
  const auto watch = std::make_shared<postgres::watch>(std::move(options));
  return {std::make_shared<const actors::duty>(
              actors::duty{"postgres watch", core::schedule::every(core::seconds(config.postgres.probe_s)),
                           [watch](const std::stop_token& wanted) { return watch->round(wanted); }}),
          [watch] { return figures_of(watch->figures()); }};
}

}  // namespace

journal::result<postgres::server_address> active_server(const node_config& config) {
  const auto where = load_endpoint(config);
  if (!where) return where.error();
  return (*where)->current().server;
}

journal::result<postgres_parts> make_postgres(const node_config& config, const std::shared_ptr<actors::alerts>& alerts,
                                              std::function<actors::door*()> door) {
  auto where = load_endpoint(config);
  if (!where) return std::move(where).error();
  postgres_parts out{make_mirror(config, alerts, *where), {make_watch(config, alerts, *where)}};
  if (config.postgres.inbox) out.duties.push_back(make_inbox(config, *where, std::move(door)));
  return out;
}

}  // namespace logline::cluster
