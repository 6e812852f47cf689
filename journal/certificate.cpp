#include "journal/certificate.hpp"

#include <utility>

#include "domain/core/described.hpp"
#include "domain/core/json.hpp"

namespace logline::journal {

namespace {

constexpr std::string_view signed_as = "logline erasure certificate 1\n";

struct signed_certificate {
  std::string certificate;
  std::string sig;
  std::string key;
};
constexpr auto describe(core::type_tag<signed_certificate>) {
  using core::field;
  using c = signed_certificate;
  return core::description<c>("signed_certificate", "A certificate and its signature.",
                              field("certificate", &c::certificate), field("sig", &c::sig), field("key", &c::key));
}

}  // namespace

core::document sign_certificate(std::string text, const site_key& site) {
  signed_certificate out;
  out.sig = core::to_base64(site.sign(std::string{signed_as} + text));
  out.certificate = std::move(text);
  out.key = site.public_key().id();
  return core::to_document(out);
}

result<std::string> verify_certificate(std::string_view json, const site_public_key& site) {
  const auto parsed = core::document_from_json(json);
  const auto given = parsed ? core::from_msgpack<signed_certificate>(parsed->msgpack)
                            : core::result<signed_certificate>{parsed.error()};
  if (!given) return error{errc::bad_encoding, "no certificate: " + given.error().message, {}};
  const auto signature = core::from_base64(given->sig);
  if (!signature || !site.verify(std::string{signed_as} + given->certificate, *signature))
    return error{errc::bad_signature, "the certificate is not signed by this site's key, or was altered", {}};
  return given->certificate;
}

}  // namespace logline::journal
