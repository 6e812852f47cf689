#include "journal/secret_box.hpp"

#include <catch2/catch.hpp>

#include <string>

#include "domain/core/bytes.hpp"

namespace {

using namespace logline;

journal::node_secret_box box_of(char fill) {
  return journal::node_secret_box{*journal::node_key::from_raw(std::string(32, fill))};
}

void check_unreadable(const journal::node_secret_box& box, const std::string& content) {
  const auto opened = box.open({content});
  REQUIRE_FALSE(opened);
  REQUIRE(opened.error().kind == core::failure_kind::internal);
  REQUIRE(opened.error().code == "SECRET_UNREADABLE");
  REQUIRE(opened.error().message.find("hunter2") == std::string::npos);
}

}  // namespace

TEST_CASE("what is sealed can be opened again", "[unit][secret_box]") {
  const auto box = box_of('k');
  for (const std::string& text :
       {std::string{}, std::string{"hunter2"}, std::string(100'000, '\xff'), std::string("a\0b", 3)}) {
    const auto sealed = box.seal(text);
    CHECK(sealed.box.size() == text.size() + 33);
    if (!text.empty()) CHECK(sealed.box.find(text) == std::string::npos);
    const auto opened = box.open(sealed);
    REQUIRE(opened);
    CHECK(*opened == text);
  }
}

TEST_CASE("the same text sealed twice gives two boxes", "[unit][secret_box]") {
  const auto box = box_of('k');
  CHECK(box.seal("hunter2").box != box.seal("hunter2").box);
}

TEST_CASE("a box is what the documented format says", "[unit][secret_box]") {
  // Made with python3-cryptography's AESGCM: key 32 × "k", nonce 000102…0b, "hunter2".
  const std::string made_elsewhere =
      *core::from_hex("01220568d6000102030405060708090a0b02a89a5a61a2b48dff4676a86db2ff67931e39238a682f");
  const auto box = box_of('k');
  REQUIRE(box.open({made_elsewhere}));
  CHECK(*box.open({made_elsewhere}) == "hunter2");
}

TEST_CASE("every flipped bit, cut and extension of a box is noticed", "[unit][secret_box]") {
  const auto box = box_of('k');
  const std::string good = box.seal("hunter2").box;
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    check_unreadable(box, bad);
  }
  for (std::size_t size = 0; size < good.size(); ++size)
    check_unreadable(box, good.substr(0, size));
  check_unreadable(box, good + 'x');
}

TEST_CASE("another node's key opens nothing and is told apart from damage", "[unit][secret_box]") {
  const auto sealed = box_of('k').seal("hunter2");
  check_unreadable(box_of('j'), sealed.box);
  CHECK_THAT(box_of('j').open(sealed).error().message, Catch::Contains("another node key"));
}
