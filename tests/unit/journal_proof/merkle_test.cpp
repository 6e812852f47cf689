#include "journal/merkle.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <vector>

#include "domain/core/bytes.hpp"

namespace {

using namespace logline;
using journal::node_ref;
using digests = std::vector<core::digest>;

core::digest from_hex(std::string_view hex) {
  return core::digest::from(*core::from_hex(hex));
}

// The eight inputs that certificate-transparency's own tests have used since RFC 6962.
digests transparency_leaves() {
  digests leaves;
  for (const std::string_view hex :
       {"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"})
    leaves.push_back(journal::leaf_hash(*core::from_hex(hex)));
  return leaves;
}

constexpr std::string_view transparency_roots[] = {
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

/// MTH as RFC 9162 §2.1.1 defines it, word for word: the yardstick for everything else.
core::digest mth(const digests& leaves, std::size_t begin, std::size_t end) {
  if (begin == end) return core::sha256(std::string_view{});
  if (end - begin == 1) return leaves[begin];
  std::size_t k = 1;
  while (k * 2 < end - begin)
    k *= 2;
  return core::sha256(
      {std::string_view{"\x01"}, mth(leaves, begin, begin + k).view(), mth(leaves, begin + k, end).view()});
}

journal::node_source nodes_of(const digests& leaves) {
  return [&leaves](unsigned level, std::uint64_t index) -> journal::result<core::digest> {
    const std::size_t begin = index << level;
    const std::size_t end = (index + 1) << level;
    if (end > leaves.size()) return journal::error{journal::errc::index_mismatch, "incomplete node asked for", {}};
    return mth(leaves, begin, end);
  };
}

digests numbered_leaves(std::size_t n) {
  digests leaves;
  for (std::size_t i = 0; i < n; ++i)
    leaves.push_back(journal::leaf_hash("record " + std::to_string(i)));
  return leaves;
}

digests hex_path(std::initializer_list<std::string_view> nodes) {
  digests path;
  for (const auto node : nodes)
    path.push_back(from_hex(node));
  return path;
}

constexpr std::string_view leaf_1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
constexpr std::string_view node_2_4 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
constexpr std::string_view node_4_8 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
constexpr std::string_view leaf_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
constexpr std::string_view node_4_6 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
constexpr std::string_view node_6_8 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";

}  // namespace

TEST_CASE("tree heads are those of the certificate transparency test vectors", "[unit][merkle][JRN-06]") {
  const auto leaves = transparency_leaves();
  CHECK(journal::empty_root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  journal::compact_range range;
  CHECK(range.root() == journal::empty_root());
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    range.append(leaves[i]);
    CHECK(range.root().hex() == transparency_roots[i]);
    CHECK(range.size() == i + 1);
  }
}

TEST_CASE("proofs are those of the certificate transparency test vectors", "[unit][merkle][JRN-06]") {
  const auto leaves = transparency_leaves();
  const auto nodes = nodes_of(leaves);
  CHECK(journal::inclusion_path(0, 1, nodes)->empty());
  CHECK(*journal::inclusion_path(0, 8, nodes) == hex_path({leaf_1, node_2_4, node_4_8}));
  CHECK(*journal::inclusion_path(5, 8, nodes) == hex_path({leaf_4, node_6_8, transparency_roots[3]}));
  CHECK(*journal::inclusion_path(2, 3, nodes) == hex_path({transparency_roots[1]}));
  CHECK(*journal::inclusion_path(1, 5, nodes) == hex_path({transparency_roots[0], node_2_4, leaf_4}));
  CHECK(journal::consistency_path(1, 1, nodes)->empty());
  CHECK(*journal::consistency_path(1, 8, nodes) == hex_path({leaf_1, node_2_4, node_4_8}));
  CHECK(*journal::consistency_path(6, 8, nodes) == hex_path({node_4_6, node_6_8, transparency_roots[3]}));
  CHECK(*journal::consistency_path(2, 5, nodes) == hex_path({node_2_4, leaf_4}));
}

TEST_CASE("roots of every size up to 70 follow the definition", "[unit][merkle][JRN-06]") {
  const auto leaves = numbered_leaves(70);
  const auto nodes = nodes_of(leaves);
  journal::compact_range range;
  for (std::size_t n = 0; n <= 70; ++n) {
    const auto expected = mth(leaves, 0, n);
    REQUIRE(range.root() == expected);
    REQUIRE(*journal::root_of(n, nodes) == expected);
    REQUIRE(journal::subtree_root({leaves.data(), n}) == expected);
    const auto loaded = journal::compact_range::load(n, nodes);
    REQUIRE(loaded);
    REQUIRE(*loaded == range);
    if (n < 70) range.append(leaves[n]);
  }
}

TEST_CASE("each complete node is told once, when it is complete, children first", "[unit][merkle]") {
  const auto leaves = numbered_leaves(70);
  std::map<node_ref, core::digest> told;
  journal::compact_range range;
  for (std::size_t n = 1; n <= 70; ++n) {
    range.append(leaves[n - 1], [&](unsigned level, std::uint64_t index, const core::digest& node) {
      REQUIRE(((index + 1) << level) == n);
      REQUIRE(node == mth(leaves, index << level, n));
      if (level > 0) REQUIRE(told.contains({level - 1, index * 2 + 1}));
      REQUIRE(told.emplace(node_ref{level, index}, node).second);
    });
  }
  std::size_t complete = 0;
  for (unsigned level = 0; level < 7; ++level)
    complete += 70u >> level;
  CHECK(told.size() == complete);
}

TEST_CASE("every inclusion proof up to 70 leaves verifies, and nothing else does", "[unit][merkle][JRN-06]") {
  const auto leaves = numbered_leaves(71);
  const auto nodes = nodes_of(leaves);
  for (std::size_t n = 1; n <= 70; ++n) {
    const auto root = mth(leaves, 0, n);
    for (std::size_t m = 0; m < n; ++m) {
      auto path = *journal::inclusion_path(m, n, nodes);
      REQUIRE(journal::verify_inclusion(m, n, leaves[m], path, root));
      REQUIRE_FALSE(journal::verify_inclusion(m, n, leaves[m + 1], path, root));
      REQUIRE_FALSE(journal::verify_inclusion(m, n, leaves[m], path, mth(leaves, 0, n + 1)));
      for (std::size_t other = 0; other < n; ++other)
        if (other != m) REQUIRE_FALSE(journal::verify_inclusion(other, n, leaves[m], path, root));
      for (auto& node : path) {
        node.octets[31] ^= 1;
        REQUIRE_FALSE(journal::verify_inclusion(m, n, leaves[m], path, root));
        node.octets[31] ^= 1;
      }
      path.push_back(root);
      REQUIRE_FALSE(journal::verify_inclusion(m, n, leaves[m], path, root));
      path.pop_back();
      if (path.empty()) continue;
      path.pop_back();
      REQUIRE_FALSE(journal::verify_inclusion(m, n, leaves[m], path, root));
    }
    REQUIRE_FALSE(journal::inclusion_path(n, n, nodes));
    REQUIRE_FALSE(journal::verify_inclusion(n, n, leaves[n], {}, root));
  }
}

TEST_CASE("every consistency proof up to 70 leaves verifies, and nothing else does", "[unit][merkle][JRN-06]") {
  const auto leaves = numbered_leaves(71);
  const auto nodes = nodes_of(leaves);
  std::vector<core::digest> roots;
  for (std::size_t n = 0; n <= 71; ++n)
    roots.push_back(mth(leaves, 0, n));
  for (std::size_t n = 0; n <= 70; ++n) {
    for (std::size_t m = 0; m <= n; ++m) {
      auto path = *journal::consistency_path(m, n, nodes);
      REQUIRE(journal::verify_consistency(m, n, roots[m], roots[n], path));
      REQUIRE_FALSE(journal::verify_consistency(m, n, roots[m + 1], roots[n], path));
      if (m != 0) REQUIRE_FALSE(journal::verify_consistency(m, n, roots[m], roots[n + 1], path));
      for (auto& node : path) {
        node.octets[0] ^= 0x80;
        REQUIRE_FALSE(journal::verify_consistency(m, n, roots[m], roots[n], path));
        node.octets[0] ^= 0x80;
      }
      path.push_back(roots[n]);
      REQUIRE_FALSE(journal::verify_consistency(m, n, roots[m], roots[n], path));
      path.pop_back();
      if (path.empty()) continue;
      path.pop_back();
      REQUIRE_FALSE(journal::verify_consistency(m, n, roots[m], roots[n], path));
    }
    REQUIRE_FALSE(journal::consistency_path(n + 1, n, nodes));
    REQUIRE_FALSE(journal::verify_consistency(n + 1, n, roots[n + 1], roots[n], {}));
  }
}

TEST_CASE("a node source's error is the answer", "[unit][merkle]") {
  const journal::node_source broken = [](unsigned, std::uint64_t) -> journal::result<core::digest> {
    return journal::error{journal::errc::store_failed, "no such node", core::gseq{7}};
  };
  CHECK(journal::root_of(5, broken).error().position == core::gseq{7});
  CHECK(journal::inclusion_path(2, 5, broken).error().code == journal::errc::store_failed);
  CHECK(journal::consistency_path(2, 5, broken).error().code == journal::errc::store_failed);
  CHECK(journal::compact_range::load(5, broken).error().code == journal::errc::store_failed);
}

TEST_CASE("proofs of a tree of 2^40 leaves touch complete nodes only", "[unit][merkle]") {
  constexpr std::uint64_t size = (std::uint64_t{1} << 40) + 12345;
  const journal::node_source made_up = [](unsigned level, std::uint64_t index) -> journal::result<core::digest> {
    REQUIRE((index + 1) <= (size >> level));
    return core::sha256("node " + std::to_string(level) + ' ' + std::to_string(index));
  };
  CHECK(journal::inclusion_path(123456789, size, made_up)->size() == 41);
  CHECK(journal::consistency_path(987654321, size, made_up));
}
