// What every partition log promises about proof.
#include "tests/contract/journal/journal_fixture.hpp"

#include "journal/merkle.hpp"
#include "journal/record.hpp"

using namespace logline;
using namespace logline::journal;
using namespace logline::journal::fixtures;

namespace {

std::vector<core::digest> leaves_of(const partition_log& log) {
  std::vector<core::digest> out;
  REQUIRE(log.scan(core::gseq{1}, [&](const record_view& r) {
    out.push_back(leaf_hash(r.bytes));
    return true;
  }));
  return out;
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("the head commits to every record by chain and by tree", "[contract][JRN-05]",
                        implementations) {
  TestType f;
  CHECK(f.log->head().root == empty_root());
  CHECK(f.log->head().chain == core::digest{});
  for (std::uint64_t i = 0; i < 20; ++i)
    append_one(*f.log, request("a", i * 3, 3));
  core::digest chain;
  const auto leaves = leaves_of(*f.log);
  for (const auto& leaf : leaves)
    chain = core::sha256({chain.view(), leaf.view()});
  CHECK(f.log->head().chain == chain);
  CHECK(f.log->head().root == subtree_root(leaves));
}

TEMPLATE_LIST_TEST_CASE("any record and any earlier head can be proven", "[contract][JRN-06]", implementations) {
  TestType f;
  for (std::uint64_t i = 0; i < 9; ++i)
    append_one(*f.log, request("a", i * 200, 200, 16));  // 1800: eight nodes of level 8 or more
  const auto leaves = leaves_of(*f.log);
  for (const std::uint64_t size : {1u, 2u, 255u, 256u, 257u, 1024u, 1799u, 1800u}) {
    const auto root = f.log->root_at(size);
    REQUIRE(root);
    CHECK(*root == subtree_root(std::span{leaves}.first(size)));
    for (const std::uint64_t position : {std::uint64_t{1}, size / 2 + 1, size}) {
      if (position > size) continue;
      const auto path = f.log->inclusion_proof(core::gseq{position}, size);
      REQUIRE(path);
      CHECK(verify_inclusion(position - 1, size, leaves[position - 1], *path, *root));
      CHECK(!verify_inclusion(position - 1, size, leaves[position % leaves.size()], *path, *root));
    }
    const auto path = f.log->consistency_proof(size, 1800);
    REQUIRE(path);
    CHECK(verify_consistency(size, 1800, *root, f.log->head().root, *path));
  }
  CHECK(f.log->inclusion_proof(core::gseq{1}, 1801).error().code == errc::not_found);
  CHECK(f.log->inclusion_proof(core::gseq{5}, 4).error().code == errc::not_found);
  CHECK(f.log->inclusion_proof(core::gseq{0}, 4).error().code == errc::not_found);
  CHECK(f.log->consistency_proof(1, 1801).error().code == errc::not_found);
  CHECK(f.log->root_at(1801).error().code == errc::not_found);
}

TEMPLATE_LIST_TEST_CASE("heads are signed every 10 000 records, every 60 s of change, and when asked",
                        "[contract][JRN-06]", implementations) {
  TestType f;
  const auto signer = test_signer();
  const auto newest = [&] {
    const auto text = f.log->checkpoint(false);
    REQUIRE(text);
    if (text->empty()) return checkpoint{};
    const auto verified = signer->verify(*text);
    REQUIRE(verified);
    return *verified;
  };
  CHECK(newest().size == 0);
  append_one(*f.log, request("a", 0));
  CHECK(newest().size == 1);

  f.clock.advance(core::seconds(59));
  append_one(*f.log, request("a", 1));
  CHECK(newest().size == 1);
  f.clock.advance(core::seconds(1));
  append_one(*f.log, request("a", 2));
  CHECK(newest().size == 3);

  append_one(*f.log, request("b", 0, 9'999, 8));
  CHECK(newest().size == 3);
  append_one(*f.log, request("a", 3));
  CHECK(newest().size == 10'003);

  append_one(*f.log, request("a", 4));
  const auto fresh = f.log->checkpoint(true);
  REQUIRE(fresh);
  const auto verified = signer->verify(*fresh);
  REQUIRE(verified);
  CHECK(verified->size == 10'004);
  CHECK(verified->root == f.log->head().root);
  CHECK(verified->chain == f.log->head().chain);
  CHECK(verified->at == f.log->head().at);
  CHECK(*f.log->checkpoint(true) == *fresh);
}
