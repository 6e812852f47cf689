#include "adapters/ndjson/line_key.hpp"

#include "domain/core/bytes.hpp"
#include "domain/core/digest.hpp"
#include "journal/key_file.hpp"

namespace logline::ndjson {

namespace {

constexpr std::string_view member = R"(,"sig_b64":")";
constexpr std::size_t base64_bytes = 44;  // of 32 octets
static_assert(signature_bytes == member.size() + base64_bytes + 3);

}  // namespace

journal::result<line_key> line_key::from_raw(std::string_view secret) {
  if (secret.size() != 32) return journal::error{journal::errc::bad_encoding, "a line key has 32 bytes", {}};
  line_key key;
  key.id = core::sha256({"logline ndjson line key", secret}).hex().substr(0, 16);
  key.secret = secret;
  return key;
}

line_key::~line_key() {
  journal::wipe(secret);
}

const line_key* find_key(const std::vector<line_key>& keys, std::string_view id) {
  for (const auto& key : keys)
    if (key.id == id) return &key;
  return nullptr;
}

void sign_line(const line_key& key, std::string& out, std::size_t begin) {
  const auto signature = core::hmac_sha256(key.secret, std::string_view{out}.substr(begin));
  out.pop_back();
  out += member;
  out += core::to_base64(signature.view());
  out += "\"}\n";
}

journal::outcome split_line(std::string_view line, signed_line& out) {
  constexpr std::size_t tail = signature_bytes - 1;  // the line end is not there any more
  if (line.size() <= tail || !line.starts_with('{') || !line.ends_with("\"}") ||
      line.substr(line.size() - tail, member.size()) != member)
    return journal::error{journal::errc::bad_encoding, "no complete line that ends in sig_b64", {}};
  const auto text = line.substr(line.size() - tail + member.size(), base64_bytes);
  auto signature = core::from_base64(text);
  // Written again, because decoders let the unused bits of the last character be anything.
  if (!signature || signature->size() != 32 || core::to_base64(*signature) != text)
    return journal::error{journal::errc::bad_encoding, "sig_b64 is not the base64 of 32 bytes", {}};
  out.signature = std::move(*signature);
  out.body.assign(line.substr(0, line.size() - tail));
  out.body += '}';
  return core::done{};
}

bool is_signed_by(const line_key& key, const signed_line& line) {
  return core::equal_in_constant_time(core::hmac_sha256(key.secret, line.body).view(), line.signature);
}

}  // namespace logline::ndjson
