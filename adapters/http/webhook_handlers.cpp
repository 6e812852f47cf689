#include <algorithm>
#include <map>

#include "actors/clock.hpp"
#include "adapters/http/routes.hpp"
#include "domain/core/json.hpp"
#include "domain/core/msgpack.hpp"

namespace logline::http {

namespace {

constexpr std::size_t headers_max = 64;
constexpr std::size_t header_bytes_max = 8 * 1024;

/// What an entity must not see: it is between the caller and this node.
bool is_private(std::string_view name) {
  return name == "authorization" || name == "proxy-authorization" || name == "cookie";
}

/// Fields that come several times are joined (RFC 9110 §5.3).
core::result<std::map<std::string, std::string>> gather(const request_head& head) {
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : head.headers) {
    if (is_private(name)) continue;
    const auto [place, fresh] = out.try_emplace(name, value);
    if (!fresh) place->second += ", " + value;
    if (place->second.size() > header_bytes_max || out.size() > headers_max)
      return core::failure{
          core::failure_kind::too_large, "HEADERS_TOO_LARGE",
          fmt::format("a delivery has at most {} header fields of {} bytes", headers_max, header_bytes_max)};
  }
  return out;
}

/// The command as msgpack: the body stays the bytes that were signed.
std::string delivery_msgpack(const std::map<std::string, std::string>& headers, std::string_view body) {
  std::string out;
  core::msgpack_sink to{out};
  to.begin_object(3);
  to.key("headers");
  to.begin_object(headers.size());
  for (const auto& [name, value] : headers) {
    to.key(name);
    to.text(value);
  }
  to.end_object();
  to.key("body");
  to.binary(body);
  to.key("received_at");
  to.integer(actors::wall_clock().us);
  to.end_object();
  return out;
}

core::result<core::command_box> decode_delivery(const core::entity_type& type, std::string_view msgpack,
                                                const core::secret_box* sealer) {
  std::optional<core::result<core::command_box>> decoded;
  auto parsed = core::read_msgpack(
      msgpack, [&](const core::source& from) { decoded.emplace(type.decode_command("receive", from, sealer)); });
  if (!parsed) return parsed.error();
  return *std::move(decoded);
}

/// 202 where the delivery is new and now durable, 200 where it had been received before.
void send_receipt(const answerer& to, const core::result<actors::command_reply>& said) {
  if (!said) return to.fail(said.error());
  response out;
  out.status = said->events.empty() || said->replayed ? 200 : 202;
  out.body = core::json_text(std::string_view{said->reply});
  to.send(std::move(out));
}

}  // namespace

// No token: the signature, which the connector checks over the raw body, is the authentication.
void receive_webhook(const services& s, call c) {
  auto entity = core::make_address(c.captures[0], "connector", c.captures[1]);
  if (!entity) return c.answer.fail(entity.error());
  const auto* type = s.types.find("connector");
  if (type == nullptr) return c.answer.fail(core::not_found("this node has no connectors"));
  auto headers = gather(c.head);
  if (!headers) return c.answer.fail(headers.error());
  auto box = decode_delivery(*type, delivery_msgpack(*headers, c.body), s.door.secrets());
  if (!box) return c.answer.fail(box.error());
  actors::command_request delivery;
  delivery.to = *std::move(entity);
  delivery.command = *std::move(box);
  delivery.principal = core::principal_id{"webhook"};
  delivery.correlation_id = c.correlation;
  delivery.trace_id = std::move(c.trace);
  s.door.submit(std::move(delivery),
                actors::reply<actors::command_reply>{
                    [to = c.answer](const core::result<actors::command_reply>& said) { send_receipt(to, said); }});
}

}  // namespace logline::http
