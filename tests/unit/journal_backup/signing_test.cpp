#include "journal/signing.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include <catch2/catch.hpp>

#include "tests/unit/journal_backup/backup_fixture.hpp"

using namespace logline;
using namespace logline::journal;
using namespace logline::backup_fixtures;

TEST_CASE("a signature is over one content, by a key of the history", "[SIG-01][SIG-A1]") {
  const folder place;
  const auto site = *site_key::load_or_create(place.path / "keys");
  const auto history = key_history::load(place.path / "keys");
  REQUIRE(history);
  const auto digest = core::sha256("content");
  const std::string text = sign_content(digest, now, std::span{&site, 1});
  const auto by = verify_content(digest, text, *history);
  REQUIRE(by);
  CHECK(by->key_id == site.public_key().id());
  CHECK(by->key_name == "site");
  CHECK(by->at == now);
  CHECK(verify_content(core::sha256("other"), text, *history).error().code == errc::checksum_mismatch);

  const auto stranger = *site_key::from_seed(std::string(32, 'x'));
  CHECK(verify_content(digest, sign_content(digest, now, std::span{&stranger, 1}), *history).error().code ==
        errc::key_missing);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(verify_content(digest, changed, *history));
    CHECK_FALSE(verify_content(digest, text.substr(0, i), *history));
  }
}

TEST_CASE("an old key's signatures count for seven days more, and those it made before for ever",
          "[SIG-02][SIG-03][SIG-A1]") {
  const folder place;
  const auto keys = place.path / "keys";
  REQUIRE(site_key::load_or_create(keys));
  const auto first = rotate_key(keys, "backup", now);
  REQUIRE(first);
  const core::timestamp rotated = now + core::days(30);
  const auto second = rotate_key(keys, "backup", rotated);
  REQUIRE(second);
  CHECK(first->key != second->key);

  const auto history = key_history::load(keys);
  REQUIRE(history);
  CHECK(history->find(first->key.id())->until == rotated + core::days(7));
  CHECK(history->find(second->key.id())->until == core::never);
  CHECK(history->active("backup", rotated - core::seconds(1))->key == first->key);
  CHECK(history->active("backup", rotated)->key == second->key);

  const auto digest = core::sha256("content");
  const auto old_key = *load_signing_keys(keys, "backup", rotated - core::seconds(1));
  REQUIRE(old_key.size() == 1);
  const auto verdict = [&](core::timestamp at, const std::vector<site_key>& by) {
    return verify_content(digest, sign_content(digest, at, by), *history).has_value();
  };
  CHECK(verdict(now, old_key));
  CHECK(verdict(rotated + core::days(7), old_key));
  CHECK_FALSE(verdict(rotated + core::days(7) + core::seconds(1), old_key));
  CHECK_FALSE(verdict(now - core::seconds(1), old_key));

  // In between both sign, so that whoever has but one of them is content.
  const auto both = *load_signing_keys(keys, "backup", rotated + core::days(3));
  REQUIRE(both.size() == 2);
  CHECK(both[0].public_key() == second->key);
  CHECK(both[1].public_key() == first->key);
  CHECK(load_signing_keys(keys, "backup", rotated + core::days(8))->size() == 1);
  CHECK(verdict(rotated + core::days(20), *load_signing_keys(keys, "backup", rotated + core::days(20))));
}

TEST_CASE("keys that are bound elsewhere do not rotate, and a damaged history is refused", "[SIG-02]") {
  const folder place;
  const auto keys = place.path / "keys";
  REQUIRE(site_key::load_or_create(keys));
  for (const auto* name : {"site", "node", "ndjson", "", "Backup", "../x"})
    CHECK(rotate_key(keys, name, now).error().code == errc::bad_encoding);
  REQUIRE(rotate_key(keys, "backup", now));
  const std::string kept = bytes_of(keys / "history.ndjson");
  for (const auto& damaged : {kept.substr(0, kept.size() - 1), "{}\n" + kept, kept + "x\n"}) {
    write_file(keys / "history.ndjson", damaged);
    CHECK(key_history::load(keys).error().code == errc::key_missing);
  }
  CHECK(key_history::load(place.path / "none").error().code == errc::key_missing);
}
