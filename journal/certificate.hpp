#pragma once

#include <string>
#include <string_view>

#include "domain/core/bytes.hpp"
#include "journal/errc.hpp"
#include "journal/keys.hpp"

namespace logline::journal {

/// A certificate of erasure (GDP-14): {"certificate": JSON text, "sig": base64, "key": id of the site's key}. The
/// signature is Ed25519 over "logline erasure certificate 1\n" and the text, as it stands.
core::document sign_certificate(std::string text, const site_key& site);

/// The text of a certificate given as JSON. Errors: bad_encoding for what is none, bad_signature for one of another key
/// or altered.
result<std::string> verify_certificate(std::string_view json, const site_public_key& site);

}  // namespace logline::journal
