#include "adapters/postgres/row.hpp"

#include <algorithm>
#include <limits>

#include "domain/core/bytes.hpp"
#include "domain/core/described.hpp"
#include "domain/core/json.hpp"

namespace logline::postgres {

namespace {

constexpr std::string_view copy_header{"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19};
constexpr std::string_view copy_trailer{"\377\377", 2};
constexpr std::int16_t columns = 35;
constexpr std::int64_t postgres_epoch_us = 946'684'800'000'000;  // 2000-01-01T00:00:00Z
constexpr char jsonb_version = 1;

template <class Int>
void append_big_endian(std::string& out, Int v) {
  using raw = std::make_unsigned_t<Int>;
  for (std::size_t byte = sizeof v; byte-- > 0;)
    out.push_back(static_cast<char>(static_cast<raw>(v) >> (8 * byte) & 0xff));
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_utf8(std::string_view text) {
  std::size_t left = 0;
  unsigned low = 0x80, high = 0xbf;
  for (const char c : text) {
    const auto b = static_cast<unsigned char>(c);
    if (left > 0) {
      if (b < low || b > high) return false;
      low = 0x80, high = 0xbf;
      --left;
    } else if (b >= 0xc2 && b <= 0xdf) {
      left = 1;
    } else if (b >= 0xe0 && b <= 0xef) {
      left = 2;
      low = b == 0xe0 ? 0xa0 : 0x80;
      high = b == 0xed ? 0x9f : 0xbf;
    } else if (b >= 0xf0 && b <= 0xf4) {
      left = 3;
      low = b == 0xf0 ? 0x90 : 0x80;
      high = b == 0xf4 ? 0x8f : 0xbf;
    } else if (b >= 0x80) {
      return false;
    }
  }
  return left == 0;
}

constexpr std::string_view nil_uuid{"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16};

}  // namespace

void without_nul(std::string& json) {
  constexpr std::string_view nul = "\\u0000";
  if (json.find(nul) == std::string::npos) return;
  std::string out;
  out.reserve(json.size());
  for (std::size_t i = 0; i < json.size();) {
    const std::string_view rest = std::string_view{json}.substr(i);
    if (rest.starts_with(nul)) {
      out += "\\ufffd";
      i += nul.size();
    } else {
      const std::size_t width = rest[0] == '\\' && rest.size() > 1 ? 2 : 1;
      out += rest.substr(0, width);
      i += width;
    }
  }
  json = std::move(out);
}

void row_writer::begin() {
  out_.assign(copy_header);
}

std::string_view row_writer::finish() {
  out_ += copy_trailer;
  return out_;
}

void row_writer::count(std::int16_t fields) {
  append_big_endian(out_, fields);
}
void row_writer::null() {
  append_big_endian(out_, std::int32_t{-1});
}
void row_writer::raw(std::string_view bytes) {
  append_big_endian(out_, static_cast<std::int32_t>(bytes.size()));
  out_ += bytes;
}
void row_writer::bytes_or_null(std::string_view bytes) {
  if (bytes.empty())
    null();
  else
    raw(bytes);
}
void row_writer::small(std::int16_t v) {
  append_big_endian(out_, std::int32_t{2});
  append_big_endian(out_, v);
}
void row_writer::integer(std::int32_t v) {
  append_big_endian(out_, std::int32_t{4});
  append_big_endian(out_, v);
}
void row_writer::big(std::int64_t v) {
  append_big_endian(out_, std::int32_t{8});
  append_big_endian(out_, v);
}
// What SQL's widest integer cannot hold stands as its largest; the record's bytes keep the number.
void row_writer::natural(std::uint64_t v) {
  big(static_cast<std::int64_t>(std::min<std::uint64_t>(v, std::numeric_limits<std::int64_t>::max())));
}
void row_writer::time(core::timestamp t) {
  big(std::clamp(t, core::earliest, core::latest).us - postgres_epoch_us);
}
void row_writer::text(std::string_view t) {
  if (is_plain(t) || (is_utf8(t) && t.find('\0') == std::string_view::npos)) return raw(t);
  raw(core::excerpt(t, t.size()));
}
void row_writer::text_or_null(std::string_view t) {
  if (t.empty())
    null();
  else
    text(t);
}
void row_writer::json(std::string_view text) {
  append_big_endian(out_, static_cast<std::int32_t>(text.size() + 1));
  out_ += jsonb_version;
  out_ += text;
}

void row_writer::ids(const journal::record_view& r) {
  raw(r.event_id);
  raw(r.command_id);
  raw(r.correlation_id);
  if (r.causation_id.empty() || r.causation_id == nil_uuid)
    null();
  else
    raw(r.causation_id);
}

journal::outcome row_writer::clocks(const journal::record_view& r) {
  if (r.timeline.empty() && r.sealed.empty()) {
    for (int i = 0; i < 6; ++i)
      null();
    return core::done{};
  }
  core::record owned;
  if (auto copied = journal::copy_record(r, owned); !copied) return copied;
  const auto as_json = [&](const auto& value) {
    scratch_.clear();
    core::json_sink to{scratch_};
    core::encode_value(to, value);
    json(scratch_);
  };
  if (owned.timeline) {
    text(owned.timeline->stream);
    text(owned.timeline->dot.site);
    natural(owned.timeline->dot.n);
    natural(owned.timeline->lamport);
    as_json(owned.timeline->vector_clock);
  } else {
    for (int i = 0; i < 5; ++i)
      null();
  }
  if (owned.sealed.empty())
    null();
  else
    as_json(owned.sealed);
  return core::done{};
}

journal::outcome row_writer::add(const journal::record_view& r, const core::digest& previous,
                                 const core::digest& hash) {
  count(columns);
  natural(r.position.value);
  natural(r.sequence.value);
  time(r.at);
  time(r.decided_at);
  natural(r.epoch.value);
  big(r.generation);
  if (r.wake_at)
    big(r.wake_at->us);
  else
    null();
  integer(r.partition.value);
  integer(r.schema);
  small(static_cast<std::int16_t>(r.visibility));
  ids(r);
  text(r.tenant);
  text(r.type);
  text(r.key);
  text(r.event);
  text(r.site);
  text(r.principal);
  text_or_null(r.owner);
  text_or_null(r.trace_id);
  text_or_null(r.idempotency_key);
  bytes_or_null(r.idempotency_request);
  bytes_or_null(r.idempotency_reply);
  if (auto told = clocks(r); !told) return told;
  scratch_.clear();
  core::json_sink payload{scratch_};
  payload.raw(r.payload);
  without_nul(scratch_);
  if (!is_utf8(scratch_)) scratch_ = core::excerpt(scratch_, scratch_.size());
  json(scratch_);
  raw(r.bytes);
  raw(previous.view());
  raw(hash.view());
  return core::done{};
}

}  // namespace logline::postgres
