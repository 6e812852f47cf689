#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/core/entity.hpp"
#include "domain/integration/delivery_memory.hpp"
#include "domain/integration/signature.hpp"

/// `connector/<name>` in its first form: an inbox for one provider's webhooks. A delivery is verified over its raw
/// bytes, recognised when it comes again, and kept as received; accepted means durable (CON-04, CON-06, CON-09,
/// CON-14).
namespace logline::integration {

/// A journal record is at most 1 MiB (JRN-12) and holds headers, envelope and reply beside the body.
inline constexpr std::int64_t body_bytes_max = 1'000'000;
inline constexpr std::size_t header_bytes_max = 1'024;     ///< of a header that is kept; longer ones are not
inline constexpr std::size_t delivery_id_bytes_max = 512;  ///< longer ones are replaced by their digest (CON-11)
inline constexpr std::size_t recent_max = 100;

struct open_inbox {
  integration::verifier verifier = integration::verifier::hmac_sha256;
  core::sealed_secret secret;
  std::string signature_header = "x-hub-signature-256";
  std::string signature_prefix = "sha256=";
  std::optional<std::string> id_header;
  std::optional<std::string> event_header;
  std::int64_t max_body_bytes = body_bytes_max;
  std::optional<std::string> subject_header = std::nullopt;
};
struct rotate_secret {
  core::sealed_secret secret;
  std::int64_t grace_s = 86'400;
};
struct close_inbox {
  std::string reason;
};
struct receive {
  std::map<std::string, std::string> headers;
  core::bytes body;
  std::optional<core::timestamp> received_at;
};
struct list_deliveries {
  std::int64_t limit = 20;
};
struct read_delivery {
  std::string delivery_id;
};

struct connector_opened {
  integration::verifier verifier = integration::verifier::hmac_sha256;
  core::sealed_secret secret;
  std::string signature_header;
  std::string signature_prefix;
  std::optional<std::string> id_header;
  std::optional<std::string> event_header;
  std::int64_t max_body_bytes = 0;
  std::optional<std::string> subject_header = std::nullopt;
};
struct connector_secret_rotated {
  core::sealed_secret secret;
  core::timestamp previous_until;
};
struct connector_previous_secret_retired {};
struct connector_closed {
  std::string reason;
};
struct delivery_received {
  std::string delivery_id;
  core::digest digest;
  std::uint64_t size = 0;
  std::optional<std::string> event;
  std::optional<std::string> content_type;
  std::map<std::string, std::string> headers;
  core::bytes body;
  std::optional<core::timestamp> received_at;
  std::optional<bool> previous_secret;                ///< true where only the secret before the last rotation fits
  std::optional<std::string> subject = std::nullopt;  ///< whom the body is about, where the connector knows
};

struct receive_reply {
  bool accepted = true;
  bool duplicate = false;
  std::string delivery_id;
  std::optional<core::digest> digest;
};
struct delivery_note {
  std::string delivery_id;
  core::digest digest;
  std::uint64_t size = 0;
  std::optional<std::string> event;
  core::timestamp at;
  core::eseq sequence;
};
struct deliveries_reply {
  std::vector<delivery_note> deliveries;
  std::uint64_t remembered = 0;
};

struct former_secret {
  core::sealed_secret secret;
  core::timestamp until;
};
struct vacant {};
struct listening {
  connector_opened as;
  std::optional<former_secret> previous;
};
struct closed {
  std::string reason;
};
struct connector {
  std::variant<vacant, listening, closed> now;
  delivery_memory seen;
  std::vector<delivery_note> recent;  ///< oldest first
};

constexpr auto describe(core::type_tag<open_inbox>) {
  using core::field;
  return core::description<open_inbox>(
      "open", "Opens the inbox, or opens it again after it was closed.",
      field("verifier", &open_inbox::verifier, {.doc = "how deliveries are signed", .optional = true}),
      field("secret", &open_inbox::secret, {.doc = "shared with the provider", .size_min = 1, .size_max = 4'096}),
      field("signature_header", &open_inbox::signature_header,
            {.doc = "lower case", .optional = true, .text = core::charset::name}),
      field("signature_prefix", &open_inbox::signature_prefix,
            {.doc = "what stands before the hex digits",
             .optional = true,
             .size_max = 32,
             .text = core::charset::visible}),
      field("id_header", &open_inbox::id_header,
            {.doc = "header with the delivery's id, such as x-github-delivery; without it the body's digest is the id",
             .text = core::charset::name}),
      field("event_header", &open_inbox::event_header,
            {.doc = "header with the event's name, such as x-github-event", .text = core::charset::name}),
      field("max_body_bytes", &open_inbox::max_body_bytes,
            {.optional = true, .unit = "bytes", .min = 1, .max = body_bytes_max}),
      field("subject_header", &open_inbox::subject_header,
            {.doc = "header with the id of the person a delivery is about: the body is then sealed under that "
                    "person's key, and the header itself is not kept",
             .text = core::charset::name}));
}
constexpr auto describe(core::type_tag<rotate_secret>) {
  using core::field;
  return core::description<rotate_secret>(
      "rotate_secret", "Takes a new secret; the old one is accepted for a while.",
      field("secret", &rotate_secret::secret, {.size_min = 1, .size_max = 4'096}),
      field("grace_s", &rotate_secret::grace_s,
            {.doc = "how long the old one is accepted", .optional = true, .unit = "s", .min = 0, .max = 259'200}));
}
constexpr auto describe(core::type_tag<close_inbox>) {
  return core::description<close_inbox>(
      "close", "Accepts nothing any more.",
      core::field("reason", &close_inbox::reason, {.optional = true, .size_max = 512}));
}
constexpr auto describe(core::type_tag<receive>) {
  using core::field;
  return core::description<receive>(
      "receive", "Takes one delivery as it came over the wire.",
      field("headers", &receive::headers, {.doc = "by name", .size_max = 128}),
      field("body", &receive::body, {.doc = "raw bytes", .personal = true, .size_max = std::size_t{64} << 20}),
      field("received_at", &receive::received_at, {.doc = "when the first byte came"}));
}
constexpr auto describe(core::type_tag<list_deliveries>) {
  return core::description<list_deliveries>(
      "deliveries", "The last deliveries, newest first.",
      core::field("limit", &list_deliveries::limit, {.optional = true, .min = 1, .max = recent_max}));
}
constexpr auto describe(core::type_tag<read_delivery>) {
  return core::description<read_delivery>(
      "delivery", "One delivery that is still remembered, with its body.",
      core::field("delivery_id", &read_delivery::delivery_id, {.size_min = 1, .size_max = 512}));
}

constexpr auto describe(core::type_tag<connector_opened>) {
  using core::field;
  using event = connector_opened;
  return core::description<event>(
      "connector_opened", "The inbox was opened.", field("verifier", &event::verifier), field("secret", &event::secret),
      field("signature_header", &event::signature_header), field("signature_prefix", &event::signature_prefix),
      field("id_header", &event::id_header), field("event_header", &event::event_header),
      field("max_body_bytes", &event::max_body_bytes), field("subject_header", &event::subject_header));
}
constexpr auto describe(core::type_tag<connector_secret_rotated>) {
  using core::field;
  using event = connector_secret_rotated;
  return core::description<event>("connector_secret_rotated", "There is a new secret.", field("secret", &event::secret),
                                  field("previous_until", &event::previous_until));
}
constexpr auto describe(core::type_tag<connector_previous_secret_retired>) {
  return core::description<connector_previous_secret_retired>("connector_previous_secret_retired",
                                                              "The old secret's time was up; it is forgotten.");
}
constexpr auto describe(core::type_tag<connector_closed>) {
  return core::description<connector_closed>("connector_closed", "The inbox was closed.",
                                             core::field("reason", &connector_closed::reason));
}
constexpr auto describe(core::type_tag<delivery_received>) {
  using core::field;
  using event = delivery_received;
  return core::description<event>(
      "delivery_received", "A new delivery came, properly signed.", field("delivery_id", &event::delivery_id),
      field("digest", &event::digest, {.doc = "SHA-256 of the body"}), field("size", &event::size, {.unit = "bytes"}),
      field("event", &event::event), field("content_type", &event::content_type), field("headers", &event::headers),
      field("body", &event::body, {.doc = "raw bytes as received", .personal = true, .subject = "subject"}),
      field("received_at", &event::received_at), field("previous_secret", &event::previous_secret),
      field("subject", &event::subject, {.doc = "pseudonym of the person", .names_subject = true}));
}

constexpr auto describe(core::type_tag<receive_reply>) {
  using core::field;
  return core::description<receive_reply>(
      "receive_reply", "What became of the delivery.", field("accepted", &receive_reply::accepted),
      field("duplicate", &receive_reply::duplicate), field("delivery_id", &receive_reply::delivery_id),
      field("digest", &receive_reply::digest));
}
constexpr auto describe(core::type_tag<delivery_note>) {
  using core::field;
  return core::description<delivery_note>(
      "delivery_note", "A delivery without its body.", field("delivery_id", &delivery_note::delivery_id),
      field("digest", &delivery_note::digest), field("size", &delivery_note::size),
      field("event", &delivery_note::event), field("at", &delivery_note::at), field("eseq", &delivery_note::sequence));
}
constexpr auto describe(core::type_tag<deliveries_reply>) {
  using core::field;
  return core::description<deliveries_reply>("deliveries_reply", "The last deliveries.",
                                             field("deliveries", &deliveries_reply::deliveries),
                                             field("remembered", &deliveries_reply::remembered));
}
constexpr auto describe(core::type_tag<former_secret>) {
  using core::field;
  return core::description<former_secret>("former_secret", "The secret before the last rotation.",
                                          field("secret", &former_secret::secret),
                                          field("until", &former_secret::until));
}
constexpr auto describe(core::type_tag<vacant>) {
  return core::description<vacant>("vacant", "No such connector.");
}
constexpr auto describe(core::type_tag<listening>) {
  using core::field;
  return core::description<listening>("listening", "Deliveries are accepted.", field("as", &listening::as),
                                      field("previous", &listening::previous));
}
constexpr auto describe(core::type_tag<closed>) {
  return core::description<closed>("closed", "Nothing is accepted.", core::field("reason", &closed::reason));
}
constexpr auto describe(core::type_tag<connector>) {
  using core::field;
  return core::description<connector>(
      "connector", "An inbox and what it remembers.", field("now", &connector::now),
      field("seen", &connector::seen, {.doc = "how many deliveries would be recognised"}),
      field("recent", &connector::recent));
}

/// ALREADY_EXISTS while it is open. What a closed connector remembers is kept.
core::decision decide(const connector& state, const open_inbox& command, const core::context& ctx);
/// NOT_FOUND, ENDPOINT_CLOSED. With no grace the old secret is refused at once.
core::decision decide(const connector& state, const rotate_secret& command, const core::context& ctx);
/// NOT_FOUND. Quiet when it is closed.
core::decision decide(const connector& state, const close_inbox& command, const core::context& ctx);
/// NOT_FOUND, ENDPOINT_CLOSED, PAYLOAD_TOO_LARGE, UNAVAILABLE (no key here), INTERNAL (secret of another key),
/// SIGNATURE_INVALID. Answers receive_reply; a delivery that came before writes nothing.
core::decision decide(const connector& state, const receive& command, const core::context& ctx);
core::decision decide(const connector& state, const core::woken& command, const core::context& ctx);
/// NOT_FOUND.
core::decision answer(const connector& state, const list_deliveries& question, const core::context& ctx);
/// NOT_FOUND, also for what is forgotten. Answers {delivery_id, at, eseq, size, event, content_type, headers, body}.
core::decision answer(const connector& state, const read_delivery& question, const core::context& ctx);

void evolve(connector& state, const connector_opened& event);
void evolve(connector& state, const connector_secret_rotated& event, const core::record_meta& meta);
void evolve(connector& state, const connector_previous_secret_retired& event);
void evolve(connector& state, const connector_closed& event);
void evolve(connector& state, const delivery_received& event, const core::record_meta& meta);
/// When the old secret's time is up.
std::optional<core::timestamp> next_wake(const connector& state);

struct connector_definition {
  static constexpr std::string_view name = "connector";
  static constexpr std::string_view doc = "An inbox for one provider's webhooks.";
  static constexpr std::uint32_t fold_version = 1;
  using state = connector;
  using commands = core::type_list<open_inbox, rotate_secret, close_inbox, receive>;
  using queries = core::type_list<list_deliveries, read_delivery>;
  using events = core::type_list<connector_opened, connector_secret_rotated, connector_previous_secret_retired,
                                 connector_closed, delivery_received>;
};

}  // namespace logline::integration
