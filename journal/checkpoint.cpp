#include "journal/checkpoint.hpp"

#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "domain/core/address.hpp"
#include "domain/core/bytes.hpp"
#include "domain/core/invariant.hpp"

namespace logline::journal {

namespace {

constexpr std::string_view signature_mark = "\xe2\x80\x94 ";  // em dash, space
constexpr std::string_view chain_mark = "chain ";
constexpr std::string_view time_mark = "time ";
constexpr std::string_view ed25519_type{"\x01", 1};
constexpr std::size_t key_hash_size = 4;
/// Room for our own note and some dozens of witnesses, post-quantum ones included.
constexpr std::size_t note_bytes_max = 256 * 1024;

error malformed(std::string_view problem, std::uint64_t size = 0) {
  return {errc::bad_encoding, fmt::format("checkpoint: {}", problem), core::gseq{size}};
}

/// Takes the first code point off `text`; nothing where it is not UTF-8 (RFC 3629).
std::optional<char32_t> take_code_point(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xc2 ? 0
                             : first < 0xe0 ? 2
                             : first < 0xf0 ? 3
                             : first < 0xf5 ? 4
                                            : 0;
  if (length == 0 || text.size() < length) return std::nullopt;
  char32_t value = length == 1 ? first : first & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return std::nullopt;
    value = value << 6 | (byte(i) & 0x3f);
  }
  const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  if (overlong || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return std::nullopt;
  text.remove_prefix(length);
  return value;
}

bool is_space(char32_t c) {
  return c == ' ' || c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
         c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

bool is_note_text(std::string_view text) {
  while (!text.empty()) {
    const auto c = take_code_point(text);
    if (!c || (*c < 0x20 && *c != '\n')) return false;
  }
  return true;
}

/// Requires valid UTF-8.
bool is_key_name(std::string_view name) {
  if (name.empty()) return false;
  while (!name.empty()) {
    const auto c = take_code_point(name);
    if (!c || *c == '+' || is_space(*c)) return false;
  }
  return true;
}

/// Takes a line without its newline; nothing when there is no newline left.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

/// Only the one encoding that to_base64 gives: unused bits of the last character must be zero.
std::optional<std::string> strict_base64(std::string_view text) {
  auto raw = core::from_base64(text);
  if (!raw || core::to_base64(*raw) != text) return std::nullopt;
  return std::move(*raw);
}

std::optional<core::digest> parse_digest(std::string_view base64) {
  const auto raw = strict_base64(base64);
  if (!raw || raw->size() != 32) return std::nullopt;
  return core::digest::from(*raw);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool leading_zero = text.size() > 1 && text.front() == '0';
  if (problem != std::errc{} || end != text.data() + text.size() || leading_zero) return std::nullopt;
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  return value;
}

result<checkpoint> parse_body(std::string_view text) {
  checkpoint c;
  const auto origin = take_line(text);
  if (!origin || !is_key_name(*origin)) return malformed("the first line must be an origin without space or plus");
  c.origin = *origin;
  const auto size_line = take_line(text);
  const auto size = size_line ? parse_size(*size_line) : std::nullopt;
  if (!size) return malformed("the second line must be the tree size in decimal without leading zeros");
  c.size = *size;
  const auto root_line = take_line(text);
  const auto root = root_line ? parse_digest(*root_line) : std::nullopt;
  if (!root) return malformed("the third line must be the base64 of a 32-byte root", c.size);
  c.root = *root;
  const auto chain_line = take_line(text);
  const auto chain = chain_line && chain_line->starts_with(chain_mark)
                         ? parse_digest(chain_line->substr(chain_mark.size()))
                         : std::nullopt;
  if (!chain) return malformed("the fourth line must be \"chain \" and the base64 of a 32-byte value", c.size);
  c.chain = *chain;
  const auto time_line = take_line(text);
  if (!time_line || !time_line->starts_with(time_mark))
    return malformed("the fifth line must be \"time \" and a time", c.size);
  const auto at = core::parse_rfc3339(time_line->substr(time_mark.size()));
  if (!at || core::to_rfc3339(*at) != time_line->substr(time_mark.size()))
    return malformed("the time must be RFC 3339 in UTC with six decimals", c.size);
  c.at = *at;
  if (!text.empty()) return malformed("unknown extension line", c.size);
  return c;
}

result<note_signature> parse_signature(std::string_view line) {
  if (!line.starts_with(signature_mark)) return malformed("a signature line must start with an em dash and a space");
  line.remove_prefix(signature_mark.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || !is_key_name(line.substr(0, space)))
    return malformed("a signature line must hold a key name and a signature");
  auto raw = strict_base64(line.substr(space + 1));
  if (!raw || raw->size() <= key_hash_size) return malformed("a signature must be base64 of a key hash and more");
  return note_signature{std::string{line.substr(0, space)}, raw->substr(0, key_hash_size), raw->substr(key_hash_size)};
}

}  // namespace

std::string checkpoint_origin(std::string_view site, core::partition_id partition) {
  LL_INVARIANT(core::is_name(site), "not a site name: {}", site);
  return fmt::format("logline/{}/{}", site, partition.value);
}

std::string checkpoint_body(const checkpoint& c) {
  return fmt::format("{}\n{}\n{}\n{}{}\n{}{}\n", c.origin, c.size, core::to_base64(c.root.view()), chain_mark,
                     core::to_base64(c.chain.view()), time_mark, core::to_rfc3339(c.at));
}

result<parsed_checkpoint> parse_checkpoint(std::string_view text) {
  if (text.size() > note_bytes_max) return malformed("too long");
  if (!is_note_text(text)) return malformed("not UTF-8, or holds control characters");
  const std::size_t blank = text.rfind("\n\n");
  if (blank == std::string_view::npos) return malformed("no blank line before the signatures");
  parsed_checkpoint out;
  out.signed_text = text.substr(0, blank + 1);
  auto content = parse_body(out.signed_text);
  if (!content) return std::move(content).error();
  out.content = std::move(*content);
  std::string_view rest = text.substr(blank + 2);
  while (!rest.empty()) {
    const auto line = take_line(rest);
    if (!line) return malformed("the last line does not end", out.content.size);
    auto signature = parse_signature(*line);
    if (!signature) return std::move(signature).error();
    out.signatures.push_back(std::move(*signature));
  }
  if (out.signatures.empty()) return malformed("not signed", out.content.size);
  return out;
}

std::string note_key_hash(std::string_view name, const site_public_key& key) {
  return std::string{core::sha256({name, "\n", ed25519_type, key.raw()}).view().substr(0, key_hash_size)};
}

std::string note_verifier_key(std::string_view name, const site_public_key& key) {
  return fmt::format("{}+{}+{}", name, core::to_hex(note_key_hash(name, key)),
                     core::to_base64(std::string{ed25519_type} + std::string{key.raw()}));
}

result<checkpoint> checkpoint_verifier::verify(std::string_view text) const {
  auto parsed = parse_checkpoint(text);
  if (!parsed) return std::move(parsed).error();
  checkpoint& content = parsed->content;
  const core::gseq position{content.size};
  if (content.origin != origin_)
    return error{errc::checkpoint_mismatch, fmt::format("checkpoint of {}, not of {}", content.origin, origin_),
                 position};
  const std::string key_hash = note_key_hash(origin_, key_);
  bool verified = false;
  for (const auto& signature : parsed->signatures) {
    if (signature.name != origin_ || signature.key_hash != key_hash) continue;
    // A wrong signature under a known key condemns the whole note, whatever else is there (C2SP signed-note).
    if (!key_.verify(parsed->signed_text, signature.signature))
      return error{errc::bad_signature, fmt::format("checkpoint: signature by key {} does not verify", key_.id()),
                   position};
    verified = true;
  }
  if (!verified)
    return error{errc::bad_signature, fmt::format("checkpoint: no signature by key {}", key_.id()), position};
  return std::move(content);
}

checkpoint_signer::checkpoint_signer(std::string origin, site_key key)
    : key_(std::move(key)), verifier_(std::move(origin), key_.public_key()) {}

std::string checkpoint_signer::sign(const log_head& head) const {
  const std::string& name = verifier_.origin();
  const std::string body = checkpoint_body({name, head.position.value, head.root, head.chain, head.at});
  return fmt::format("{}\n{}{} {}\n", body, signature_mark, name,
                     core::to_base64(note_key_hash(name, key_.public_key()) + key_.sign(body)));
}

}  // namespace logline::journal
