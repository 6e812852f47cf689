#include <algorithm>
#include <limits>

#include "adapters/http/routes.hpp"
#include "domain/core/json.hpp"
#include "domain/core/show_record.hpp"
#include "journal/export.hpp"
#include "journal/partition_log.hpp"
#include "journal/record.hpp"

/// The journal, its mirrors and its projections, for auditors and operators (journal §16).
namespace logline::http {

namespace {

constexpr std::uint64_t any_position = std::numeric_limits<std::uint64_t>::max();

core::result<core::gseq> captured_position(const call& c) {
  const auto n = parse_count(c.captures[0]);
  if (!n || *n == 0)
    return core::invalid_input("a gseq is a number from 1 on", {{"/path/gseq", "must be a number from 1"}});
  return core::gseq{*n};
}

void number_member(core::json_sink& to, std::string_view key, std::uint64_t value) {
  to.key(key);
  to.unsigned_integer(value);
}

/// An RFC 3339 time, or nothing where the parameter is absent.
core::result<std::optional<core::timestamp>> time_parameter(const target& where, std::string_view name) {
  const auto* text = where.find(name);
  if (text == nullptr) return std::optional<core::timestamp>{};
  if (const auto time = core::parse_rfc3339(*text)) return std::optional{*time};
  return core::invalid_input(fmt::format("{} must be an RFC 3339 time (a + in it is written %2B)", name),
                             {{fmt::format("/query/{}", name), "must be an RFC 3339 time"}});
}

core::result<journal::record_filter> read_filter(const call& c) {
  journal::record_filter out;
  auto from = count_parameter(c.where, "from", 1, any_position, 1);
  if (!from) return from.error();
  auto since = time_parameter(c.where, "since");
  if (!since) return since.error();
  auto until = time_parameter(c.where, "until");
  if (!until) return until.error();
  out.from = core::gseq{*from};
  out.since = *since;
  out.until = *until;
  for (auto [name, field] :
       {std::pair{"tenant", &out.tenant}, {"type", &out.type}, {"key", &out.key}, {"event", &out.event}})
    if (const auto* value = c.where.find(name)) *field = *value;
  return out;
}

void write_mirror(const actors::mirror_status& one, core::json_sink& json) {
  json.begin_object(6);
  json.key("name");
  json.text(one.name);
  number_member(json, "gseq", one.position.value);
  number_member(json, "lag_events", one.lag_events);
  json.key("lag_seconds");
  json.real(static_cast<double>(one.lag.us) / 1e6);
  number_member(json, "failures", one.failures);
  json.key("diverged");
  json.boolean(one.is_diverged);
  json.end_object();
}

void write_projection(const actors::projection_status& one, core::json_sink& json) {
  json.begin_object(4);
  json.key("name");
  json.text(one.name);
  number_member(json, "gseq", one.cursor.value);
  number_member(json, "lag_events", one.lag_events);
  json.key("rebuild");
  if (one.rebuild) {
    json.begin_object(4);
    number_member(json, "gseq", one.rebuild->position.value);
    number_member(json, "head", one.rebuild->head.value);
    json.key("records_per_s");
    json.real(one.rebuild->records_per_s);
    json.key("seconds_left");
    json.real(one.rebuild->seconds_left);
    json.end_object();
  } else {
    json.null();
  }
  json.end_object();
}

}  // namespace

void read_journal_record(const services& s, call c) {
  auto position = captured_position(c);
  if (!position) return c.answer.fail(position.error());
  s.door.read([to = c.answer, types = s.types, &door = s.door, position = *position](journal::partition_log& log) {
    const auto head = log.head().position;
    if (position > head) return to.fail(core::not_found(fmt::format("the log ends at gseq {}", head.value)));
    response out;
    auto read = log.read(position, [&](const core::record& r) {
      core::record opened = r;
      door.unseal(opened);
      core::json_sink json{out.body};
      core::show_record(opened, types.find(r.entity.type), json);
      return false;
    });
    if (!read) return to.fail(journal::to_failure(read.error()));
    to.send(std::move(out));
  });
}

void prove_journal_record(const services& s, call c) {
  auto position = captured_position(c);
  if (!position) return c.answer.fail(position.error());
  c.where.query.push_back({"gseq", c.captures[0]});
  prove_record(s, std::move(c));
}

// As much as one answer carries; where it stopped earlier, Logline-Next says where to go on.
void export_log(const services& s, call c) {
  auto filter = read_filter(c);
  if (!filter) return c.answer.fail(filter.error());
  s.door.read([to = c.answer, types = s.types, &door = s.door, filter = *std::move(filter),
               bytes_max = s.limits.answer_bytes](journal::partition_log& log) {
    response out;
    out.content_type = "application/x-ndjson";
    auto from = filter.from;
    if (filter.since) {
      const auto before = log.position_at(*filter.since - core::duration_us{1});
      if (!before) return to.fail(journal::to_failure(before.error()));
      from = std::max(from, core::next(*before));
    }
    core::gseq next = from;
    if (from > log.head().position) return to.send(std::move(out));
    auto read = log.read(from, [&](const core::record& r) {
      if (out.body.size() >= bytes_max || (filter.until && r.at >= *filter.until)) return false;
      next = core::next(r.position);
      if (!filter.names_match(journal::view_of(r))) return true;
      core::record opened = r;
      door.unseal(opened);
      core::json_sink json{out.body};
      core::show_record(opened, types.find(r.entity.type), json);
      out.body += '\n';
      return true;
    });
    if (!read) return to.fail(journal::to_failure(read.error()));
    if (out.body.size() >= bytes_max && next <= log.head().position)
      out.headers.push_back({"Logline-Next", std::to_string(next.value)});
    to.send(std::move(out));
  });
}

void list_mirrors(const services& s, call c) {
  response out;
  core::json_sink json{out.body};
  const auto all = s.door.mirrors();
  json.begin_object(1);
  json.key("mirrors");
  json.begin_array(all.size());
  for (const auto& one : all)
    write_mirror(one, json);
  json.end_array();
  json.end_object();
  c.answer.send(std::move(out));
}

void list_projections(const services& s, call c) {
  const auto all = s.door.projections();
  if (!all) return c.answer.fail(all.error());
  response out;
  core::json_sink json{out.body};
  json.begin_object(1);
  json.key("projections");
  json.begin_array(all->size());
  for (const auto& one : *all)
    write_projection(one, json);
  json.end_array();
  json.end_object();
  c.answer.send(std::move(out));
}

void rebuild_projection(const services& s, call c) {
  const auto begun = s.door.rebuild_projection(c.captures[0]);
  if (!begun) return c.answer.fail(begun.error());
  c.answer.send({202, "application/json", R"({"status":"building"})"});
}

}  // namespace logline::http
