#pragma once

#include <string>
#include <string_view>

#include "domain/core/digest.hpp"
#include "domain/core/json.hpp"
#include "domain/integration/connector.hpp"
#include "tests/fixtures/spec.hpp"

namespace logline::connector_sample {

/// Writes text backwards behind a mark: easy to tell from clear text, and made under one "key" only.
class reversing_box final : public core::secret_box {
 public:
  explicit reversing_box(std::string mark = "box:") : mark_(std::move(mark)) {}
  core::sealed_secret seal(std::string_view clear) const override {
    return {mark_ + std::string{clear.rbegin(), clear.rend()}};
  }
  core::result<std::string> open(const core::sealed_secret& sealed) const override {
    if (!sealed.box.starts_with(mark_))
      return core::failure{core::failure_kind::internal, "INTERNAL", "made under another key"};
    return std::string{sealed.box.rbegin(), sealed.box.rend() - static_cast<std::ptrdiff_t>(mark_.size())};
  }

 private:
  std::string mark_;
};

inline const reversing_box box;

inline core::context context_at(core::timestamp now, std::uint64_t seed = 1) {
  auto ctx = fixtures::context_at(now, seed);
  ctx.secrets = &box;
  return ctx;
}

inline std::string signature(std::string_view secret, std::string_view body) {
  return "sha256=" + core::hmac_sha256(secret, body).hex();
}

/// GitHub's own example of a signed delivery.
inline constexpr std::string_view github_secret = "It's a Secret to Everybody";
inline constexpr std::string_view github_body = "Hello, World!";
inline constexpr std::string_view github_signature =
    "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

inline integration::connector_opened opened(std::string_view secret = github_secret) {
  return {integration::verifier::hmac_sha256,
          box.seal(secret),
          "x-hub-signature-256",
          "sha256=",
          "x-github-delivery",
          "x-github-event",
          integration::body_bytes_max};
}

inline integration::receive delivery(std::string_view body = github_body, std::string_view secret = github_secret,
                                     const std::string& delivery_id = "72d3162e-cc78-11e3-81ab-4c9367dc0958") {
  integration::receive command;
  command.body.data = body;
  command.headers = {{"content-type", "application/json"},
                     {"x-github-event", "ping"},
                     {"x-hub-signature-256", signature(secret, body)}};
  if (!delivery_id.empty()) command.headers["x-github-delivery"] = delivery_id;
  return command;
}

using connector_spec = fixtures::spec<integration::connector_definition>;
using lone_connector = fixtures::lone_entity<integration::connector_definition>;

}  // namespace logline::connector_sample
