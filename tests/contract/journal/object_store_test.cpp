#include "tests/contract/journal/object_store_contract.hpp"

#include "journal/directory_store.hpp"
#include "tests/contract/journal/journal_fixture.hpp"

using namespace logline;
using namespace logline::journal;
using namespace logline::journal::fixtures;

TEST_CASE("a directory keeps objects as every store does", "[contract]") {
  const temporary_directory place, folder;
  object_store_contract(
      [&] {
        auto store = directory_store::open(place.path() + "/deep/er");
        REQUIRE(store);
        return *std::move(store);
      },
      folder.path());
}

TEST_CASE("a directory shows nothing half-written, and is not made where it must be there", "[contract]") {
  const temporary_directory place;
  CHECK(directory_store::open_existing(place.path() + "/none").error().code == errc::not_found);
  auto store = directory_store::open_existing(place.path());
  REQUIRE(store);
  std::ofstream{place.path() + "/cut.tmp"} << "what a crash left";
  CHECK((*store)->list("")->empty());
  REQUIRE((*store)->put("cut", "whole"));
  CHECK(*(*store)->get("cut", 10) == "whole");
  CHECK_FALSE(std::filesystem::exists(place.path() + "/cut.tmp"));
}
