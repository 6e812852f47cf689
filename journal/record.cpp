#include "journal/record.hpp"

#include <array>

#include <fmt/format.h>
#include <msgpack.hpp>

#include "journal/msgpack_cursor.hpp"

namespace logline::journal {

namespace {

constexpr std::uint64_t format_version = 1;
constexpr std::uint32_t element_count = 27;
constexpr std::uint64_t generation_max = UINT32_MAX;
constexpr std::array<char, 16> nil_uuid_bytes{};
constexpr std::string_view nil_uuid{nil_uuid_bytes.data(), nil_uuid_bytes.size()};

/// msgpack-c writes in many small steps; a std::string with room takes them without a detour.
struct appender {
  std::string& out;
  void write(const char* data, std::size_t size) { out.append(data, size); }
};
using packer = msgpack::packer<appender>;

void pack_text(packer& to, std::string_view text) {
  to.pack_str(static_cast<std::uint32_t>(text.size()));
  to.pack_str_body(text.data(), static_cast<std::uint32_t>(text.size()));
}

void pack_binary(packer& to, std::string_view bytes) {
  to.pack_bin(static_cast<std::uint32_t>(bytes.size()));
  to.pack_bin_body(bytes.data(), static_cast<std::uint32_t>(bytes.size()));
}

void pack_text_or_nil(packer& to, std::string_view text) {
  if (text.empty()) {
    to.pack_nil();
  } else {
    pack_text(to, text);
  }
}

/// nil stands for "the same as `usual`", the case that nearly always holds.
void pack_id(packer& to, std::string_view id, std::string_view usual) {
  if (id == usual) {
    to.pack_nil();
  } else {
    pack_binary(to, id);
  }
}

void pack_value_or_nil(packer& to, appender& raw, std::string_view msgpack) {
  if (msgpack.empty()) {
    to.pack_nil();
  } else {
    raw.write(msgpack.data(), msgpack.size());
  }
}

void pack_idempotency(packer& to, const record_view& r) {
  if (!r.has_idempotency) {
    to.pack_nil();
    return;
  }
  to.pack_array(3);
  pack_text(to, r.idempotency_key);
  pack_binary(to, r.idempotency_request);
  pack_binary(to, r.idempotency_reply);
}

void take_idempotency(msgpack_cursor& from, record_view& out) {
  out.has_idempotency = !from.take_nil();
  if (!out.has_idempotency) {
    out.idempotency_key = out.idempotency_request = out.idempotency_reply = {};
    return;
  }
  if (from.take_array() != 3) from.fail();
  out.idempotency_key = from.take_text();
  out.idempotency_request = from.take_binary(32);
  out.idempotency_reply = from.take_binary();
}

std::string_view take_id(msgpack_cursor& from, std::string_view usual) {
  return from.take_nil() ? usual : from.take_binary(16);
}

std::string_view take_text_or_nil(msgpack_cursor& from) {
  return from.take_nil() ? std::string_view{} : from.take_text();
}

std::string_view take_value_or_nil(msgpack_cursor& from) {
  return from.take_nil() ? std::string_view{} : from.take_value();
}

error malformed(std::string_view what, core::gseq position) {
  return {errc::bad_encoding, fmt::format("record: {}", what), position};
}

outcome copy_timeline(const record_view& from, core::record& to) {
  to.timeline.reset();
  if (from.timeline.empty()) return core::done{};
  msgpack_cursor cursor{from.timeline};
  core::timeline_stamp stamp;
  if (cursor.take_array() != 5) cursor.fail();
  stamp.stream = cursor.take_text();
  stamp.dot.site = cursor.take_text();
  stamp.dot.n = cursor.take_unsigned();
  stamp.lamport = cursor.take_unsigned();
  for (std::uint64_t left = cursor.take_map(); left > 0 && cursor.ok(); --left) {
    std::string site{cursor.take_text()};
    const std::uint64_t n = cursor.take_unsigned();
    // Ascending order is part of the canonical form, and rules out a site that comes twice.
    if (!stamp.vector_clock.empty() && site <= stamp.vector_clock.rbegin()->first) cursor.fail();
    stamp.vector_clock.emplace_hint(stamp.vector_clock.end(), std::move(site), n);
  }
  if (!cursor.ok() || !cursor.at_end()) return malformed("timeline", from.position);
  to.timeline = std::move(stamp);
  return core::done{};
}

outcome copy_sealed(const record_view& from, core::record& to) {
  to.sealed.clear();
  if (from.sealed.empty()) return core::done{};
  msgpack_cursor cursor{from.sealed};
  for (std::uint64_t left = cursor.take_array(); left > 0 && cursor.ok(); --left)
    to.sealed.emplace_back(cursor.take_text());
  if (!cursor.ok() || !cursor.at_end()) return malformed("sealed", from.position);
  return core::done{};
}

core::uuid to_uuid(std::string_view sixteen_bytes) {
  return core::uuid::from(sixteen_bytes);
}

}  // namespace

record_view view_of(const core::record& r) {
  record_view view;
  view.partition = r.partition;
  view.position = r.position;
  view.tenant = r.entity.tenant;
  view.type = r.entity.type;
  view.key = r.entity.key;
  view.sequence = r.sequence;
  view.event_id = r.event_id.view();
  view.event = r.event;
  view.schema = r.schema;
  view.at = r.at;
  view.decided_at = r.decided_at;
  view.site = r.site;
  view.generation = r.generation;
  view.epoch = r.epoch;
  view.principal = r.principal.value;
  view.command_id = r.command_id.view();
  view.correlation_id = r.correlation_id.view();
  view.causation_id = r.causation_id.view();
  view.trace_id = r.trace_id;
  view.wake_at = r.wake_at;
  view.has_idempotency = r.idempotency.has_value();
  if (r.idempotency) {
    view.idempotency_key = r.idempotency->key;
    view.idempotency_request = r.idempotency->request.view();
    view.idempotency_reply = r.idempotency->reply;
  }
  view.visibility = r.visibility;
  view.owner = r.owner;
  view.payload = r.payload;
  return view;
}

void encode_record(const record_view& r, std::string& out) {
  appender raw{out};
  packer to{raw};
  to.pack_array(element_count);
  to.pack(format_version);
  to.pack(r.partition.value);
  to.pack(r.position.value);
  pack_text(to, r.tenant);
  pack_text(to, r.type);
  pack_text(to, r.key);
  to.pack(r.sequence.value);
  pack_binary(to, r.event_id);
  pack_text(to, r.event);
  to.pack(r.schema);
  to.pack(r.at.us);
  to.pack((r.at - r.decided_at).us);
  pack_text(to, r.site);
  to.pack(r.generation);
  to.pack(r.epoch.value);
  pack_text(to, r.principal);
  pack_id(to, r.command_id, r.event_id);
  pack_id(to, r.correlation_id, r.command_id);
  pack_id(to, r.causation_id, nil_uuid);
  pack_text_or_nil(to, r.trace_id);
  if (r.wake_at) {
    to.pack(r.wake_at->us);
  } else {
    to.pack_nil();
  }
  pack_idempotency(to, r);
  pack_value_or_nil(to, raw, r.timeline);
  to.pack(static_cast<std::uint8_t>(r.visibility));
  pack_text_or_nil(to, r.owner);
  pack_value_or_nil(to, raw, r.sealed);
  pack_binary(to, r.payload);
}

std::string encode_record(const core::record& r) {
  record_view view = view_of(r);
  const std::string timeline = r.timeline ? encode_timeline(*r.timeline) : std::string{};
  const std::string sealed = r.sealed.empty() ? std::string{} : encode_sealed(r.sealed);
  view.timeline = timeline;
  view.sealed = sealed;
  std::string out;
  encode_record(view, out);
  return out;
}

std::string encode_timeline(const core::timeline_stamp& stamp) {
  std::string out;
  appender raw{out};
  packer to{raw};
  to.pack_array(5);
  pack_text(to, stamp.stream);
  pack_text(to, stamp.dot.site);
  to.pack(stamp.dot.n);
  to.pack(stamp.lamport);
  to.pack_map(static_cast<std::uint32_t>(stamp.vector_clock.size()));
  for (const auto& [site, n] : stamp.vector_clock) {
    pack_text(to, site);
    to.pack(n);
  }
  return out;
}

std::string encode_sealed(const std::vector<std::string>& paths) {
  std::string out;
  appender raw{out};
  packer to{raw};
  to.pack_array(static_cast<std::uint32_t>(paths.size()));
  for (const auto& path : paths)
    pack_text(to, path);
  return out;
}

outcome read_record(std::string_view bytes, record_view& out) {
  msgpack_cursor from{bytes};
  const std::uint64_t elements = from.take_array();
  if (elements < element_count || from.take_unsigned() < format_version) return malformed("not a record", {});
  out.partition.value = from.take_unsigned<std::uint16_t>(UINT16_MAX);
  out.position.value = from.take_unsigned();
  out.tenant = from.take_text();
  out.type = from.take_text();
  out.key = from.take_text();
  out.sequence.value = from.take_unsigned();
  out.event_id = from.take_binary(16);
  out.event = from.take_text();
  out.schema = from.take_unsigned<std::uint16_t>(UINT16_MAX);
  out.at.us = from.take_signed();
  const std::int64_t waited = from.take_signed();
  if (__builtin_sub_overflow(out.at.us, waited, &out.decided_at.us)) from.fail();
  out.site = from.take_text();
  out.generation = from.take_unsigned<std::uint32_t>(generation_max);
  out.epoch.value = from.take_unsigned();
  out.principal = from.take_text();
  out.command_id = take_id(from, out.event_id);
  out.correlation_id = take_id(from, out.command_id);
  out.causation_id = take_id(from, nil_uuid);
  out.trace_id = take_text_or_nil(from);
  out.wake_at.reset();
  if (!from.take_nil()) out.wake_at = core::timestamp{from.take_signed()};
  take_idempotency(from, out);
  out.timeline = take_value_or_nil(from);
  out.visibility = from.take_unsigned<core::visibility>(static_cast<std::uint64_t>(core::visibility::public_));
  out.owner = take_text_or_nil(from);
  out.sealed = take_value_or_nil(from);
  out.payload = from.take_binary();
  for (std::uint64_t later = elements - element_count; later > 0 && from.ok(); --later)
    from.take_value();
  if (!from.ok() || !from.at_end()) return malformed("element of the wrong type or length", out.position);
  out.bytes = bytes;
  return core::done{};
}

outcome copy_record(const record_view& from, core::record& to) {
  to.partition = from.partition;
  to.position = from.position;
  to.entity.tenant = from.tenant;
  to.entity.type = from.type;
  to.entity.key = from.key;
  to.sequence = from.sequence;
  to.event_id = to_uuid(from.event_id);
  to.event = from.event;
  to.schema = from.schema;
  to.at = from.at;
  to.decided_at = from.decided_at;
  to.site = from.site;
  to.generation = from.generation;
  to.epoch = from.epoch;
  to.principal.value = from.principal;
  to.command_id = to_uuid(from.command_id);
  to.correlation_id = to_uuid(from.correlation_id);
  to.causation_id = to_uuid(from.causation_id);
  to.trace_id = from.trace_id;
  to.wake_at = from.wake_at;
  to.idempotency.reset();
  if (from.has_idempotency)
    to.idempotency = core::idempotency{std::string{from.idempotency_key}, core::digest::from(from.idempotency_request),
                                       std::string{from.idempotency_reply}};
  to.visibility = from.visibility;
  to.owner = from.owner;
  to.payload = from.payload;
  auto timeline = copy_timeline(from, to);
  return timeline ? copy_sealed(from, to) : timeline;
}

result<core::record> decode_record(std::string_view bytes) {
  record_view view;
  if (auto read = read_record(bytes, view); !read) return std::move(read).error();
  core::record out;
  if (auto copied = copy_record(view, out); !copied) return std::move(copied).error();
  return out;
}

core::digest chain_hash(const core::digest& before, const core::digest& leaf) {
  return core::sha256({before.view(), leaf.view()});
}

}  // namespace logline::journal
