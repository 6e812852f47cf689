#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "journal/errc.hpp"

namespace logline::journal {

/// What opening found out about the end of a log, each a plain yes or no. The tail is what follows the newest signed
/// head.
enum class tail_fact : std::uint8_t {
  store_opens,          ///< RocksDB opens the store for reading and reads the rows it was asked for
  files_sound,          ///< every byte of its files that was looked at is accounted for, a torn end of the WAL apart
  wal_torn,             ///< the WAL ends in something that is no whole record, and no commit follows that
  damage_below_signed,  ///< the first damage to records is at or below the newest signed head
  frames_whole,         ///< the tail's frames fit their checksums
  sound_after,          ///< sound frames follow the first damage
  frames_parse,         ///< … and parse
  positions_dense,      ///< no gseq of the tail is missing or comes twice
  commits_whole,        ///< no commit of the tail lacks a frame
  chain_continues,      ///< the tail's records give the hashes that its frames say, from the signed head on
  reaches_signed,       ///< the log reaches the newest signed head
  signed_fits,          ///< that head's signature verifies, and its chain and root are the log's
  witness_sound,        ///< the witness is there and whole, or nothing was ever acknowledged
  reaches_witness,      ///< the log reaches what was acknowledged
  witness_fits,         ///< and has the hash there that was acknowledged
};
inline constexpr std::size_t tail_fact_count = 15;

class tail_facts {
 public:
  bool get(tail_fact f) const { return (bits_ >> static_cast<unsigned>(f) & 1) != 0; }
  void set(tail_fact f, bool yes) {
    const std::uint32_t bit = std::uint32_t{1} << static_cast<unsigned>(f);
    bits_ = yes ? bits_ | bit : bits_ & ~bit;
  }
  std::uint32_t bits() const { return bits_; }
  static tail_facts from_bits(std::uint32_t bits) {
    tail_facts facts;
    facts.bits_ = bits;
    return facts;
  }
  /// As of a log that nothing is wrong with.
  static tail_facts sound();

 private:
  std::uint32_t bits_ = 0;
};

enum class recovery_action : std::uint8_t {
  open,  ///< go on where the log ends
  cut,   ///< the same, without the torn end of the WAL, which RocksDB drops
  stop,  ///< damage: do not open for writing
};

/// One row of the recovery table. It matches when all of `yes` hold and none of `no` do; for any facts exactly one row
/// does.
struct recovery_row {
  std::string_view label;  ///< "@F"; in messages and in docs/formats/journal.md §6
  std::string_view meaning;
  recovery_action action;
  errc code;  ///< of the refusal, where nothing more precise is known
  std::uint32_t yes;
  std::uint32_t no;

  bool matches(tail_facts facts) const { return (facts.bits() & yes) == yes && (facts.bits() & no) == 0; }
};

std::span<const recovery_row> recovery_table();

/// The row that matches. Total: see the test that tries all combinations.
const recovery_row& recover(tail_facts facts);

}  // namespace logline::journal
