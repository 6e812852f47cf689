#include "journal/record_line.hpp"

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <simdjson.h>

#include "domain/core/described.hpp"
#include "domain/core/json.hpp"
#include "journal/merkle.hpp"

namespace logline::journal {

namespace {

/// The line's members; what a record does not have is left out. Names and order: NDJ-01, docs/formats/ndjson.md.
struct key_form {
  std::string key;
  core::digest request;
  core::bytes reply;
};
constexpr auto describe(core::type_tag<key_form>) {
  using core::field;
  return core::description<key_form>("idempotency", "", field("key", &key_form::key),
                                     field("request", &key_form::request), field("reply", &key_form::reply));
}

struct clock_form {
  std::string stream;
  std::string site;
  std::uint64_t n = 0;
  std::uint64_t lamport = 0;
  std::map<std::string, std::uint64_t> vector_clock;
};
constexpr auto describe(core::type_tag<clock_form>) {
  using core::field;
  return core::description<clock_form>("timeline", "", field("stream", &clock_form::stream),
                                       field("site", &clock_form::site), field("n", &clock_form::n),
                                       field("lamport", &clock_form::lamport), field("vc", &clock_form::vector_clock));
}

struct line_form {
  std::string site;
  std::uint16_t partition = 0;
  std::uint64_t position = 0;
  core::uuid event_id;
  std::string tenant;
  std::string type;
  std::string key;
  std::uint64_t sequence = 0;
  std::string name;
  std::uint16_t schema = 1;
  core::document payload;
  std::optional<core::bytes> exact_payload;
  core::timestamp inserted_at;
  std::int64_t decided_before_us = 0;
  std::uint32_t generation = 1;
  std::uint64_t epoch = 1;
  std::string principal;
  core::uuid command_id;
  core::uuid correlation_id;
  std::optional<core::uuid> causation_id;
  std::optional<std::string> trace_id;
  std::optional<std::int64_t> wake_at_us;
  std::optional<key_form> idempotency;
  std::optional<clock_form> timeline;
  std::uint8_t visibility = 1;
  std::optional<std::string> owner;
  std::optional<std::vector<std::string>> sealed;
  core::digest previous;
  core::digest hash;
};
constexpr auto describe(core::type_tag<line_form>) {
  using core::field;
  using f = line_form;
  return core::description<f>(
      "event", "", field("site", &f::site), field("partition", &f::partition), field("gseq", &f::position),
      field("id", &f::event_id), field("tenant", &f::tenant), field("type", &f::type), field("key", &f::key),
      field("seq", &f::sequence), field("name", &f::name), field("schema", &f::schema), field("payload", &f::payload),
      field("payload_b64", &f::exact_payload), field("inserted_at", &f::inserted_at),
      field("decided_before_us", &f::decided_before_us), field("generation", &f::generation), field("epoch", &f::epoch),
      field("principal", &f::principal), field("command_id", &f::command_id),
      field("correlation_id", &f::correlation_id), field("causation_id", &f::causation_id),
      field("trace_id", &f::trace_id), field("wake_at_us", &f::wake_at_us), field("idempotency", &f::idempotency),
      field("timeline", &f::timeline), field("visibility", &f::visibility), field("owner", &f::owner),
      field("sealed", &f::sealed), field("prev", &f::previous), field("hash", &f::hash));
}

std::optional<std::string> unless_empty(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional{std::string{text}};
}

/// Whether the payload comes back from JSON byte for byte: not when it has integers that JSON readers would round.
bool survives_json(const std::string& payload, std::string_view json) {
  const auto back = core::document_from_json(json);
  return back && back->msgpack == payload;
}

/// `payload_json` is the payload as JSON, which the form itself does not hold.
line_form to_form(core::record&& r, std::string_view payload_json) {
  line_form f;
  f.site = std::move(r.site);
  f.partition = r.partition.value;
  f.position = r.position.value;
  f.event_id = r.event_id;
  f.tenant = std::move(r.entity.tenant);
  f.type = std::move(r.entity.type);
  f.key = std::move(r.entity.key);
  f.sequence = r.sequence.value;
  f.name = std::move(r.event);
  f.schema = r.schema;
  if (!survives_json(r.payload, payload_json)) f.exact_payload = core::bytes{std::move(r.payload)};
  f.inserted_at = r.at;
  f.decided_before_us = (r.at - r.decided_at).us;
  f.generation = r.generation;
  f.epoch = r.epoch.value;
  f.principal = std::move(r.principal.value);
  f.command_id = r.command_id;
  f.correlation_id = r.correlation_id;
  if (!r.causation_id.is_nil()) f.causation_id = r.causation_id;
  f.trace_id = unless_empty(r.trace_id);
  if (r.wake_at) f.wake_at_us = r.wake_at->us;
  if (r.idempotency)
    f.idempotency = key_form{std::move(r.idempotency->key), r.idempotency->request, {std::move(r.idempotency->reply)}};
  if (r.timeline)
    f.timeline = clock_form{std::move(r.timeline->stream), std::move(r.timeline->dot.site), r.timeline->dot.n,
                            r.timeline->lamport, std::move(r.timeline->vector_clock)};
  f.visibility = static_cast<std::uint8_t>(r.visibility);
  f.owner = unless_empty(r.owner);
  if (!r.sealed.empty()) f.sealed = std::move(r.sealed);
  return f;
}

core::record to_record(line_form&& f) {
  core::record r;
  r.partition.value = f.partition;
  r.position.value = f.position;
  r.entity = {std::move(f.tenant), std::move(f.type), std::move(f.key)};
  r.sequence.value = f.sequence;
  r.event_id = f.event_id;
  r.event = std::move(f.name);
  r.schema = f.schema;
  r.at = f.inserted_at;
  r.decided_at = f.inserted_at - core::duration_us{f.decided_before_us};
  r.site = std::move(f.site);
  r.generation = f.generation;
  r.epoch.value = f.epoch;
  r.principal.value = std::move(f.principal);
  r.command_id = f.command_id;
  r.correlation_id = f.correlation_id;
  r.causation_id = f.causation_id.value_or(core::uuid{});
  r.trace_id = f.trace_id.value_or("");
  if (f.wake_at_us) r.wake_at = core::timestamp{*f.wake_at_us};
  if (f.idempotency)
    r.idempotency =
        core::idempotency{std::move(f.idempotency->key), f.idempotency->request, std::move(f.idempotency->reply.data)};
  if (f.timeline)
    r.timeline = core::timeline_stamp{std::move(f.timeline->stream),
                                      {std::move(f.timeline->site), f.timeline->n},
                                      f.timeline->lamport,
                                      std::move(f.timeline->vector_clock)};
  r.visibility = static_cast<core::visibility>(f.visibility);
  r.owner = f.owner.value_or("");
  if (f.sealed) r.sealed = std::move(*f.sealed);
  r.payload = f.exact_payload ? std::move(f.exact_payload->data) : std::move(f.payload.msgpack);
  return r;
}

}  // namespace

outcome append_record_line(const record_view& r, const core::digest& previous, const core::digest& hash,
                           std::string& out) {
  if (!core::is_representable(r.at) || !core::is_representable(r.decided_at))
    return error{errc::bad_encoding, "a record of a year that RFC 3339 cannot write cannot be a line", r.position};
  core::record owned;
  if (auto copied = copy_record(r, owned); !copied) return copied;
  const auto payload_json = core::json_text(owned.payload);
  line_form f = to_form(std::move(owned), payload_json);
  f.previous = previous;
  f.hash = hash;
  const std::size_t begin = out.size();
  core::json_sink to{out};
  core::encode_value(to, f);
  // Written once, since it is most of the line. Quotes inside texts are escaped: only the member itself looks so.
  constexpr std::string_view no_payload = R"("payload":{})";
  const auto member = out.find(no_payload, begin);
  LL_INVARIANT(member != std::string::npos, "a line of {} bytes without a payload", out.size() - begin);
  out.replace(member + no_payload.size() - 2, 2, payload_json);
  if (simdjson::validate_utf8(out.data() + begin, out.size() - begin)) return core::done{};
  out.resize(begin);
  return error{errc::bad_encoding, "a record with text that is not UTF-8 cannot be a line", r.position};
}

result<parsed_line> parse_record_line(std::string_view line) {
  line_form f;
  core::decode_scope scope{false};
  const auto parsed =
      core::read_json(line, [&](const core::source& from) { core::codec<line_form>::decode(from, f, scope, {}); });
  if (!parsed) return error{errc::bad_encoding, parsed.error().message, {}};
  const core::gseq position{f.position};
  if (scope.failed()) {
    const auto why = scope.take_failure("line");
    const std::string where = why.details.empty() ? std::string{} : why.details.front().path + ' ';
    const std::string what = why.details.empty() ? why.message : why.details.front().problem;
    return error{errc::bad_encoding, where + what, position};
  }
  if (f.visibility > static_cast<std::uint8_t>(core::visibility::public_))
    return error{errc::bad_encoding, "/visibility must be 0, 1 or 2", position};
  parsed_line out{{}, f.previous, f.hash};
  out.record = to_record(std::move(f));
  if (chain_hash(out.previous, leaf_hash(encode_record(out.record))) != out.hash)
    return error{errc::chain_broken, "hash is not that of prev and the record", position};
  return out;
}

}  // namespace logline::journal
