#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "domain/core/digest.hpp"
#include "journal/errc.hpp"
#include "journal/record.hpp"

namespace logline::postgres {

/// Rows of journal_event as COPY … (FORMAT binary) takes them (PostgreSQL manual, COPY, "Binary Format"): header, rows,
/// trailer. The columns follow from the record's bytes alone, so that the same record always gives the same row.
class row_writer {
 public:
  /// Forgets what was written and begins anew.
  void begin();
  /// Errors: bad_encoding for bytes that are no record.
  journal::outcome add(const journal::record_view& r, const core::digest& previous, const core::digest& hash);
  /// With the trailer; until begin().
  std::string_view finish();

 private:
  void count(std::int16_t fields);
  void null();
  void raw(std::string_view bytes);
  void bytes_or_null(std::string_view bytes);
  void small(std::int16_t v);
  void integer(std::int32_t v);
  void big(std::int64_t v);
  void natural(std::uint64_t v);
  void time(core::timestamp t);
  void text(std::string_view t);
  void text_or_null(std::string_view t);
  void json(std::string_view text);
  void ids(const journal::record_view& r);
  journal::outcome clocks(const journal::record_view& r);

  std::string out_;
  std::string scratch_;
};

/// The columns in the order that row_writer writes them, for COPY's list.
inline constexpr std::string_view row_columns =
    "gseq, eseq, at, decided_at, epoch, generation, wake_at_us, partition, schema, visibility, event_id, command_id, "
    "correlation_id, causation_id, tenant, etype, ekey, name, site, actor, owner, trace_id, idempotency_key, "
    "idempotency_request, idempotency_reply, stream, dot_site, dot_n, lamport, vc, sealed, payload, record, prev_hash, "
    "hash";

/// JSON that jsonb takes: it knows no U+0000, which becomes U+FFFD; the record's bytes keep the difference.
void without_nul(std::string& json);

}  // namespace logline::postgres
