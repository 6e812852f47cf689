#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "journal/object_store.hpp"

namespace logline::journal::fixtures {

/// What every implementation of object_store promises. `open` opens the same, at first empty, place each time; `folder`
/// is an existing directory for files.
inline void object_store_contract(const std::function<std::unique_ptr<object_store>()>& open,
                                  const std::filesystem::path& folder) {
  const auto names = [](object_store& store, std::string_view prefix) {
    auto listed = store.list(prefix);
    REQUIRE(listed);
    std::vector<std::string> out;
    for (const auto& each : *listed)
      out.push_back(each.name);
    return out;
  };
  const auto write_file = [&](const std::string& name, const std::string& bytes) {
    std::ofstream{folder / name, std::ios::binary} << bytes;
    return folder / name;
  };
  const auto bytes_of = [](const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    return std::string{std::istreambuf_iterator<char>{in}, {}};
  };
  using list_of_names = std::vector<std::string>;

  auto store = open();
  CHECK(names(*store, "") == list_of_names{});
  CHECK(store->get("a/missing", 10).error().code == errc::not_found);
  CHECK(store->get_file("a/missing", folder / "missing").error().code == errc::not_found);
  CHECK_FALSE(std::filesystem::exists(folder / "missing"));
  CHECK(store->remove("a/missing"));

  const std::string binary{"\0\xff\n text \r\n", 11};
  REQUIRE(store->put("b/two", "2"));
  REQUIRE(store->put("a/one", binary));
  REQUIRE(store->put("a/empty", ""));
  REQUIRE(store->put("b.x", "side"));
  CHECK(*store->get("a/one", binary.size()) == binary);
  CHECK(store->get("a/empty", 0)->empty());
  CHECK(store->get("a/one", binary.size() - 1).error().code == errc::too_large);
  CHECK(names(*store, "") == list_of_names{"a/empty", "a/one", "b.x", "b/two"});
  CHECK(names(*store, "a/") == list_of_names{"a/empty", "a/one"});
  CHECK(names(*store, "b") == list_of_names{"b.x", "b/two"});
  CHECK(*store->list("a/one") == std::vector<object_info>{{"a/one", binary.size()}});

  REQUIRE(store->put("a/one", "replaced"));
  CHECK(*open()->get("a/one", 100) == "replaced");

  std::string large(std::size_t{3} << 20, 'x');
  for (std::size_t i = 0; i < large.size(); ++i)
    large[i] = static_cast<char>(i * 31 >> 3);
  const auto source = write_file("large", large);
  CHECK(store->put_file("files/large", source, core::sha256("something else")).error().code == errc::checksum_mismatch);
  CHECK(store->get("files/large", 1).error().code == errc::not_found);
  REQUIRE(store->put_file("files/large", source, core::sha256(large)));
  const auto target = write_file("target", "was here before");
  const auto digest = store->get_file("files/large", target);
  REQUIRE(digest);
  CHECK(*digest == core::sha256(large));
  CHECK(bytes_of(target) == large);

  REQUIRE(store->remove("a/one"));
  CHECK(store->get("a/one", 100).error().code == errc::not_found);
  CHECK(names(*open(), "") == list_of_names{"a/empty", "b.x", "b/two", "files/large"});

  for (const auto* bad : {"", "/a", "a/", "a//b", "../a", "a/../b", "./a", "a b", "a\n", "ä", "a.tmp"}) {
    CHECK(store->put(bad, "x").error().code == errc::bad_encoding);
    CHECK(store->get(bad, 1).error().code == errc::bad_encoding);
    CHECK(store->remove(bad).error().code == errc::bad_encoding);
  }
  CHECK(store->put(std::string(object_name_bytes_max + 1, 'a'), "x").error().code == errc::bad_encoding);
  CHECK_FALSE(store->where().empty());
}

}  // namespace logline::journal::fixtures
