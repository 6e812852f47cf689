#include <limits>

#include "adapters/http/problem.hpp"
#include "adapters/http/routes.hpp"
#include "domain/core/json.hpp"
#include "domain/core/show_record.hpp"
#include "journal/merkle.hpp"
#include "journal/partition_log.hpp"
#include "journal/record.hpp"

namespace logline::http {

namespace {

constexpr std::uint64_t any_position = std::numeric_limits<std::uint64_t>::max();

void text_member(core::json_sink& to, std::string_view key, std::string_view value) {
  to.key(key);
  to.text(value);
}

void number_member(core::json_sink& to, std::string_view key, std::uint64_t value) {
  to.key(key);
  to.unsigned_integer(value);
}

std::string head_json(const journal::log_head& head) {
  std::string out;
  core::json_sink json{out};
  json.begin_object(4);
  number_member(json, "gseq", head.position.value);
  text_member(json, "chain", head.chain.hex());
  text_member(json, "root", head.root.hex());
  json.key("at");
  if (head.position.value == 0)
    json.null();
  else
    json.text(core::to_rfc3339(head.at));
  json.end_object();
  return out;
}

/// What proves that record `gseq` is in the tree of the first `size` records (RFC 9162 §2.1.3).
struct proof {
  core::gseq gseq;
  std::uint64_t size = 0;
  core::digest leaf;
  core::digest root;
  std::vector<core::digest> path;
};

journal::result<proof> make_proof(const journal::partition_log& log, core::gseq gseq, std::uint64_t size) {
  proof out{gseq, size, {}, {}, {}};
  auto read = log.scan(gseq, [&](const journal::record_view& r) {
    out.leaf = journal::leaf_hash(r.bytes);
    return false;
  });
  if (!read) return read.error();
  auto root = log.root_at(size);
  if (!root) return root.error();
  auto path = log.inclusion_proof(gseq, size);
  if (!path) return path.error();
  out.root = *root;
  out.path = *std::move(path);
  return out;
}

std::string proof_json(const proof& p) {
  std::string out;
  core::json_sink json{out};
  json.begin_object(6);
  number_member(json, "gseq", p.gseq.value);
  number_member(json, "leaf_index", p.gseq.value - 1);
  number_member(json, "tree_size", p.size);
  text_member(json, "leaf", p.leaf.hex());
  text_member(json, "root", p.root.hex());
  json.key("path");
  json.begin_array(p.path.size());
  for (const auto& node : p.path)
    json.text(node.hex());
  json.end_array();
  json.end_object();
  return out;
}

void answer_state(const answerer& to, const actors::state_digest& digest, const journal::log_head& head) {
  // Chain and root are known of the head only; on a node that is at work the log may have gone on meanwhile.
  if (head.position != digest.position)
    return to.fail(core::unavailable("the log grew while the state was digested; ask when the node is at rest"));
  response out;
  core::json_sink json{out.body};
  json.begin_object(5);
  number_member(json, "gseq", head.position.value);
  text_member(json, "chain", head.chain.hex());
  text_member(json, "root", head.root.hex());
  number_member(json, "entities", digest.entities);
  text_member(json, "state", digest.state.hex());
  json.end_object();
  to.send(std::move(out));
}

}  // namespace

void read_log(const services& s, call c) {
  auto from = count_parameter(c.where, "from", 1, any_position, 1);
  if (!from) return c.answer.fail(from.error());
  auto limit = count_parameter(c.where, "limit", 1, s.limits.page_max, s.limits.page);
  if (!limit) return c.answer.fail(limit.error());
  s.door.read([to = c.answer, types = s.types, &door = s.door, from = *from, most = *limit,
               bytes_max = s.limits.answer_bytes](journal::partition_log& log) {
    response out;
    out.content_type = "application/x-ndjson";
    std::uint64_t shown = 0;
    if (from <= log.head().position.value) {
      auto read = log.read(core::gseq{from}, [&](const core::record& r) {
        core::record opened = r;
        door.unseal(opened);
        core::json_sink json{out.body};
        core::show_record(opened, types.find(r.entity.type), json);
        out.body += '\n';
        return ++shown < most && out.body.size() < bytes_max;
      });
      if (!read) return to.fail(journal::to_failure(read.error()));
    }
    to.send(std::move(out));
  });
}

void read_log_head(const services& s, call c) {
  s.door.read([to = c.answer](journal::partition_log& log) {
    response out;
    out.body = head_json(log.head());
    to.send(std::move(out));
  });
}

void prove_record(const services& s, call c) {
  auto gseq = count_parameter(c.where, "gseq", 1, any_position, 0);
  if (gseq && *gseq == 0) gseq = core::invalid_input("gseq is missing", {{"/query/gseq", "is required"}});
  if (!gseq) return c.answer.fail(gseq.error());
  auto size = count_parameter(c.where, "tree_size", *gseq, any_position, 0);
  if (!size) return c.answer.fail(size.error());
  s.door.read([to = c.answer, gseq = *gseq, asked = *size](journal::partition_log& log) {
    const std::uint64_t end = log.head().position.value;
    const std::uint64_t tree_size = asked == 0 ? end : asked;
    if (gseq > end || tree_size > end) return to.fail(core::not_found(fmt::format("the log ends at gseq {}", end)));
    auto made = make_proof(log, core::gseq{gseq}, tree_size);
    if (!made) return to.fail(journal::to_failure(made.error()));
    response out;
    out.body = proof_json(*made);
    to.send(std::move(out));
  });
}

void read_checkpoint(const services& s, call c) {
  s.door.read([to = c.answer](journal::partition_log& log) {
    auto text = log.checkpoint(true);
    if (!text) return to.fail(journal::to_failure(text.error()));
    if (text->empty()) return to.fail(core::not_found("the log is empty: there is nothing to sign"));
    to.send({200, "text/plain; charset=utf-8", *std::move(text)});
  });
}

void digest_state(const services& s, call c) {
  s.door.live_digest(
      actors::reply<actors::state_digest>{[to = c.answer, &door = s.door](core::result<actors::state_digest> digest) {
        if (!digest) return to.fail(digest.error());
        door.read([to, digest = *digest](journal::partition_log& log) { answer_state(to, digest, log.head()); });
      }});
}

}  // namespace logline::http
