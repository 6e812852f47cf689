#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/core/uuid.hpp"

namespace logline::core {

class source;

/// A field of an event that is about a person. Such fields leave the node's memory only in the form the shell gives
/// them: sealed under the subject's key, or as a pseudonym (engine GDP-04, GDP-10).
struct private_field {
  std::string_view name;
  std::string_view subject;    ///< the field that says whom it is about; empty: the author of the command
  bool names_subject = false;  ///< says itself who: stored as the pseudonym, never as given
};

/// A sealed value stands in a payload as {"$sealed": bin}; what is in the bytes: journal/sealing.hpp.
inline constexpr std::string_view sealed_member = "$sealed";
/// Tolerant decoding leaves a personal field at its default where a sealed value stands: folds never see what it hides,
/// neither live nor in a replay (GDP-12).
bool is_sealed(const source& value);

/// A subject as the journal knows it: half of HMAC-SHA-256(the tenant's own key, subject id), as "sub_" and 32 hex
/// digits. It is the key of entity subject_key as well.
std::string pseudonym_text(const uuid& pseudonym);
/// Nothing where the text is no pseudonym.
std::optional<uuid> parse_pseudonym(std::string_view text);

/// What a reader gets for a field whose key was destroyed, as msgpack: {"redacted":true,"reason":"erased",
/// "request":…} (GDP-12).
std::string redacted_value(std::string_view request);

}  // namespace logline::core
