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

journal::result<actors::mirror_part> make_postgres(const node_config& config,
                                                   const std::shared_ptr<actors::alerts>& alerts) {
  const auto& pg = config.postgres;
  postgres::mirror_options options;
  options.server.url = pg.url;
  if (!pg.password_file.empty()) {
    auto password = read_password(pg.password_file);
    if (!password) return std::move(password).error();
    options.server.password = *std::move(password);
  }
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
  part.name = postgres_mirror;
  part.target = std::make_shared<postgres::mirror>(std::move(options));
  part.linger = core::milliseconds(pg.batch_ms);
  return part;
}

}  // namespace logline::cluster
