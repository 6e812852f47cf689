#include "adapters/s3/signing.hpp"

#include <fmt/format.h>

namespace logline::s3 {

namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

/// Runs of blanks inside a value count as one, those around it as none.
std::string trimmed(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
    out += c;
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

core::digest signing_key(const std::string& secret, std::string_view day, const scope& where) {
  auto key = core::hmac_sha256("AWS4" + secret, day);
  for (const std::string_view part :
       {std::string_view{where.region}, std::string_view{where.service}, std::string_view{"aws4_request"}})
    key = core::hmac_sha256(key.view(), part);
  return key;
}

}  // namespace

std::string uri_encoded(std::string_view text, bool keep_slash) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~' || (c == '/' && keep_slash);
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string query_text(const std::map<std::string, std::string>& query) {
  std::map<std::string, std::string> encoded;
  for (const auto& [name, value] : query)
    encoded[uri_encoded(name, false)] = uri_encoded(value, false);
  std::string out;
  for (const auto& [name, value] : encoded)
    out += (out.empty() ? "" : "&") + name + '=' + value;
  return out;
}

std::string amz_date(core::timestamp at) {
  const auto text = core::to_rfc3339(at);  // 2013-05-24T00:00:00.000000Z
  return text.substr(0, 4) + text.substr(5, 2) + text.substr(8, 3) + text.substr(11, 2) + text.substr(14, 2) +
         text.substr(17, 2) + 'Z';
}

std::string authorization(const request& r, const credentials& who, const scope& where, core::timestamp at) {
  std::string canonical = r.method + '\n' + r.path + '\n' + query_text(r.query) + '\n';
  std::string names;
  for (const auto& [name, value] : r.headers) {
    canonical += name + ':' + trimmed(value) + '\n';
    names += (names.empty() ? "" : ";") + name;
  }
  canonical += '\n' + names + '\n' + r.payload_sha256;

  const auto date = amz_date(at);
  const auto day = date.substr(0, 8);
  const auto reach = fmt::format("{}/{}/{}/aws4_request", day, where.region, where.service);
  const auto to_sign = fmt::format("{}\n{}\n{}\n{}", algorithm, date, reach, core::sha256(canonical).hex());
  const auto signature = core::hmac_sha256(signing_key(who.secret, day, where).view(), to_sign);
  return fmt::format("{} Credential={}/{},SignedHeaders={},Signature={}", algorithm, who.key_id, reach, names,
                     signature.hex());
}

}  // namespace logline::s3
