#include "adapters/ndjson/meta.hpp"

#include <utility>

#include <fmt/format.h>

#include "domain/core/bytes.hpp"
#include "domain/core/described.hpp"
#include "domain/core/json.hpp"

namespace logline::ndjson {

using journal::errc;
using journal::error;

constexpr auto describe(core::type_tag<shard_header>) {
  using core::field;
  using f = shard_header;
  return core::description<f>(
      "header", "", field("_shard", &f::format), field("name", &f::name), field("site", &f::site),
      field("partition", &f::partition), field("first_gseq", &f::first_gseq), field("prev", &f::previous),
      field("prev_shard", &f::previous_shard), field("filter", &f::filter), field("key_id", &f::key_id));
}

constexpr auto describe(core::type_tag<schema_line>) {
  using core::field;
  using f = schema_line;
  return core::description<f>("schema", "", field("_schema", &f::number), field("at", &f::at),
                              field("types", &f::types));
}

constexpr auto describe(core::type_tag<shard_trailer>) {
  using core::field;
  using f = shard_trailer;
  return core::description<f>("trailer", "", field("_end", &f::format), field("last_gseq", &f::last_gseq),
                              field("lines", &f::lines), field("hash", &f::hash), field("sha256", &f::sha256));
}

constexpr auto describe(core::type_tag<shard_manifest>) {
  using core::field;
  using f = shard_manifest;
  return core::description<f>(
      "manifest", "", field("_manifest", &f::format), field("shard", &f::shard), field("site", &f::site),
      field("partition", &f::partition), field("first_gseq", &f::first_gseq), field("last_gseq", &f::last_gseq),
      field("lines", &f::lines), field("prev", &f::previous), field("hash", &f::hash),
      field("prev_shard", &f::previous_shard), field("bytes", &f::bytes), field("sha256", &f::sha256),
      field("zst_sha256", &f::packed_sha256), field("schema", &f::schema_number), field("types", &f::types),
      field("key_id", &f::key_id), field("site_key", &f::site_key));
}

namespace {

template <class T>
void append_object(const T& value, std::string& out) {
  core::json_sink to{out};
  core::encode_value(to, value);
}

template <class T>
void append_signed(const T& value, const line_key& key, std::string& out) {
  const auto begin = out.size();
  append_object(value, out);
  sign_line(key, out, begin);
}

template <class T>
journal::result<T> parse(std::string_view body, std::string_view what) {
  T value;
  core::decode_scope scope{false};
  const auto read =
      core::read_json(body, [&](const core::source& from) { core::codec<T>::decode(from, value, scope, {}); });
  if (!read) return error{errc::bad_encoding, fmt::format("{}: {}", what, read.error().message), {}};
  if (!scope.failed()) return value;
  const auto why = scope.take_failure(what);
  const std::string detail =
      why.details.empty() ? why.message : why.details.front().path + ' ' + why.details.front().problem;
  return error{errc::bad_encoding, fmt::format("{}: {}", what, detail), {}};
}

error later_format(std::string_view what, std::uint64_t format) {
  return {errc::unknown_format, fmt::format("{} of format {}, which this version does not know", what, format), {}};
}

constexpr std::string_view site_member = R"(,"ed25519_b64":")";

}  // namespace

void append_meta_line(const shard_header& header, const line_key& key, std::string& out) {
  append_signed(header, key, out);
}
void append_meta_line(const schema_line& schema, const line_key& key, std::string& out) {
  append_signed(schema, key, out);
}
void append_meta_line(const shard_trailer& trailer, const line_key& key, std::string& out) {
  append_signed(trailer, key, out);
}

line_kind kind_of(std::string_view body) {
  if (body.starts_with(R"({"_shard":)")) return line_kind::header;
  if (body.starts_with(R"({"_schema":)")) return line_kind::schema;
  if (body.starts_with(R"({"_end":)")) return line_kind::trailer;
  return body.starts_with(R"({"_)") ? line_kind::unknown_meta : line_kind::event;
}

journal::result<shard_header> parse_header(std::string_view body) {
  auto header = parse<shard_header>(body, "header");
  if (!header) return header;
  if (header->format != format_version) return later_format("header", header->format);
  if (header->filter != "all") return error{errc::unknown_format, "header: a filter this version does not know", {}};
  return header;
}

journal::result<schema_line> parse_schema(std::string_view body) {
  return parse<schema_line>(body, "schema");
}

journal::result<shard_trailer> parse_trailer(std::string_view body) {
  auto trailer = parse<shard_trailer>(body, "trailer");
  if (trailer && trailer->format != format_version) return later_format("trailer", trailer->format);
  return trailer;
}

std::string manifest_text(const shard_manifest& manifest, const line_key& key,
                          const std::optional<journal::site_key>& site) {
  shard_manifest named = manifest;
  named.key_id = key.id;
  if (site) named.site_key = site->public_key().id();
  std::string out;
  append_signed(named, key, out);
  if (!site) return out;
  out.pop_back();
  const auto signature = core::to_base64(site->sign(out));
  out.pop_back();
  return fmt::format("{}{}{}\"}}\n", out, site_member, signature);
}

journal::result<shard_manifest> parse_manifest(std::string_view text, const std::vector<line_key>& keys,
                                               const std::optional<journal::site_public_key>& vouched_by) {
  if (!text.ends_with("\"}\n")) return error{errc::bad_encoding, "manifest: not one complete line", {}};
  text.remove_suffix(1);
  std::string inner{text};
  std::string site_signature;
  if (const auto at = text.rfind(site_member); at != std::string_view::npos) {
    const auto value = text.substr(at + site_member.size(), text.size() - at - site_member.size() - 2);
    auto signature = core::from_base64(value);
    if (!signature || core::to_base64(*signature) != value)
      return error{errc::bad_encoding, "manifest: ed25519_b64 is not base64", {}};
    site_signature = std::move(*signature);
    inner.resize(at);
    inner += '}';
  }
  signed_line line;
  if (auto split = split_line(inner, line); !split) return std::move(split).error();
  auto manifest = parse<shard_manifest>(line.body, "manifest");
  if (!manifest) return manifest;
  if (manifest->format != format_version) return later_format("manifest", manifest->format);
  const auto* key = find_key(keys, manifest->key_id);
  if (key == nullptr) return error{errc::key_missing, "manifest: no key " + core::excerpt(manifest->key_id), {}};
  if (!is_signed_by(*key, line)) return error{errc::bad_signature, "manifest: sig_b64 does not verify", {}};
  if (manifest->site_key.has_value() == site_signature.empty())
    return error{errc::bad_signature, "manifest: site_key and ed25519_b64 go together", {}};
  if (vouched_by && !vouched_by->verify(inner, site_signature))
    return error{errc::bad_signature, "manifest: the site's signature is missing or does not verify", {}};
  return manifest;
}

}  // namespace logline::ndjson
