#include "journal/checkpoint.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

#include "domain/core/bytes.hpp"

namespace {

using namespace logline;

std::string counting_seed() {
  std::string seed;
  for (char c = 0; c < 32; ++c)
    seed.push_back(c);
  return seed;
}

journal::site_key fixed_key() {
  return *journal::site_key::from_seed(counting_seed());
}

const std::string origin = "logline/rio/0";

journal::log_head fixed_head() {
  return {core::gseq{42}, core::sha256("chain"), core::sha256("root"), *core::parse_rfc3339("2026-03-29T01:00:00Z")};
}

// Made with python3 and "openssl pkeyutl -sign -rawin", from the seed 00 01 … 1f.
const std::string known_text =
    "logline/rio/0\n42\nSBNJTRN+FjG7owHVrKtue7eqdM4RhdRWVl71HXN2d7I=\n"
    "chain lBSIax6/Al2wZ6TL0ToJA/vZczpTcruhtYvXLBaZt5g=\ntime 2026-03-29T01:00:00.000000Z\n\n"
    "— logline/rio/0 aMQmNzgrNZTptFfggar5o0NfVt3LkJAQEZEIiKkYKx6e9zF3303KVKoO0Y5Zwi5kddpv2n9kzOWwutDq+kfCJPpiUQg=\n";
const std::string known_body = known_text.substr(0, known_text.find("\n\n") + 1);
const std::string known_signature_line = known_text.substr(known_body.size() + 1);

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

/// The body with one part changed, signed with the right key all the same.
std::string signed_anew(const std::string& body) {
  const auto key = fixed_key();
  return body + "\n— " + origin + ' ' +
         core::to_base64(journal::note_key_hash(origin, key.public_key()) + key.sign(body)) + '\n';
}

}  // namespace

TEST_CASE("a signed head is the known text", "[unit][checkpoint][JRN-06]") {
  const journal::checkpoint_signer signer{journal::checkpoint_origin("rio", core::partition_id{0}), fixed_key()};
  CHECK(signer.sign(fixed_head()) == known_text);
  CHECK(journal::note_verifier_key(origin, fixed_key().public_key()) ==
        "logline/rio/0+68c42637+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4");
}

TEST_CASE("a verified checkpoint says what was signed", "[unit][checkpoint][JRN-06]") {
  const journal::checkpoint_verifier verifier{origin, fixed_key().public_key()};
  const auto found = verifier.verify(known_text);
  REQUIRE(found);
  const auto head = fixed_head();
  CHECK(*found == journal::checkpoint{origin, 42, head.root, head.chain, head.at});

  const auto parsed = journal::parse_checkpoint(known_text);
  REQUIRE(parsed);
  CHECK(parsed->signed_text == known_body);
  CHECK(journal::checkpoint_body(parsed->content) == known_body);
  REQUIRE(parsed->signatures.size() == 1);
  CHECK(parsed->signatures[0].name == origin);
  CHECK(core::to_hex(parsed->signatures[0].key_hash) == "68c42637");
}

TEST_CASE("the head of an empty log can be signed and read", "[unit][checkpoint]") {
  const journal::checkpoint_signer signer{origin, fixed_key()};
  const auto found = signer.verify(signer.sign({}));
  REQUIRE(found);
  CHECK(found->size == 0);
}

TEST_CASE("key hash and signature follow the example of the signed-note specification", "[unit][checkpoint][JRN-06]") {
  // c2sp.org/signed-note, "Example": example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k
  const auto key =
      journal::site_public_key::from_raw(core::from_base64("AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")->substr(1));
  REQUIRE(key);
  CHECK(core::to_hex(journal::note_key_hash("example.com/foo", *key)) == "530d903a");
  CHECK(journal::note_verifier_key("example.com/foo", *key) ==
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");
  const auto signature = *core::from_base64(
      "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=");
  CHECK(signature.substr(0, 4) == journal::note_key_hash("example.com/foo", *key));
  CHECK(key->verify("This is an example message.\n", signature.substr(4)));
  CHECK_FALSE(key->verify("This is an example message.", signature.substr(4)));
}

TEST_CASE("malformed checkpoints are refused, each for what it is", "[unit][checkpoint]") {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"", "blank line"},
      {known_body, "blank line"},
      {known_body + "\n", "not signed"},
      {known_text.substr(0, known_text.size() - 1), "does not end"},
      {known_text + "\n", "extension"},
      {known_text + "no mark\n", "em dash"},
      {known_text + "- " + known_signature_line.substr(4), "em dash"},
      {known_text + "— name\n", "key name"},
      {known_text + "—  AAAAAAAA\n", "key name"},
      {known_text + "— na+me AAAAAAAA\n", "key name"},
      {known_text + "— na\xc2\xa0me AAAAAAAA\n", "key name"},
      {known_text + "— name AAAA\n", "base64"},
      {known_text + "— name AAAAAA==\n", "base64"},
      {known_text + "— name AAAAAAA\n", "base64"},
      {known_text + "— name AAAAAAA= \n", "base64"},
      {known_text + "— name AAAAAAB=\n", "base64"},
      {replaced(known_text, "\n42\n", "\n042\n"), "tree size"},
      {replaced(known_text, "\n42\n", "\n-42\n"), "tree size"},
      {replaced(known_text, "\n42\n", "\n+42\n"), "tree size"},
      {replaced(known_text, "\n42\n", "\n42 \n"), "tree size"},
      {replaced(known_text, "\n42\n", "\n\n"), "tree size"},
      {replaced(known_text, "\n42\n", "\n9223372036854775808\n"), "tree size"},
      {replaced(known_text, "\n42\n", "\n99999999999999999999\n"), "tree size"},
      {replaced(known_text, "SBNJTRN+", "SBNJTRN"), "root"},
      {replaced(known_text, "SBNJTRN+", ""), "root"},
      {replaced(known_text, "d7I=", "d7J="), "root"},
      {replaced(known_text, "SBNJTRN+", "SBNJTRN-"), "root"},
      {replaced(known_text, "chain ", "chain:"), "chain"},
      {replaced(known_text, "chain ", ""), "chain"},
      {replaced(known_text, "lBSIax6/", "lBSIax6!"), "chain"},
      {replaced(known_text, "time ", "at "), "time"},
      {replaced(known_text, ".000000Z", "Z"), "time"},
      {replaced(known_text, ".000000Z", ".000000+00:00"), "time"},
      {replaced(known_text, "2026-03-29", "2026-02-30"), "time"},
      {replaced(known_text, "time ", "more information\ntime "), "time"},
      {replaced(known_text, "00Z\n", "00Z\nmore information\n"), "extension"},
      {replaced(known_text, "logline/rio/0\n", "logline/rio 0\n"), "origin"},
      {replaced(known_text, "logline/rio/0\n", "\n"), "origin"},
      {replaced(known_text, "\n42\n", "\n42\r\n"), "control"},
      {replaced(known_text, "\n42\n", "\n4\t2\n"), "control"},
      {replaced(known_text, "rio", "r\xffo"), "UTF-8"},
      {replaced(known_text, "rio", "r\xc0\xaeo"), "UTF-8"},
      {replaced(known_text, "rio", "r\xed\xa0\x80o"), "UTF-8"},
      {known_text + "— name " + std::string(300'000, 'A') + "\n", "too long"},
  };
  for (const auto& [text, reason] : table) {
    const auto parsed = journal::parse_checkpoint(text);
    INFO(text.substr(0, 400));
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == journal::errc::bad_encoding);
    CHECK_THAT(parsed.error().message, Catch::Contains(reason));
  }
}

TEST_CASE("a checkpoint holds only under its own key, name and text", "[unit][checkpoint][JRN-06]") {
  const journal::checkpoint_verifier verifier{origin, fixed_key().public_key()};
  const auto code = [&](const std::string& text) { return verifier.verify(text).error().code; };
  CHECK(code(replaced(known_text, "\n42\n", "\n43\n")) == journal::errc::bad_signature);
  CHECK(code(replaced(known_text, ".000000Z", ".000001Z")) == journal::errc::bad_signature);
  CHECK(code(signed_anew(replaced(known_body, "rio/0", "rio/1"))) == journal::errc::checkpoint_mismatch);
  CHECK(verifier.verify(replaced(known_text, "\n42\n", "\n43\n")).error().position == core::gseq{43});

  const auto other = *journal::site_key::from_seed(std::string(32, 'x'));
  const journal::checkpoint_signer stranger{origin, other};
  CHECK(code(stranger.sign(fixed_head())) == journal::errc::bad_signature);
  // The right key hash in front of somebody else's signature.
  const std::string forged =
      known_body + "\n— " + origin + ' ' +
      core::to_base64(journal::note_key_hash(origin, fixed_key().public_key()) + other.sign(known_body)) + '\n';
  CHECK(code(forged) == journal::errc::bad_signature);
}

TEST_CASE("signatures of others are ignored, a wrong one of ours condemns the note", "[unit][checkpoint]") {
  const journal::checkpoint_verifier verifier{origin, fixed_key().public_key()};
  std::string witnessed = known_text;
  for (int i = 0; i < 16; ++i)
    witnessed += "— witness.example/w" + std::to_string(i) + " AAAAAAECAwQ=\n";
  witnessed += "— d\xc3\xa9j\xc3\xa0-vu AAAAAAECAwQ=\n";
  CHECK(verifier.verify(witnessed));
  // Same name, other key: a rotated key of ours.
  CHECK(verifier.verify(known_text + "— " + origin + " AAAAAAECAwQ=\n"));
  const std::string wrong =
      core::to_base64(journal::note_key_hash(origin, fixed_key().public_key()) + std::string(64, 'x'));
  CHECK(verifier.verify(known_text + "— " + origin + ' ' + wrong + '\n').error().code == journal::errc::bad_signature);
  CHECK(verifier.verify(known_body + "\n— " + origin + ' ' + wrong + '\n' + known_signature_line).error().code ==
        journal::errc::bad_signature);
}

TEST_CASE("any flipped bit of a checkpoint is noticed", "[unit][checkpoint][JRN-06]") {
  const journal::checkpoint_verifier verifier{origin, fixed_key().public_key()};
  for (std::size_t bit = 0; bit < known_text.size() * 8; ++bit) {
    std::string bad = known_text;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    REQUIRE_FALSE(verifier.verify(bad));
  }
}
