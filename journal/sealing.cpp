#include "journal/sealing.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "domain/core/msgpack.hpp"
#include "journal/aead.hpp"
#include "journal/key_file.hpp"
#include "journal/little_endian.hpp"
#include "journal/msgpack_cursor.hpp"
#include "journal/zstd_codec.hpp"

namespace logline::journal {

namespace {

constexpr char format_version = '\x01';
constexpr char compressed = '\x01';
constexpr std::size_t head_bytes = 2 + 16;
// Below this, zstd saves less than it costs. Ciphertext cannot be compressed by anybody later.
constexpr std::size_t compress_from_bytes = 512;
constexpr std::size_t plain_bytes_max = std::size_t{64} << 20;

void append_part(std::string& out, std::string_view part) {
  char size[4];
  put_little_endian(size, static_cast<std::uint32_t>(part.size()));
  out.append(size, sizeof size).append(part);
}

std::string associated_data(std::string_view head, const sealed_place& where) {
  std::string out{head};
  for (const auto part : {where.tenant, where.type, where.key, where.event_id, where.place})
    append_part(out, part);
  return out;
}

/// The bytes inside {"$sealed": bin}; empty where that is not it.
std::string_view sealed_bytes(std::string_view value) {
  msgpack_cursor from{value};
  if (from.take_map() != 1 || from.take_text() != core::sealed_member) return {};
  const std::string_view bytes = from.take_binary();
  return from.ok() && from.at_end() && bytes.size() >= head_bytes + box_overhead ? bytes : std::string_view{};
}

/// A payload's members, in order; the views are into it.
struct member {
  std::string_view name;
  std::string_view value;
};
std::optional<std::vector<member>> members_of(std::string_view payload) {
  msgpack_cursor from{payload};
  std::vector<member> out(from.take_map());
  for (auto& each : out) {
    each.name = from.take_text();
    each.value = from.take_value();
  }
  if (!from.ok() || !from.at_end()) return std::nullopt;
  return out;
}

std::string_view text_of(std::string_view value) {
  msgpack_cursor from{value};
  const auto text = from.take_text();
  return from.ok() ? text : std::string_view{};
}

/// Copies a payload, some of its values replaced.
class rewriter {
 public:
  explicit rewriter(std::string_view payload) : payload_(payload) {}

  void replace(std::string_view value, std::string_view by) {
    const auto at = static_cast<std::size_t>(value.data() - payload_.data());
    out_.append(payload_, copied_, at - copied_).append(by);
    copied_ = at + value.size();
  }
  std::string finish() { return std::move(out_.append(payload_, copied_, std::string::npos)); }

 private:
  std::string_view payload_;
  std::string out_;
  std::size_t copied_ = 0;
};

std::string as_text(std::string_view text) {
  std::string out;
  core::msgpack_sink to{out};
  to.text(text);
  return out;
}

error unreadable_payload() {
  return {errc::bad_encoding, "a payload that is no msgpack map of texts", {}};
}

bool is_nil(std::string_view value) {
  return value == std::string_view{"\xc0", 1};
}

}  // namespace

std::string seal_value(const data_key& key, const sealed_place& where, std::string_view value) {
  std::string packed;
  if (value.size() >= compress_from_bytes) {
    packed.resize(4);
    put_little_endian(packed.data(), static_cast<std::uint32_t>(value.size()));
    if (!zstd_codec::of_thread().compress(value, 1, value.size() - value.size() / 8, packed)) packed.clear();
  }
  std::string head{format_version, packed.empty() ? '\0' : compressed};
  head += key.id.view();
  std::string bytes = head;
  seal_box(key.key->raw(), associated_data(head, where), packed.empty() ? value : packed, bytes);
  wipe(packed);
  std::string out;
  out.reserve(bytes.size() + 16);
  core::msgpack_sink to{out};
  to.begin_object(1);
  to.key(core::sealed_member);
  to.binary(bytes);
  to.end_object();
  return out;
}

core::uuid sealing_key_of(std::string_view sealed) {
  const auto bytes = sealed_bytes(sealed);
  return bytes.empty() ? core::uuid{} : core::uuid::from(bytes.substr(2, 16));
}

result<std::string> open_value(const data_key& key, const sealed_place& where, std::string_view sealed) {
  const auto bytes = sealed_bytes(sealed);
  if (bytes.empty() || bytes[0] != format_version || (bytes[1] & ~compressed) != 0)
    return error{errc::bad_encoding, "no sealed value, or one of a newer version", {}};
  const auto head = bytes.substr(0, head_bytes);
  std::string plain;
  if (auto opened = open_box(key.key->raw(), associated_data(head, where), bytes.substr(head_bytes), plain); !opened)
    return std::move(opened).error();
  if (bytes[1] != compressed) return plain;
  const std::size_t size = plain.size() < 4 ? 0 : get_little_endian<std::uint32_t>(plain.data());
  std::string value;
  if (size == 0 || size > plain_bytes_max) return error{errc::bad_encoding, "a sealed value of a wrong size", {}};
  auto unpacked = zstd_codec::of_thread().decompress(std::string_view{plain}.substr(4), size, value);
  wipe(plain);
  if (!unpacked) return std::move(unpacked).error();
  return value;
}

core::uuid sealer::subject_of(std::string_view tenant, std::string_view id) const {
  if (const auto already = core::parse_pseudonym(id)) return *already;
  return keys_.pseudonym(tenant, id);
}

outcome sealer::seal(event_draft& draft, const core::address& entity, std::span<const core::private_field> fields,
                     std::string_view author) {
  const auto members = members_of(draft.payload);
  if (!members) return unreadable_payload();
  const auto find = [&](std::string_view name) {
    return std::find_if(members->begin(), members->end(), [&](const member& m) { return m.name == name; });
  };
  rewriter payload{draft.payload};
  std::vector<std::string> sealed;
  for (const auto& m : *members) {
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.name == m.name; });
    if (field == fields.end() || is_nil(m.value)) continue;
    if (field->names_subject) {
      payload.replace(m.value, as_text(core::pseudonym_text(subject_of(entity.tenant, text_of(m.value)))));
      continue;
    }
    const auto named = find(field->subject);
    const std::string_view about = named == members->end() ? std::string_view{} : text_of(named->value);
    auto key = keys_.key_for(entity.tenant, subject_of(entity.tenant, about.empty() ? author : about));
    if (!key) return std::move(key).error();
    std::string place = "/" + std::string{m.name};
    const sealed_place where{entity.tenant, entity.type, entity.key, draft.event_id.view(), place};
    payload.replace(m.value, seal_value(*key, where, m.value));
    sealed.push_back(std::move(place));
  }
  std::string rewritten = payload.finish();
  wipe(draft.payload);
  draft.payload = std::move(rewritten);
  draft.sealed = std::move(sealed);
  return core::done{};
}

result<std::string> sealer::unseal_value(const sealed_place& where, std::string_view sealed, erased_as how) {
  const core::uuid id = sealing_key_of(sealed);
  if (id.is_nil()) return error{errc::bad_encoding, "no sealed value where the record names one", {}};
  auto key = keys_.find_key(id);
  if (key) return open_value(*key, where, sealed);
  if (key.error().code != errc::not_found) return std::move(key).error();
  if (how == erased_as::sealed) return std::string{sealed};
  auto request = keys_.erased_by(id);
  if (!request) return std::move(request).error();
  if (!*request) return error{errc::key_missing, "a sealed value whose key is not in this key store", {}};
  return core::redacted_value(**request);
}

outcome sealer::unseal(core::record& r, erased_as how) {
  if (r.sealed.empty()) return core::done{};
  const auto members = members_of(r.payload);
  if (!members) return unreadable_payload();
  rewriter payload{r.payload};
  for (const auto& m : *members) {
    const auto place = std::find_if(r.sealed.begin(), r.sealed.end(), [&](const std::string& s) {
      return s.size() == m.name.size() + 1 && s.front() == '/' && s.ends_with(m.name);
    });
    if (place == r.sealed.end()) continue;
    const sealed_place where{r.entity.tenant, r.entity.type, r.entity.key, r.event_id.view(), *place};
    auto value = unseal_value(where, m.value, how);
    if (!value) return std::move(value).error();
    payload.replace(m.value, *value);
  }
  r.payload = payload.finish();
  return core::done{};
}

}  // namespace logline::journal
