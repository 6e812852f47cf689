#include "journal/manifest.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/journal_backup/backup_fixture.hpp"

using namespace logline;
using namespace logline::journal;
using namespace logline::backup_fixtures;

TEST_CASE("a manifest reads back as it was written", "[BAK-02]") {
  manifest m;
  m.name = "logline-2026-03-29";
  m.at = now;
  m.duration_ms = 1'234;
  m.label = "before-upgrade";
  m.journals.push_back({"rio", 3, 2, core::gseq{17}, core::sha256("chain"), core::sha256("root"), now});
  m.versions = {{"logline", "0.1.0"}};
  m.schemas = {{"task_enqueued", 2}};
  m.keys = {"0011223344556677"};
  m.files = {{"journal/00003/000012.sst", 4'711, core::sha256("a"), 0xfedcba98},
             {"config/settings", 0, core::sha256(""), 0}};
  const auto again = parse_manifest(manifest_text(m));
  REQUIRE(again);
  CHECK(*again == m);
  CHECK(parse_manifest("{}").error().code == errc::bad_encoding);
  CHECK(parse_manifest("nothing").error().code == errc::bad_encoding);
  m.format = 2;
  CHECK(parse_manifest(manifest_text(m)).error().code == errc::unknown_format);
}

TEST_CASE("a tree that is not what its manifest lists is told apart: extra, missing, changed", "[SIG-01][SIG-A1]") {
  using kind = tree_difference::kind;
  const folder place;
  write_file(place.path / "a", "1");
  write_file(place.path / "deep/er/b", "22");
  write_file(place.path / "deep/c", "333");
  manifest m;
  m.files = *list_tree(place.path);
  REQUIRE(m.files.size() == 3);
  CHECK(m.files[1].path == "deep/c");
  CHECK(m.files[1].bytes == 3);
  CHECK(compare_tree(m, place.path)->empty());

  write_file(place.path / "deep/er/b", "23");
  write_file(place.path / "new", "");
  std::filesystem::remove(place.path / "a");
  const auto found = compare_tree(m, place.path);
  REQUIRE(found);
  REQUIRE(found->size() == 3);
  CHECK(((*found)[0].path == "a" && (*found)[0].what == kind::missing));
  CHECK(((*found)[1].path == "deep/er/b" && (*found)[1].what == kind::changed));
  CHECK((*found)[1].expected == core::sha256("22").hex());
  CHECK((*found)[1].found == core::sha256("23").hex());
  CHECK(((*found)[2].path == "new" && (*found)[2].what == kind::extra));
  CHECK(compare_tree(m, place.path, [](std::string_view path) { return path == "new"; })->size() == 2);

  std::filesystem::create_symlink("a", place.path / "link");
  CHECK(list_tree(place.path).error().code == errc::bad_encoding);
}
