#include "journal/segment.hpp"

#include <catch2/catch.hpp>

#include "journal/merkle.hpp"
#include "tests/unit/journal_backup/backup_fixture.hpp"

using namespace logline;
using namespace logline::journal;
using namespace logline::backup_fixtures;

namespace {

std::string record_at(std::uint64_t position) {
  core::record r;
  r.position = core::gseq{position};
  r.sequence = core::eseq{position};
  r.entity = {"acme", "flag", "f"};
  r.event = "flag_set";
  r.payload = "\x80";
  r.site = "rio";
  r.at = now + core::seconds(static_cast<std::int64_t>(position));
  return encode_record(r);
}

struct sample {
  segment_header header;
  std::string records;
};

sample segment_of(std::uint64_t first, std::uint64_t last) {
  sample out;
  out.header.site = "rio";
  out.header.first = core::gseq{first};
  out.header.last = core::gseq{last};
  out.header.before = core::sha256("before");
  out.header.cut_at = now;
  core::digest chain = out.header.before;
  for (std::uint64_t n = first; n <= last; ++n) {
    const std::string record = record_at(n);
    append_segment_record(record, out.records);
    chain = chain_hash(chain, leaf_hash(record));
  }
  out.header.after = chain;
  return out;
}

const site_key signer = *site_key::from_seed(std::string(32, 's'));
const key_history keys{{{"site", signer.public_key(), core::earliest, core::never}}};

std::vector<std::uint64_t> positions_of(const opened_segment& segment) {
  std::vector<std::uint64_t> out;
  REQUIRE(each_record(segment, [&](const record_view& r, const core::digest&) {
    out.push_back(r.position.value);
    return true;
  }));
  return out;
}

}  // namespace

TEST_CASE("a segment gives back its records, and whatever is changed in it is found", "[BAK-03]") {
  const auto made = segment_of(5, 9);
  const std::string file = encode_segment(made.header, made.records, std::span{&signer, 1});
  const auto opened = decode_segment(file, keys);
  REQUIRE(opened);
  CHECK(opened->records == made.records);
  CHECK(opened->header.last == core::gseq{9});
  CHECK(positions_of(*opened) == std::vector<std::uint64_t>{5, 6, 7, 8, 9});
  for (std::size_t i = 0; i < file.size(); ++i) {
    std::string changed = file;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CHECK_FALSE(decode_segment(changed, keys));
    CHECK_FALSE(decode_segment(file.substr(0, i), keys));
  }
  CHECK(decode_segment(file, key_history{}).error().code == errc::key_missing);
}

TEST_CASE("records that are not what the header names are refused, though signed", "[BAK-03]") {
  const auto visit = [](const record_view&, const core::digest&) { return true; };
  const auto outcome_of = [&](const sample& s) {
    const auto opened = decode_segment(encode_segment(s.header, s.records, std::span{&signer, 1}), keys);
    REQUIRE(opened);
    return each_record(*opened, visit).error().code;
  };
  auto other_chain = segment_of(5, 9);
  other_chain.header.after = core::sha256("other");
  CHECK(outcome_of(other_chain) == errc::chain_broken);
  auto longer = segment_of(5, 9);
  longer.header.last = core::gseq{10};
  CHECK(outcome_of(longer) == errc::chain_broken);
  auto moved = segment_of(5, 9);
  moved.header.first = core::gseq{4};
  CHECK(outcome_of(moved) == errc::position_gap);
  auto cut = segment_of(5, 9);
  cut.records.pop_back();
  CHECK(outcome_of(cut) == errc::bad_encoding);
}

TEST_CASE("a segment's name says what is in it", "[BAK-03]") {
  const segment_name name{3, 12, core::gseq{5}, core::gseq{9}};
  CHECK(name.text() == "segments/p00003/g0000000012/00000000000000000005-00000000000000000009.seg");
  CHECK(parse_segment_name(name.text()) == name);
  for (const auto* bad : {"", "segments/", "segments/p00003/g0000000012/00000000000000000005-00000000000000000009",
                          "segments/p00003/g0000000012/00000000000000000009-00000000000000000005.seg",
                          "segments/p00003/g0000000012/00000000000000000000-00000000000000000005.seg",
                          "segments/p00003/g000000001x/00000000000000000005-00000000000000000009.seg"})
    CHECK_FALSE(parse_segment_name(bad));
}
