#pragma once

#include <span>
#include <string>
#include <string_view>

#include "domain/core/envelope.hpp"
#include "domain/core/personal.hpp"
#include "journal/append.hpp"
#include "journal/errc.hpp"
#include "journal/key_store.hpp"
#include "journal/record.hpp"

namespace logline::journal {

// A sealed value stands in the payload where the value stood, as {"$sealed": bin}, and the record's `sealed` names its
// place, e.g. "/body". The bytes (GDP-04):
//
//   0x01 ‖ flags ‖ key id (16) ‖ nonce (12, random) ‖ ciphertext ‖ tag (16)
//
// flags bit 0: the plain text is zstd-compressed, its size (u32 little-endian) before it. Associated data: the first 18
// bytes, then tenant, type, key, event id and place, each with its length (u32 little-endian) before it. A value moved
// to another record or place does not open.

/// Where a value stands.
struct sealed_place {
  std::string_view tenant;
  std::string_view type;
  std::string_view key;
  std::string_view event_id;  ///< 16 bytes
  std::string_view place;
};

/// The sealed form of one msgpack value, as msgpack. Pure but for the nonce.
std::string seal_value(const data_key& key, const sealed_place& where, std::string_view value);
/// The id of the key that a sealed value needs; nil for bytes that are no sealed value.
core::uuid sealing_key_of(std::string_view sealed);
/// The value again; `sealed` is msgpack, as seal_value() made it. Errors: bad_encoding, bad_signature.
result<std::string> open_value(const data_key& key, const sealed_place& where, std::string_view sealed);

/// What a reader gets for a value whose key was destroyed.
enum class erased_as {
  redacted,  ///< {"redacted":true,…}: for people and doors
  sealed,    ///< the sealed value as it is: decoders then leave the field's default
};

/// Seals the personal fields of events on their way into the journal, and opens them for readers. Safe from any thread.
class sealer {
 public:
  explicit sealer(key_store& keys) : keys_(keys) {}

  /// Replaces ids of subjects by their pseudonyms, and personal values by their sealed form; notes the places in
  /// `draft.sealed`. `author`: the subject of fields that name none. nil is nobody's data and stays. Errors: of the key
  /// store; then nothing may be journaled.
  outcome seal(event_draft& draft, const core::address& entity, std::span<const core::private_field> fields,
               std::string_view author);

  /// Opens what the record's `sealed` names. Errors: of the key store, and bad_signature where a value was tampered
  /// with; the record is then unchanged.
  outcome unseal(core::record& r, erased_as how);
  /// One value cut out of a record's payload.
  result<std::string> unseal_value(const sealed_place& where, std::string_view sealed, erased_as how);

  key_store& keys() const { return keys_; }

 private:
  core::uuid subject_of(std::string_view tenant, std::string_view id) const;

  key_store& keys_;
};

}  // namespace logline::journal
