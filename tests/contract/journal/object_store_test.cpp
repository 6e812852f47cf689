#include "tests/contract/journal/object_store_contract.hpp"

#include "journal/directory_store.hpp"
#include "journal/sealed_store.hpp"
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

namespace {

std::unique_ptr<sealed_store> sealed_in(const std::string& directory, char key, const std::string& scratch) {
  auto inner = directory_store::open(directory);
  REQUIRE(inner);
  auto made = sealing_key::from_raw(std::string(32, key));
  REQUIRE(made);
  return std::make_unique<sealed_store>(*std::move(inner), *std::move(made), scratch);
}

}  // namespace

TEST_CASE("a sealed place keeps objects as every store does", "[contract][BAK-07]") {
  const temporary_directory place, folder, scratch;
  object_store_contract([&] { return sealed_in(place.path(), 'k', scratch.path()); }, folder.path());
  CHECK(std::filesystem::is_empty(scratch.path()));
}

TEST_CASE("what is sealed shows nothing, and opens only whole, in its place and under its key", "[contract][BAK-07]") {
  const temporary_directory place, scratch;
  const auto store = sealed_in(place.path(), 'k', scratch.path());
  const auto plain = directory_store::open(place.path());
  REQUIRE(plain);
  // Lengths around the edges of pieces of 1 MiB.
  constexpr std::size_t piece = std::size_t{1} << 20;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, piece - 1, piece, piece + 1, 2 * piece, 3 * piece + 5}) {
    const std::string content(size, 's');
    REQUIRE(store->put("name", content));
    CHECK(*store->get("name", size) == content);
    CHECK(*store->list("name") == std::vector<object_info>{{"name", size}});
    const std::string sealed = *(*plain)->get("name", 8 * piece);
    CHECK(sealed.find(std::string(32, 's')) == std::string::npos);
    const auto refused = [&](std::string changed) {
      REQUIRE((*plain)->put("name", changed));
      return store->get("name", size).error().code;
    };
    std::string flipped = sealed;
    flipped.back() ^= 1;
    CHECK(refused(flipped) == errc::bad_signature);
    CHECK(refused(sealed.substr(0, sealed.size() - 1)) == errc::bad_signature);
    CHECK(refused(sealed.substr(0, 20)) == errc::bad_signature);
    // Cut between two pieces.
    if (size > piece)
      CHECK(refused(sealed.substr(0, sealed.size() - (size - 1) % piece - 1 - 16)) == errc::bad_signature);
    REQUIRE((*plain)->put("other", sealed));
    CHECK(store->get("other", size).error().code == errc::bad_signature);
    REQUIRE((*plain)->put("name", sealed));
    CHECK(sealed_in(place.path(), 'x', scratch.path())->get("name", size).error().code == errc::key_missing);
  }
}
