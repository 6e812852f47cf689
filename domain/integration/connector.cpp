#include "domain/integration/connector.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace logline::integration {

using core::context;
using core::decision;

namespace {

decision no_such_connector() {
  return core::not_found("no such connector");
}
core::failure endpoint_closed() {
  return {core::failure_kind::not_found, "ENDPOINT_CLOSED", "the connector is closed"};
}

/// The open connector, or why there is none.
core::result<const listening*> open_endpoint(const connector& state) {
  if (std::holds_alternative<closed>(state.now)) return endpoint_closed();
  if (const auto* now = std::get_if<listening>(&state.now)) return now;
  return core::not_found("no such connector");
}

bool equal_ignoring_case(std::string_view header, std::string_view lower) {
  return header.size() == lower.size() && std::equal(header.begin(), header.end(), lower.begin(), [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
         });
}

/// The header's value; null when there is none, or it is empty.
const std::string* header(const receive& command, std::string_view lower_name) {
  for (const auto& [name, value] : command.headers)
    if (equal_ignoring_case(name, lower_name)) return value.empty() ? nullptr : &value;
  return nullptr;
}

std::string digest_text(const core::digest& digest) {
  return "sha256:" + digest.hex();
}

std::string delivery_id(const listening& endpoint, const receive& command, const core::digest& body) {
  const auto* given = endpoint.as.id_header ? header(command, *endpoint.as.id_header) : nullptr;
  if (given == nullptr) return digest_text(body);
  return given->size() <= delivery_id_bytes_max ? *given : digest_text(core::sha256(*given));
}

enum class signer : std::uint8_t { nobody, current, previous };

core::result<signer> signer_of(const listening& endpoint, const receive& command, const context& ctx) {
  const auto* given = header(command, endpoint.as.signature_header);
  if (given == nullptr) return signer::nobody;
  if (ctx.secrets == nullptr) return core::unavailable("this node has no key to open secrets");
  const auto current = ctx.secrets->open(endpoint.as.secret);
  if (!current) return current.error();
  if (is_signed_by(*current, command.body.data, *given, endpoint.as.signature_prefix)) return signer::current;
  if (!endpoint.previous || endpoint.previous->until <= ctx.now) return signer::nobody;
  const auto previous = ctx.secrets->open(endpoint.previous->secret);
  if (!previous) return previous.error();
  return is_signed_by(*previous, command.body.data, *given, endpoint.as.signature_prefix) ? signer::previous
                                                                                          : signer::nobody;
}

/// Headers that say how to read the body or lead back to the sender; none that carries credentials.
std::map<std::string, std::string> headers_that_matter(const listening& endpoint, const receive& command) {
  static constexpr std::array<std::string_view, 5> always{"content-type", "content-encoding", "user-agent",
                                                          "traceparent", "x-correlation-id"};
  std::map<std::string, std::string> out;
  const auto keep = [&](std::string_view name) {
    const auto* value = header(command, name);
    if (name == endpoint.as.subject_header) return;
    if (value != nullptr && value->size() <= header_bytes_max) out.emplace(name, *value);
  };
  for (const auto name : always)
    keep(name);
  if (endpoint.as.id_header) keep(*endpoint.as.id_header);
  if (endpoint.as.event_header) keep(*endpoint.as.event_header);
  return out;
}

std::optional<std::string> kept(const std::map<std::string, std::string>& headers, const std::string& name) {
  const auto found = headers.find(name);
  if (found == headers.end()) return std::nullopt;
  return found->second;
}

}  // namespace

decision decide(const connector& state, const open_inbox& command, const context&) {
  if (std::holds_alternative<listening>(state.now))
    return core::failure{core::failure_kind::conflict, "ALREADY_EXISTS",
                         "the connector is open; rotate its secret or close it"};
  return decision{}.emit(connector_opened{command.verifier, command.secret, command.signature_header,
                                          command.signature_prefix, command.id_header, command.event_header,
                                          command.max_body_bytes, command.subject_header});
}

decision decide(const connector& state, const rotate_secret& command, const context& ctx) {
  if (auto endpoint = open_endpoint(state); !endpoint) return endpoint.error();
  return decision{}.emit(connector_secret_rotated{command.secret, ctx.now + core::seconds(command.grace_s)});
}

decision decide(const connector& state, const close_inbox& command, const context&) {
  if (std::holds_alternative<vacant>(state.now)) return no_such_connector();
  if (std::holds_alternative<closed>(state.now)) return {};
  return decision{}.emit(connector_closed{command.reason});
}

decision decide(const connector& state, const receive& command, const context& ctx) {
  const auto found = open_endpoint(state);
  if (!found) return found.error();
  const listening& endpoint = **found;
  if (command.body.data.size() > static_cast<std::size_t>(endpoint.as.max_body_bytes))
    return core::too_large(fmt::format("this connector takes bodies up to {} bytes", endpoint.as.max_body_bytes));
  const auto signed_by = signer_of(endpoint, command, ctx);
  if (!signed_by) return signed_by.error();
  if (*signed_by == signer::nobody)
    return core::failure{core::failure_kind::unauthorized, "SIGNATURE_INVALID",
                         "the body's signature is missing or wrong"};

  delivery_received event;
  event.digest = core::sha256(command.body.data);
  event.delivery_id = delivery_id(endpoint, command, event.digest);
  if (state.seen.find(delivery_memory::key_of(event.delivery_id), ctx.now))
    return decision{}.answer(receive_reply{true, true, event.delivery_id, std::nullopt});
  event.size = command.body.data.size();
  event.headers = headers_that_matter(endpoint, command);
  if (endpoint.as.event_header) event.event = kept(event.headers, *endpoint.as.event_header);
  event.content_type = kept(event.headers, "content-type");
  event.body = command.body;
  event.received_at = command.received_at;
  if (endpoint.as.subject_header)
    if (const auto* about = header(command, *endpoint.as.subject_header)) event.subject = *about;
  if (*signed_by == signer::previous) event.previous_secret = true;
  const receive_reply reply{true, false, event.delivery_id, event.digest};
  return decision{}.emit(std::move(event)).answer(reply);
}

decision decide(const connector& state, const core::woken&, const context& ctx) {
  const auto due = next_wake(state);
  if (!due || *due > ctx.now) return {};
  return decision{}.emit(connector_previous_secret_retired{});
}

decision answer(const connector& state, const list_deliveries& question, const context&) {
  if (std::holds_alternative<vacant>(state.now)) return no_such_connector();
  const auto count = std::min(static_cast<std::size_t>(question.limit), state.recent.size());
  deliveries_reply reply;
  reply.deliveries.assign(state.recent.rbegin(), state.recent.rbegin() + static_cast<std::ptrdiff_t>(count));
  reply.remembered = state.seen.size();
  return decision{}.answer(reply);
}

decision answer(const connector& state, const read_delivery& question, const context& ctx) {
  const auto found = state.seen.find(delivery_memory::key_of(question.delivery_id), ctx.now);
  if (!found) return core::not_found("no such delivery, or it is forgotten");
  core::quoting_sink to;
  to.begin_object(8);
  to.key("delivery_id");
  to.text(question.delivery_id);
  to.key("at");
  core::encode_value(to, found->at);
  to.key("eseq");
  core::encode_value(to, found->sequence);
  for (const std::string_view field : {"size", "event", "content_type", "headers", "body"}) {
    to.key(field);
    to.quote(found->sequence, field);
  }
  to.end_object();
  decision d;
  d.answer_quoting(std::move(to));
  return d;
}

void evolve(connector& state, const connector_opened& event) {
  state.now = listening{event, std::nullopt};
}

void evolve(connector& state, const connector_secret_rotated& event, const core::record_meta& meta) {
  auto& endpoint = std::get<listening>(state.now);
  endpoint.previous.reset();
  if (event.previous_until > meta.decided_at)
    endpoint.previous = former_secret{std::move(endpoint.as.secret), event.previous_until};
  endpoint.as.secret = event.secret;
}

void evolve(connector& state, const connector_previous_secret_retired&) {
  std::get<listening>(state.now).previous.reset();
}

void evolve(connector& state, const connector_closed& event) {
  state.now = closed{event.reason};
}

void evolve(connector& state, const delivery_received& event, const core::record_meta& meta) {
  state.seen.remember(delivery_memory::key_of(event.delivery_id), meta.decided_at, meta.sequence);
  if (state.recent.size() >= recent_max) state.recent.erase(state.recent.begin());
  state.recent.push_back({event.delivery_id, event.digest, event.size, event.event, meta.decided_at, meta.sequence});
}

std::optional<core::timestamp> next_wake(const connector& state) {
  const auto* endpoint = std::get_if<listening>(&state.now);
  if (endpoint == nullptr || !endpoint->previous) return std::nullopt;
  return endpoint->previous->until;
}

const core::entity_type& connector_type() {
  static const core::typed_entity<connector_definition> type;
  return type;
}

}  // namespace logline::integration
