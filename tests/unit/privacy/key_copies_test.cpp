#include "journal/key_copies.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/privacy/key_sample.hpp"

namespace logline::journal {

namespace {

constexpr core::timestamp noon{1'800'000'000'000'000};

}  // namespace

TEST_CASE("copies of the key store are whole, and go when their time is up", "[GDP-06]") {
  const scratch at;
  const auto keys = store_in(at);
  CHECK_FALSE(newest_key_copy(at / "copies"));
  const auto id = keys->key_for("acme", keys->pseudonym("acme", "ann"))->id;
  const auto old = *make_key_copy(*keys, at / "copies", noon);
  const auto young = *make_key_copy(*keys, at / "copies", noon + core::days(29));
  CHECK(newest_key_copy(at / "copies") == noon + core::days(29));
  std::filesystem::create_directories(at / "copies/keystore-x.unfinished");
  std::filesystem::create_directories(at / "copies/other");
  CHECK(*remove_key_copies(at / "copies", noon + core::seconds(1)) == 2);
  CHECK_FALSE(std::filesystem::exists(old));
  CHECK(std::filesystem::exists(young));
  CHECK(std::filesystem::exists(at / "copies/other"));
  auto options = options_in(at);
  options.directory = young;
  CHECK((*key_store::open(std::move(options)))->find_key(id));
}

}  // namespace logline::journal
