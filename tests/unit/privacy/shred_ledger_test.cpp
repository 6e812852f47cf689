#include "journal/shred_ledger.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/privacy/key_sample.hpp"

namespace logline::journal {

namespace {

using places_list = std::vector<std::filesystem::path>;

site_key key_of(char seed) {
  return *site_key::from_seed(std::string(32, seed));
}

erasure named(const std::string& request) {
  return {0,
          {1'800'000'000'000'000},
          "acme",
          core::uuid::from(std::string(16, 's')),
          {core::uuid::from(std::string(16, 'k'))},
          request};
}

std::string text_of(const std::filesystem::path& place) {
  std::ifstream in{place / shred_ledger_file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void overwrite(const std::filesystem::path& place, const std::string& text) {
  std::ofstream{place / shred_ledger_file, std::ios::binary} << text;
}

}  // namespace

TEST_CASE("erasures are kept in every place, signed and in order", "[GDP-08]") {
  const scratch at;
  const places_list places{at / "here", at / "there"};
  {
    const auto ledger = *shred_ledger::open(places, key_of('a'));
    CHECK(ledger->append({named("r1"), named("r2")})->back().number == 2);
  }
  const auto ledger = *shred_ledger::open(places, key_of('a'));
  CHECK(ledger->count() == 2);
  REQUIRE(ledger->append({named("r3")}));
  CHECK(text_of(places[0]) == text_of(places[1]));
  const auto read = *read_shred_ledger(places[1], key_of('a').public_key());
  REQUIRE(read.size() == 3);
  CHECK(read[2].request == "r3");
  CHECK(read[2].number == 3);
  CHECK(read[2].keys == named("").keys);
  CHECK(read[2].subject == named("").subject);
  CHECK(read[2].at == named("").at);
  CHECK(read_shred_ledger(places[0], key_of('b').public_key()).error().code == errc::bad_signature);
}

TEST_CASE("no line of a ledger can be changed, left out or moved", "[GDP-08]") {
  const scratch at;
  const places_list places{at / "here"};
  REQUIRE((*shred_ledger::open(places, key_of('a')))->append({named("r1"), named("r2"), named("r3")}));
  const std::string whole = text_of(places[0]);
  const auto site = key_of('a').public_key();
  const std::size_t first = whole.find('\n') + 1;
  const std::size_t second = whole.find('\n', first) + 1;
  overwrite(places[0], whole.substr(0, first) + whole.substr(second));
  CHECK_FALSE(read_shred_ledger(places[0], site));
  overwrite(places[0], whole.substr(first, second - first) + whole.substr(0, first) + whole.substr(second));
  CHECK_FALSE(read_shred_ledger(places[0], site));
  for (std::size_t i = 0; i < first - 1; i += 7) {
    std::string altered = whole;
    altered[i] = altered[i] == 'x' ? 'y' : 'x';
    overwrite(places[0], altered);
    CAPTURE(i);
    CHECK_FALSE(read_shred_ledger(places[0], site));
  }
  // A line that was being written when the power went was never acknowledged.
  overwrite(places[0], whole.substr(0, whole.size() - 20));
  CHECK(read_shred_ledger(places[0], site)->size() == 2);
  const auto ledger = *shred_ledger::open(places, key_of('a'));
  REQUIRE(ledger->append({named("r3")}));
  CHECK(text_of(places[0]) == whole);
}

TEST_CASE("a place that lost its ledger gets it again; places that disagree are refused", "[GDP-08]") {
  const scratch at;
  const places_list places{at / "here", at / "there"};
  REQUIRE((*shred_ledger::open(places, key_of('a')))->append({named("r1"), named("r2")}));
  const std::string whole = text_of(places[0]);
  overwrite(places[0], whole.substr(0, whole.find('\n') + 1));
  std::filesystem::remove(places[1] / shred_ledger_file);
  CHECK((*shred_ledger::open(places, key_of('a')))->count() == 1);
  CHECK(text_of(places[1]) == text_of(places[0]));
  overwrite(places[1], whole);
  CHECK((*shred_ledger::open(places, key_of('a')))->count() == 2);
  CHECK(text_of(places[0]) == whole);

  const scratch other;
  const places_list strange{other / "x"};
  REQUIRE((*shred_ledger::open(strange, key_of('a')))->append({named("r9")}));
  overwrite(places[1], text_of(strange[0]));
  CHECK(shred_ledger::open(places, key_of('a')).error().code == errc::checkpoint_mismatch);
  CHECK(newest_shred_ledger(places, key_of('a').public_key()).error().code == errc::checkpoint_mismatch);
}

TEST_CASE("an older key store with the ledger replayed does not bring an erased subject back", "[GDP-08][GDP-16]") {
  const scratch at;
  const places_list places{at / "here"};
  const auto site = key_of('a');
  auto keys = store_in(at);
  const auto ann = keys->pseudonym("acme", "ann");
  const auto id = keys->key_for("acme", ann)->id;
  const auto bobs = keys->key_for("acme", keys->pseudonym("acme", "bob"))->id;
  REQUIRE(keys->back_up(at / "older"));
  const auto ledger = *shred_ledger::open(places, site);
  REQUIRE(keys->shred(*ledger->append({erasure_of(*keys, 0, "acme", ann)})));
  CHECK(*replay_shreds(*keys, places, site.public_key()) == 0);
  keys.reset();

  std::filesystem::remove_all(at / "keystore");
  std::filesystem::rename(at / "older", at / "keystore");
  keys = store_in(at);
  REQUIRE(keys->find_key(id));  // it is back …
  CHECK(*replay_shreds(*keys, places, site.public_key()) == 1);
  CHECK(keys->find_key(id).error().code == errc::not_found);  // … and gone for good
  CHECK(keys->find_key(bobs));
  CHECK(keys->erasures() == 1);
}

TEST_CASE("without the newest ledger nothing is replayed", "[GDP-08]") {
  const scratch at;
  const places_list places{at / "here"};
  const auto site = key_of('a');
  const auto keys = store_in(at);
  const auto ledger = *shred_ledger::open(places, site);
  const auto first = *ledger->append({named("r1"), named("r2")});
  CHECK(*replay_shreds(*keys, places, site.public_key(), 2) == 2);
  CHECK(replay_shreds(*keys, places, site.public_key(), 3).error().code == errc::acknowledged_lost);
  std::filesystem::remove(places[0] / shred_ledger_file);
  CHECK(replay_shreds(*keys, places, site.public_key()).error().code == errc::acknowledged_lost);
}

}  // namespace logline::journal
