#pragma once

#include <string>
#include <string_view>

#include "domain/core/digest.hpp"
#include "domain/core/envelope.hpp"
#include "journal/errc.hpp"
#include "journal/record.hpp"

namespace logline::journal {

/// A record as one line of JSON that loses nothing: reading it back gives the record's very bytes (NDJ-01). Integers
/// beyond ±(2^53−1) stand as text, binary as {"$b64":"…"}; a payload that JSON cannot hold without loss stands whole in
/// `payload_b64`. The members are in docs/formats/ndjson.md.

/// Appends the object, without a line end. `previous` and `hash` are the chain before and after the record. Errors:
/// bad_encoding for a record that no door lets in, with text that is not UTF-8 or of a
/// year beyond 9999.
outcome append_record_line(const record_view& r, const core::digest& previous, const core::digest& hash,
                           std::string& out);

struct parsed_line {
  core::record record;
  core::digest previous;
  core::digest hash;
};
/// Members that it does not know are ignored. Errors: bad_encoding with what is wrong; chain_broken when `hash` is not
/// that of `previous` and the record's bytes.
result<parsed_line> parse_record_line(std::string_view line);

}  // namespace logline::journal
