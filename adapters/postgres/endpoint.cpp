#include "adapters/postgres/endpoint.hpp"

#include <fcntl.h>

#include <array>

#include "domain/core/described.hpp"
#include "domain/core/invariant.hpp"
#include "domain/core/json.hpp"
#include "journal/file.hpp"

namespace logline::postgres {

namespace {

/// The file: one JSON object.
struct kept_state {
  std::uint64_t active = 0;
  std::uint64_t epoch = 0;
  core::timestamp last_switch;
};
constexpr auto describe(core::type_tag<kept_state>) {
  return core::description<kept_state>("endpoint", "", core::field("active", &kept_state::active, {.max = 1}),
                                       core::field("epoch", &kept_state::epoch),
                                       core::field("last_switch", &kept_state::last_switch));
}

journal::result<std::string> content_of(const std::filesystem::path& path) {
  auto in = journal::file::open(path, O_RDONLY);
  if (!in) return std::move(in).error();
  std::array<char, 1'024> buffer{};
  auto size = in->read(buffer.data(), buffer.size());
  if (!size) return std::move(size).error();
  return std::string(buffer.data(), *size);
}

}  // namespace

journal::result<std::shared_ptr<endpoint>> endpoint::load(std::vector<server_address> servers,
                                                          std::filesystem::path file) {
  LL_INVARIANT(!servers.empty() && servers.size() <= 2, "{} servers", servers.size());
  failover_state state;
  const auto text = content_of(file);
  if (!text && text.error().code != journal::errc::not_found) return text.error();
  if (text) {
    kept_state kept;
    core::decode_scope scope{true};
    const auto read = core::read_json(
        *text, [&](const core::source& from) { core::codec<kept_state>::decode(from, kept, scope, {}); });
    if (!read || scope.failed())
      return journal::error{
          journal::errc::bad_encoding, file.filename().string() + " does not say which server is active", {}};
    state = {kept.active, kept.epoch, kept.last_switch};
  }
  if (state.active >= servers.size())
    return journal::error{
        journal::errc::bad_encoding,
        file.filename().string() + " names the second server, and there is only one: set pg.replica_url",
        {}};
  return std::shared_ptr<endpoint>{new endpoint{std::move(servers), std::move(file), state}};
}

endpoint::choice endpoint::current() const {
  const std::lock_guard lock{mutex_};
  return {servers_[state_.active], state_};
}

journal::outcome endpoint::choose(const failover_state& state) {
  const kept_state kept{state.active, state.epoch, state.last_switch.value_or(core::timestamp{})};
  std::string text;
  core::json_sink to{text};
  core::encode_value(to, kept);
  const std::lock_guard lock{mutex_};
  if (auto written = journal::replace_durably(file_, text + "\n"); !written) return written;
  state_ = state;
  return core::done{};
}

}  // namespace logline::postgres
