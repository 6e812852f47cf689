#include "journal/sealing.hpp"

#include <catch2/catch.hpp>

#include "domain/core/described.hpp"
#include "domain/core/json.hpp"
#include "tests/unit/privacy/key_sample.hpp"

namespace logline::journal {

namespace {

const core::uuid event_id = core::make_uuid7(1'700'000'000'000, 1, 2);
const core::address entity{"acme", "task_queue", "mail"};
const std::string clear_text = "ann.smith@example.org";

std::string payload_of(std::string_view json) {
  return core::document_from_json(json)->msgpack;
}

constexpr core::private_field body{"body", "who", false};
constexpr core::private_field who{"who", "", true};
constexpr std::array fields{body, who};

event_draft draft_of(const std::string& json) {
  event_draft draft;
  draft.event_id = event_id;
  draft.event = "letter_received";
  draft.payload = payload_of(json);
  return draft;
}

core::record record_of(const event_draft& draft) {
  core::record r;
  r.entity = entity;
  r.event_id = draft.event_id;
  r.event = draft.event;
  r.payload = draft.payload;
  r.sealed = draft.sealed;
  return r;
}

}  // namespace

TEST_CASE("a sealed value opens only in its place, under its key, and unaltered", "[GDP-04]") {
  const scratch place;
  const auto keys = store_in(place);
  const auto key = *keys->key_for("acme", keys->pseudonym("acme", "ann"));
  const auto other = *keys->key_for("acme", keys->pseudonym("acme", "bob"));
  const sealed_place where{"acme", "task_queue", "mail", event_id.view(), "/body"};
  const std::string size = GENERATE(as<std::string>{}, "", "x", std::string(400, 'y'), std::string(100'000, 'z'));
  const std::string value = core::to_msgpack(clear_text + size);
  const std::string sealed = seal_value(key, where, value);
  CHECK(sealed.find(clear_text) == std::string::npos);
  CHECK(sealing_key_of(sealed) == key.id);
  CHECK(*open_value(key, where, sealed) == value);
  CHECK(seal_value(key, where, value) != sealed);  // another nonce

  CHECK(open_value(other, where, sealed).error().code == errc::bad_signature);
  const auto again = core::make_uuid7(1'700'000'000'000, 1, 3);
  for (const sealed_place& elsewhere : {sealed_place{"acm", "etask_queue", "mail", event_id.view(), "/body"},
                                        sealed_place{"zeus", "task_queue", "mail", event_id.view(), "/body"},
                                        sealed_place{"acme", "connector", "mail", event_id.view(), "/body"},
                                        sealed_place{"acme", "task_queue", "chat", event_id.view(), "/body"},
                                        sealed_place{"acme", "task_queue", "mail", again.view(), "/body"},
                                        sealed_place{"acme", "task_queue", "mail", event_id.view(), "/bodies"}})
    CHECK(open_value(key, elsewhere, sealed).error().code == errc::bad_signature);
}

TEST_CASE("no bit of a sealed value can change unnoticed", "[GDP-04]") {
  const scratch place;
  const auto keys = store_in(place);
  const auto key = *keys->key_for("acme", keys->pseudonym("acme", "ann"));
  const sealed_place where{"acme", "task_queue", "mail", event_id.view(), "/body"};
  const std::string sealed = seal_value(key, where, core::to_msgpack(clear_text));
  for (std::size_t at = 0; at < sealed.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string altered = sealed;
      altered[at] = static_cast<char>(altered[at] ^ (1 << bit));
      CAPTURE(at, bit);
      CHECK_FALSE(open_value(key, where, altered));
    }
  for (std::size_t size = 0; size < sealed.size(); ++size)
    CHECK_FALSE(open_value(key, where, sealed.substr(0, size)));
}

TEST_CASE("an event's personal fields leave it sealed, its subject by pseudonym", "[GDP-04][GDP-10]") {
  const scratch place;
  const auto keys = store_in(place);
  sealer seals{*keys};
  const std::string json = R"({"n":1,"body":"ann.smith@example.org","who":"ann","more":[1,2]})";
  auto draft = draft_of(json);
  REQUIRE(seals.seal(draft, entity, fields, "founder"));
  CHECK(draft.payload.find(clear_text) == std::string::npos);
  CHECK(draft.payload.find("ann") == std::string::npos);
  CHECK(draft.sealed == std::vector<std::string>{"/body"});

  auto opened = record_of(draft);
  REQUIRE(seals.unseal(opened, erased_as::redacted));
  const auto pseudonym = core::pseudonym_text(keys->pseudonym("acme", "ann"));
  CHECK(core::json_text(opened.payload) ==
        R"({"n":1,"body":"ann.smith@example.org","who":")" + pseudonym + R"(","more":[1,2]})");

  // Whoever passes the pseudonym on means the same person.
  auto passed_on = draft_of(R"({"body":"x","who":")" + pseudonym + "\"}");
  REQUIRE(seals.seal(passed_on, entity, fields, "founder"));
  CHECK(keys->keys_of("acme", keys->pseudonym("acme", "ann"))->size() == 1);
  CHECK(passed_on.payload.find(pseudonym) != std::string::npos);
}

TEST_CASE("what names no subject is the author's, and nothing stays nothing", "[GDP-05]") {
  const scratch place;
  const auto keys = store_in(place);
  sealer seals{*keys};
  auto draft = draft_of(R"({"body":"text","who":null})");
  REQUIRE(seals.seal(draft, entity, fields, "founder"));
  CHECK(keys->keys_of("acme", keys->pseudonym("acme", "founder"))->size() == 1);
  auto empty = draft_of(R"({"body":null})");
  REQUIRE(seals.seal(empty, entity, fields, "nobody"));
  CHECK(empty.sealed.empty());
  CHECK(empty.payload == payload_of(R"({"body":null})"));
  CHECK(keys->keys_of("acme", keys->pseudonym("acme", "nobody"))->empty());
}

TEST_CASE("an erased field reads as redacted, or stays sealed for decoders", "[GDP-12]") {
  const scratch place;
  const auto keys = store_in(place);
  sealer seals{*keys};
  auto draft = draft_of(R"({"body":"ann.smith@example.org","who":"ann","n":1})");
  REQUIRE(seals.seal(draft, entity, fields, "founder"));
  const auto stored = record_of(draft);
  const auto ann = keys->pseudonym("acme", "ann");
  const std::vector erasures{erasure_of(*keys, 1, "acme", ann)};
  REQUIRE(keys->shred(erasures));

  auto shown = stored;
  REQUIRE(seals.unseal(shown, erased_as::redacted));
  CHECK(core::json_text(shown.payload) ==
        R"({"body":{"redacted":true,"reason":"erased","request":"acme/gdpr_request/r1"},"who":")" +
            core::pseudonym_text(ann) + R"(","n":1})");
  auto decoded = stored;
  REQUIRE(seals.unseal(decoded, erased_as::sealed));
  CHECK(decoded.payload == stored.payload);

  // A key that this store never had is no erasure.
  const scratch elsewhere;
  const auto foreign = store_in(elsewhere);
  sealer strange{*foreign};
  auto unknown = stored;
  CHECK(strange.unseal(unknown, erased_as::redacted).error().code == errc::key_missing);
  CHECK(unknown.payload == stored.payload);
}

}  // namespace logline::journal
