#include <algorithm>
#include <limits>

#include "adapters/http/gate.hpp"
#include "adapters/http/loose_fields.hpp"
#include "adapters/http/routes.hpp"
#include "domain/core/json.hpp"
#include "domain/core/show_record.hpp"

namespace logline::http {

namespace {

/// The one value of a header that may come once; INVALID_INPUT where it comes twice.
core::result<const std::string*> single(const request_head& head, std::string_view name) {
  if (head.count(name) > 1)
    return core::invalid_input(fmt::format("{} comes twice", name),
                               {{fmt::format("/headers/{}", name), "comes twice"}});
  return head.find(name);
}

/// IDE-1: 1 to 255 visible ASCII characters; empty where none was sent.
core::result<std::string> read_idempotency_key(const request_head& head) {
  auto key = single(head, "idempotency-key");
  if (!key) return key.error();
  if (*key == nullptr) return std::string{};
  const std::string& text = **key;
  const bool visible = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (text.empty() || text.size() > 255 || !visible)
    return core::invalid_input("Idempotency-Key must be 1 to 255 visible ASCII characters",
                               {{"/headers/idempotency-key", "must be 1 to 255 visible ASCII characters"}});
  return text;
}

core::result<std::optional<core::eseq>> read_expected(const call& c) {
  auto header = single(c.head, "x-expected-eseq");
  if (!header) return header.error();
  const std::string* parameter = c.where.find("expected_eseq");
  const std::string* text = *header != nullptr ? *header : parameter;
  if (text == nullptr) return std::optional<core::eseq>{};
  const auto value = parse_count(*text);
  if (!value || (parameter != nullptr && *header != nullptr && *parameter != **header))
    return core::invalid_input("expected_eseq must be one number", {{"/query/expected_eseq", "must be one number"}});
  return std::optional{core::eseq{*value}};
}

/// Which entity, its type, and the rest of the path after the key.
struct place {
  core::address entity;
  const core::entity_type* type = nullptr;
};

core::result<place> find_place(const services& s, const call& c, std::size_t key_end) {
  std::string key;
  for (std::size_t i = 2; i < key_end; ++i)
    key += (i == 2 ? "" : "/") + c.captures[i];
  auto entity = core::make_address(c.captures[0], c.captures[1], key);
  if (!entity) return entity.error();
  const auto* type = s.types.find(entity->type);
  if (type == nullptr)
    return core::failure{core::failure_kind::not_found, "UNKNOWN_TYPE",
                         fmt::format("no entity type \"{}\"", entity->type)};
  return place{*std::move(entity), type};
}

core::result<core::command_box> decode_json(const place& at, std::string_view name, std::string_view body,
                                            const core::secret_box* sealer) {
  std::optional<core::result<core::command_box>> decoded;
  auto parsed = core::read_json(body.empty() ? "{}" : body, [&](const core::source& from) {
    decoded.emplace(at.type->decode_command(name, from, sealer));
  });
  if (parsed) return *std::move(decoded);
  core::failure why = parsed.error();
  if (why.details.empty()) why.details.push_back({"/", why.message});
  return why;
}

void send_json(const answerer& to, std::string json) {
  response out;
  out.body = std::move(json);
  to.send(std::move(out));
}

void send_reply(const answerer& to, const core::result<actors::command_reply>& said) {
  if (!said) return to.fail(said.error());
  response out;
  core::json_sink json{out.body};
  json.begin_object(4);
  json.key("position");
  json.begin_object(2);
  json.key("partition");
  json.integer(0);
  json.key("gseq");
  json.unsigned_integer(said->position.value);
  json.end_object();
  json.key("eseq");
  json.unsigned_integer(said->sequence.value);
  json.key("events");
  json.begin_array(said->events.size());
  for (const auto& name : said->events) {
    json.begin_object(1);
    json.key("name");
    json.text(name);
    json.end_object();
  }
  json.end_array();
  json.key("reply");
  json.raw(said->reply);
  json.end_object();
  if (said->replayed) out.headers.push_back({"Idempotency-Replayed", "true"});
  to.send(std::move(out));
}

/// "eseq:N", "gseq:N" or an RFC 3339 time.
core::result<actors::as_of> read_as_of(const std::string* text) {
  if (text == nullptr) return actors::as_of{actors::as_of_now{}};
  const std::string_view t = *text;
  if (t.starts_with("eseq:") || t.starts_with("gseq:")) {
    if (const auto n = parse_count(t.substr(5)); n && *n > 0)
      return t.front() == 'e' ? actors::as_of{core::eseq{*n}} : actors::as_of{core::gseq{*n}};
  } else if (auto time = core::parse_rfc3339(t)) {
    return actors::as_of{*time};
  }
  return core::invalid_input("at must be eseq:N, gseq:N or an RFC 3339 time (a + in it is written %2B)",
                             {{"/query/at", "must be eseq:N, gseq:N or an RFC 3339 time"}});
}

void show_entity(const services& s, call c, place at) {
  if (auto known = c.where.only({"at"}); !known) return c.answer.fail(known.error());
  auto when = read_as_of(c.where.find("at"));
  if (!when) return c.answer.fail(when.error());
  auto deliver = [to = c.answer, type = at.type](core::result<actors::entity_view> seen) {
    if (!seen) return to.fail(seen.error());
    std::string out;
    core::json_sink json{out};
    json.begin_object(3);
    json.key("eseq");
    json.unsigned_integer(seen->sequence.value);
    json.key("state");
    core::show_stored(type->state_shape(), seen->state, json);
    json.key("hash");
    json.text(seen->hash.hex());
    json.end_object();
    send_json(to, std::move(out));
  };
  s.door.show(std::move(at.entity), *when, actors::reply<actors::entity_view>{std::move(deliver)});
}

/// A page that was filled to its limit names where the next begins, even if nothing should be there.
std::string events_json(const core::entity_type& type, const std::vector<core::record>& records, std::size_t limit,
                        std::size_t bytes_max) {
  std::string out;
  core::json_sink json{out};
  json.begin_object(2);
  json.key("events");
  json.begin_array(records.size());
  std::size_t shown = 0;
  while (shown < records.size() && (shown == 0 || out.size() < bytes_max))
    core::show_record(records[shown++], &type, json);
  json.end_array();
  json.key("next_from");
  if (shown > 0 && (shown < records.size() || shown == limit))
    json.unsigned_integer(records[shown - 1].sequence.value + 1);
  else
    json.null();
  json.end_object();
  return out;
}

void show_history(const services& s, call c, place at) {
  if (auto known = c.where.only({"from", "limit"}); !known) return c.answer.fail(known.error());
  auto from = count_parameter(c.where, "from", 1, std::numeric_limits<std::uint64_t>::max(), 1);
  if (!from) return c.answer.fail(from.error());
  auto limit = count_parameter(c.where, "limit", 1, s.limits.page_max, s.limits.page);
  if (!limit) return c.answer.fail(limit.error());
  auto deliver = [to = c.answer, type = at.type, from = *from, most = *limit,
                  bytes_max = s.limits.answer_bytes](core::result<std::vector<core::record>> records) {
    if (!records) return to.fail(records.error());
    if (records->empty() && from == 1) return to.fail(core::not_found("no such entity"));
    send_json(to, events_json(*type, *records, most, bytes_max));
  };
  s.door.history(std::move(at.entity), core::eseq{*from}, *limit,
                 actors::reply<std::vector<core::record>>{std::move(deliver)});
}

void ask_query(const services& s, call c, place at, const core::message_info& query) {
  auto body = loose_object(*query.shape, c.where.query);
  if (!body) return c.answer.fail(body.error());
  auto box = decode_json(at, query.name, *body, s.door.secrets());
  if (!box) return c.answer.fail(box.error());
  actors::command_request ask;
  ask.to = std::move(at.entity);
  ask.command = *std::move(box);
  ask.principal = std::move(c.principal);
  ask.correlation_id = c.correlation;
  ask.trace_id = std::move(c.trace);
  s.door.submit(std::move(ask),
                actors::reply<actors::command_reply>{
                    [to = c.answer](const core::result<actors::command_reply>& said) { send_reply(to, said); }});
}

const core::message_info* find_query(const core::entity_type& type, std::string_view name) {
  const auto queries = type.queries();
  const auto found =
      std::find_if(queries.begin(), queries.end(), [&](const core::message_info& q) { return q.name == name; });
  return found == queries.end() ? nullptr : &*found;
}

core::result<actors::command_request> read_command(const services& s, const call& c) {
  auto at = find_place(s, c, c.captures.size() - 1);
  if (!at) return at.error();
  const std::string& name = c.captures.back();
  auto key = read_idempotency_key(c.head);
  if (!key) return key.error();
  auto expected = read_expected(c);
  if (!expected) return expected.error();
  auto box = decode_json(*at, name, c.body, s.door.secrets());
  if (!box) return box.error();
  actors::command_request out;
  // IDE-2: of the method, the path as decoded and the body as received.
  out.request_digest = core::sha256({c.head.method, " ", at->entity.text(), "/", name, "\n", c.body});
  out.to = std::move(at->entity);
  out.command = *std::move(box);
  out.principal = c.principal;
  out.idempotency_key = *std::move(key);
  out.expected = *expected;
  out.correlation_id = c.correlation;
  out.trace_id = c.trace;
  return out;
}

}  // namespace

void submit_command(const services& s, call c) {
  if (c.captures.size() < 4)
    return c.answer.fail(core::not_found("POST wants a command: /v2/entities/TENANT/TYPE/KEY/COMMAND"));
  auto command = read_command(s, c);
  if (!command) return c.answer.fail(command.error());
  s.door.submit(*std::move(command),
                actors::reply<actors::command_reply>{
                    [to = c.answer](const core::result<actors::command_reply>& said) { send_reply(to, said); }});
}

// The last segment is an operation where it names one ("show", "history" or a query of the type); else it belongs to
// the key. A key that ends like one of them is reached by saying the operation, e.g. …/a/history/show.
void read_entity(const services& s, call c) {
  const std::size_t segments = c.captures.size();
  const std::string last = c.captures.back();
  const auto* type = s.types.find(c.captures[1]);
  const auto* query = type == nullptr || segments < 4 ? nullptr : find_query(*type, last);
  const bool is_operation = segments >= 4 && (query != nullptr || last == "show" || last == "history");
  auto at = find_place(s, c, is_operation ? segments - 1 : segments);
  if (!at) return c.answer.fail(at.error());
  if (!is_operation || last == "show") return show_entity(s, std::move(c), *std::move(at));
  if (last == "history") return show_history(s, std::move(c), *std::move(at));
  ask_query(s, std::move(c), *std::move(at), *query);
}

}  // namespace logline::http
