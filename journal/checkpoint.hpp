#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/core/digest.hpp"
#include "domain/core/ids.hpp"
#include "domain/core/time.hpp"
#include "journal/errc.hpp"
#include "journal/keys.hpp"
#include "journal/partition_log.hpp"

namespace logline::journal {

/// What a signed head says (journal §1, JRN-06). As text it is a C2SP tlog-checkpoint, which is a C2SP signed-note:
///
///   logline/<site>/<partition>          origin, and name of the signing key
///   1234                                tree size = gseq of the last record
///   <base64>                            RFC 9162 root
///   chain <base64>                      extension: hash chain value of the last record
///   time 2026-03-29T01:00:00.000000Z    extension: commit time of the last record
///
///   — logline/<site>/<partition> <base64 of key hash (4 bytes) ‖ Ed25519 signature (64 bytes)>
struct checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  core::digest root;
  core::digest chain;
  core::timestamp at;
  friend bool operator==(const checkpoint&, const checkpoint&) = default;
};

/// One "— name base64" line of a note.
struct note_signature {
  std::string name;
  std::string key_hash;   ///< 4 raw bytes
  std::string signature;  ///< raw; 64 bytes for Ed25519
};

struct parsed_checkpoint {
  checkpoint content;
  std::string signed_text;                 ///< the bytes the signatures are over
  std::vector<note_signature> signatures;  ///< as found, not verified
};

/// "logline/<site>/<partition>". `site` must be a name (core::is_name).
std::string checkpoint_origin(std::string_view site, core::partition_id partition);

/// The text that is signed, up to and including the newline before the blank line.
std::string checkpoint_body(const checkpoint& c);

/// Splits and checks the form only; strict, so that checkpoint_body(parsed.content) == parsed.signed_text. Foreign
/// extension lines are refused: only we write these. Errors: bad_encoding (says what is wrong), position = tree size
/// where known.
result<parsed_checkpoint> parse_checkpoint(std::string_view text);

/// Key hash of a signed note: SHA-256(name ‖ "\n" ‖ 0x01 ‖ public key)[:4].
std::string note_key_hash(std::string_view name, const site_public_key& key);

/// Verifier key text "name+hex(key hash)+base64(0x01 ‖ public key)" as other tools of the C2SP family take it.
std::string note_verifier_key(std::string_view name, const site_public_key& key);

/// Reads checkpoints of one origin signed by one key. A value; safe from any thread.
class checkpoint_verifier {
 public:
  checkpoint_verifier(std::string origin, site_public_key key) : origin_(std::move(origin)), key_(key) {}

  /// Errors: bad_encoding (form), checkpoint_mismatch (another origin), bad_signature (ours is missing or wrong;
  /// signatures by other keys are ignored, as the signed-note rules say).
  result<checkpoint> verify(std::string_view text) const;
  const std::string& origin() const { return origin_; }
  const site_public_key& key() const { return key_; }

 private:
  std::string origin_;
  site_public_key key_;
};

/// Signs heads of one log. Safe from any thread.
class checkpoint_signer {
 public:
  checkpoint_signer(std::string origin, site_key key);

  /// The same head gives the same text (Ed25519 is deterministic).
  std::string sign(const log_head& head) const;
  result<checkpoint> verify(std::string_view text) const { return verifier_.verify(text); }
  const checkpoint_verifier& verifier() const { return verifier_; }

 private:
  site_key key_;
  checkpoint_verifier verifier_;
};

}  // namespace logline::journal
