#include "journal/key_store.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <set>

#include "tests/unit/privacy/key_sample.hpp"

namespace logline::journal {

TEST_CASE("a subject has one key, the same after a restart, and another in another tenant", "[GDP-04]") {
  const scratch place;
  core::uuid ann;
  core::uuid id;
  std::string raw;
  {
    const auto keys = store_in(place);
    ann = keys->pseudonym("acme", "ann");
    CHECK(ann == keys->pseudonym("acme", "ann"));
    CHECK(ann != keys->pseudonym("zeus", "ann"));
    CHECK(ann != keys->pseudonym("acme", "bob"));
    const auto key = *keys->key_for("acme", ann);
    id = key.id;
    raw = key.key->raw();
    CHECK(keys->key_for("acme", ann)->id == id);
    CHECK(keys->key_for("zeus", ann)->id != id);
  }
  CHECK_FALSE(is_in_files(place / "keystore", raw));
  CHECK_FALSE(is_in_files(place / "keystore", "ann"));
  const auto keys = store_in(place);
  CHECK(keys->pseudonym("acme", "ann") == ann);
  CHECK(keys->find_key(id)->key->raw() == raw);
  CHECK(keys->key_for("acme", ann)->id == id);
  CHECK(keys->find_key(core::uuid::from(std::string(16, 'q'))).error().code == errc::not_found);
}

TEST_CASE("the root key is needed, and none other opens the store", "[GDP-06]") {
  const scratch place;
  const scratch elsewhere;
  static_cast<void>(store_in(place)->key_for("acme", core::uuid::from(std::string(16, 'a'))));
  auto options = options_in(place);
  options.root = *load_or_create_root_key(elsewhere / "keys");
  CHECK(key_store::open(std::move(options)).error().code == errc::key_missing);
  const auto mode = std::filesystem::status(place / "keys/root.key").permissions();
  CHECK(mode == (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  std::filesystem::permissions(place / "keys/root.key", std::filesystem::perms::group_read,
                               std::filesystem::perm_options::add);
  CHECK(load_root_key(place / "keys").error().code == errc::key_missing);
}

TEST_CASE("after its number of seals a key is followed by the next, also across restarts", "[GDP-04]") {
  const scratch place;
  const core::uuid ann = core::uuid::from(std::string(16, 'a'));
  auto options = options_in(place);
  options.seals_per_key = 3'000;  // 2^31 in a node
  std::set<core::uuid> ids;
  std::uint64_t seals = 0;
  for (int life = 0; life < 4; ++life) {
    const auto keys = *key_store::open(options);
    for (int i = 0; i < 2'500; ++i, ++seals)
      ids.insert(keys->key_for("acme", ann)->id);
    CHECK(keys->keys_of("acme", ann)->size() == ids.size());
    for (const auto& id : ids)
      CHECK(keys->find_key(id));
  }
  // A restart may waste what was reserved, but never counts less than there was.
  CHECK(ids.size() * options.seals_per_key >= seals);
  CHECK(ids.size() >= 4);
  CHECK(ids.size() <= 8);
}

TEST_CASE("keys in memory are bounded, whatever is asked for", "[GDP-07]") {
  const scratch place;
  auto options = options_in(place);
  options.cached_keys = 16;
  const auto keys = *key_store::open(std::move(options));
  std::vector<std::pair<core::uuid, std::string>> made;
  for (int i = 0; i < 100; ++i) {
    const auto key = keys->key_for("acme", keys->pseudonym("acme", std::to_string(i)));
    REQUIRE(key);
    made.emplace_back(key->id, key->key->raw());
    CHECK(keys->status().cached <= 16);
  }
  for (const auto& [id, raw] : made)
    CHECK(keys->find_key(id)->key->raw() == raw);
  // With every place taken the answer is a refusal, and keys given back serve again.
  std::vector<key_handle> held;
  auto refused = keys->find_key(made[0].first);
  for (std::size_t i = 0; refused && i < 1'000; ++i) {
    held.push_back(refused->key);
    refused = keys->key_for("zeus", keys->pseudonym("zeus", std::to_string(i)));
  }
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::overloaded);
  held.clear();
  CHECK(keys->find_key(made[0].first));
}

TEST_CASE("what locked memory held is zeroed when the last handle goes", "[GDP-07]") {
  const auto pages = locked_keys::make(2);
  auto one = pages->keep(std::string(32, 'k'));
  const char* const where = one->raw().data();
  auto copy = one;
  one.reset();
  CHECK(std::string_view{where, 32} == std::string(32, 'k'));
  copy.reset();
  CHECK(std::string_view{where, 32} == std::string(32, '\0'));
  const auto first = pages->make_key();
  const auto second = pages->make_key();
  CHECK(first->raw() != second->raw());
  CHECK(pages->make_key() == nullptr);
}

TEST_CASE("an erasure takes one subject's keys and nobody else's", "[GDP-07][GDP-16]") {
  const scratch place;
  const auto keys = store_in(place);
  const auto ann = keys->pseudonym("acme", "ann");
  const auto bob = keys->pseudonym("acme", "bob");
  const auto anns = *keys->key_for("acme", ann);
  const auto bobs = *keys->key_for("acme", bob);
  const auto elsewhere = *keys->key_for("zeus", ann);
  const auto epoch = keys->status().epoch;
  const auto pseudonym = keys->pseudonym("acme", "carl");

  REQUIRE(keys->shred(std::vector{erasure_of(*keys, 1, "acme", ann)}));
  CHECK(keys->find_key(anns.id).error().code == errc::not_found);
  CHECK(*keys->erased_by(anns.id) == "acme/gdpr_request/r1");
  CHECK(keys->keys_of("acme", ann)->empty());
  CHECK_FALSE(keys->is_sweeping());
  CHECK(keys->status().epoch == epoch + 1);
  CHECK(keys->erasures() == 1);
  CHECK(keys->find_key(bobs.id)->key->raw() == bobs.key->raw());
  CHECK(keys->find_key(elsewhere.id)->key->raw() == elsewhere.key->raw());
  CHECK_FALSE(*keys->erased_by(bobs.id));
  CHECK(keys->pseudonym("acme", "carl") == pseudonym);
  // Who is written about again gets a key that has nothing to do with the old one.
  CHECK(keys->key_for("acme", ann)->id != anns.id);

  CHECK(keys->shred(std::vector{erasure_of(*keys, 1, "acme", bob)}));  // applied already
  CHECK(keys->find_key(bobs.id));
  CHECK(keys->shred(std::vector{erasure_of(*keys, 3, "acme", bob)}).error().code == errc::position_gap);
}

TEST_CASE("an erasure is not done while a file of the store still holds the key", "[GDP-07]") {
  const scratch place;
  auto options = options_in(place);
  options.purges_max = 1;
  auto keys = *key_store::open(options);
  const auto ann = keys->pseudonym("acme", "ann");
  REQUIRE(keys->key_for("acme", ann));
  for (const auto& file : std::filesystem::directory_iterator{place / "keystore"})
    if (file.path().extension() == ".log") std::filesystem::copy(file.path(), place / "keystore" / "forgotten");
  REQUIRE(std::filesystem::exists(place / "keystore/forgotten"));
  const auto erasures = std::vector{erasure_of(*keys, 1, "acme", ann)};
  const auto refused = keys->shred(erasures);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("forgotten") != std::string::npos);
  CHECK(keys->is_sweeping());
  CHECK_FALSE(keys->shred(erasures));
  std::filesystem::remove(place / "keystore/forgotten");
  CHECK(keys->shred(erasures));
  CHECK_FALSE(keys->is_sweeping());
}

namespace {

/// What a process killed before the step would leave behind: the files, as the system has them at that moment.
void keep_as_of(const std::string& step, key_store_options& options, const std::filesystem::path& image) {
  options.before_step = [step, from = options.directory, image](std::string_view now) {
    if (now != step) return;
    std::filesystem::create_directories(image);
    for (const auto& file : std::filesystem::directory_iterator{from}) {
      std::error_code removed_meanwhile;  // by RocksDB, since nothing needs it any more
      std::filesystem::copy(file.path(), image / file.path().filename(), removed_meanwhile);
    }
  };
}

}  // namespace

TEST_CASE("an erasure that dies before any of its steps is finished by the next start", "[GDP-07][ENG-A17]") {
  const std::string step =
      GENERATE(as<std::string>{}, "delete", "new_epoch", "rewrap", "destroy", "purge", "check", "done");
  CAPTURE(step);
  const scratch place;
  core::uuid id;
  std::vector<erasure> erasures;
  std::vector<std::pair<core::uuid, std::string>> survivors;
  {
    const auto keys = store_in(place);
    const auto ann = keys->pseudonym("acme", "ann");
    id = keys->key_for("acme", ann)->id;
    for (int i = 0; i < 600; ++i) {
      const auto key = *keys->key_for("acme", keys->pseudonym("acme", std::to_string(i)));
      survivors.emplace_back(key.id, key.key->raw());
    }
    erasures.push_back(erasure_of(*keys, 1, "acme", ann));
  }
  {
    auto options = options_in(place);
    keep_as_of(step, options, place / "image");
    REQUIRE((*key_store::open(std::move(options)))->shred(erasures));
  }
  std::filesystem::remove_all(place / "keystore");
  std::filesystem::rename(place / "image", place / "keystore");

  const auto keys = store_in(place);
  const bool begun = step != "delete";
  CHECK(keys->is_sweeping() == begun);
  CHECK(keys->erasures() == (begun ? 1 : 0));
  REQUIRE(keys->finish_sweep());
  REQUIRE(keys->shred(erasures));
  CHECK_FALSE(keys->is_sweeping());
  CHECK(keys->erasures() == 1);
  CHECK(keys->status().epoch == 2);
  CHECK(keys->find_key(id).error().code == errc::not_found);
  CHECK(*keys->erased_by(id) == "acme/gdpr_request/r1");
  for (const auto& [other, raw] : survivors)
    REQUIRE(keys->find_key(other)->key->raw() == raw);
}

TEST_CASE("ten thousand subjects are erased in one epoch", "[GDP-16]") {
  const scratch place;
  const auto keys = store_in(place);
  std::vector<erasure> erasures;
  for (std::uint64_t i = 0; i < 300; ++i) {
    const auto subject = keys->pseudonym("acme", std::to_string(i));
    REQUIRE(keys->key_for("acme", subject));
    erasures.push_back(erasure_of(*keys, i + 1, "acme", subject));
  }
  // The rest never had a key here, as after a restore of an older store: their erasure is noted all the same.
  for (std::uint64_t i = 300; i < 10'000; ++i) {
    erasure unknown;
    unknown.number = i + 1;
    unknown.tenant = "acme";
    unknown.subject = keys->pseudonym("acme", std::to_string(i));
    unknown.keys = {unknown.subject};
    unknown.request = "acme/gdpr_request/bulk";
    erasures.push_back(unknown);
  }
  REQUIRE(keys->shred(erasures));
  CHECK(keys->status().epoch == 2);
  CHECK(keys->erasures() == 10'000);
  CHECK(*keys->erased_by(erasures[9'999].keys[0]) == "acme/gdpr_request/bulk");
  CHECK(keys->find_key(erasures[0].keys[0]).error().code == errc::not_found);
}

}  // namespace logline::journal
