#include <catch2/catch.hpp>

#include <map>
#include <set>

#include "journal/recovery.hpp"

using namespace logline::journal;

namespace {

std::string_view label_with(std::initializer_list<std::pair<tail_fact, bool>> changes) {
  tail_facts facts = tail_facts::sound();
  for (const auto& [fact, yes] : changes)
    facts.set(fact, yes);
  return recover(facts).label;
}

}  // namespace

TEST_CASE("for all combinations of facts exactly one row of the recovery table matches", "[JRN-08]") {
  std::map<std::string_view, std::size_t> matched;
  for (std::uint32_t bits = 0; bits < (1u << tail_fact_count); ++bits) {
    const tail_facts facts = tail_facts::from_bits(bits);
    std::size_t rows = 0;
    for (const auto& row : recovery_table())
      if (row.matches(facts)) {
        ++rows;
        ++matched[row.label];
      }
    if (rows != 1) FAIL(rows << " rows match facts " << bits);
  }
  CHECK(matched.size() == recovery_table().size());
}

TEST_CASE("a log is opened only when nothing but the end of the WAL is wrong", "[JRN-08]") {
  for (std::uint32_t bits = 0; bits < (1u << tail_fact_count); ++bits) {
    tail_facts facts = tail_facts::from_bits(bits);
    const bool torn = facts.get(tail_fact::wal_torn);
    const auto action = recover(facts).action;
    facts.set(tail_fact::wal_torn, false);
    facts.set(tail_fact::sound_after, false);  // says nothing where there is no damage
    const bool sound = facts.bits() == tail_facts::sound().bits();
    CHECK((action != recovery_action::stop) == sound);
    if (sound) CHECK((action == recovery_action::cut) == torn);
  }
}

TEST_CASE("each damage has its row") {
  using enum tail_fact;
  CHECK(label_with({}) == "@A");
  CHECK(label_with({{wal_torn, true}}) == "@B");
  CHECK(label_with({{store_opens, false}}) == "@C");
  CHECK(label_with({{files_sound, false}}) == "@D");
  CHECK(label_with({{frames_whole, false}, {sound_after, true}}) == "@E");
  CHECK(label_with({{frames_whole, false}, {damage_below_signed, true}}) == "@F");
  CHECK(label_with({{frames_whole, false}}) == "@G");
  CHECK(label_with({{frames_parse, false}}) == "@H");
  CHECK(label_with({{positions_dense, false}}) == "@I");
  CHECK(label_with({{commits_whole, false}}) == "@J");
  CHECK(label_with({{chain_continues, false}}) == "@K");
  CHECK(label_with({{reaches_signed, false}}) == "@L");
  CHECK(label_with({{signed_fits, false}}) == "@M");
  CHECK(label_with({{witness_sound, false}}) == "@N");
  CHECK(label_with({{reaches_witness, false}}) == "@O");
  CHECK(label_with({{witness_fits, false}}) == "@P");
}

TEST_CASE("labels are distinct and in order") {
  std::set<std::string_view> labels;
  for (const auto& row : recovery_table()) {
    CHECK((labels.empty() || row.label > *labels.rbegin()));
    labels.insert(row.label);
    CHECK(!row.meaning.empty());
  }
}
