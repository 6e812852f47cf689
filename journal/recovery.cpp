#include "journal/recovery.hpp"

#include "domain/core/invariant.hpp"

namespace logline::journal {

namespace {

using enum tail_fact;

template <class... Facts>
constexpr std::uint32_t all(Facts... facts) {
  return ((std::uint32_t{1} << static_cast<unsigned>(facts)) | ... | 0u);
}

// Each row of damage asks for the soundness that the rows before it miss, so that no two match; the first thing that is
// wrong, in this order, names the damage.
constexpr std::uint32_t store_reads = all(store_opens, files_sound);
constexpr std::uint32_t frames_read = store_reads | all(frames_whole);
constexpr std::uint32_t records_read = frames_read | all(frames_parse);
constexpr std::uint32_t records_dense = records_read | all(positions_dense);
constexpr std::uint32_t records_whole = records_dense | all(commits_whole);
constexpr std::uint32_t tail_sound = records_whole | all(chain_continues);
constexpr std::uint32_t signed_reached = tail_sound | all(reaches_signed);
constexpr std::uint32_t signed_sound = signed_reached | all(signed_fits);
constexpr std::uint32_t witness_reads = signed_sound | all(witness_sound);
constexpr std::uint32_t witness_reached = witness_reads | all(reaches_witness);
constexpr std::uint32_t everything = witness_reached | all(witness_fits);
constexpr std::uint32_t below = all(damage_below_signed);

constexpr std::array table{
    recovery_row{"@A", "clean", recovery_action::open, errc::stopped, everything, below | all(wal_torn)},
    recovery_row{"@B", "torn tail, never acknowledged", recovery_action::cut, errc::stopped, everything | all(wal_torn),
                 below},
    recovery_row{"@C", "the store does not open", recovery_action::stop, errc::store_corrupt, 0, all(store_opens)},
    recovery_row{"@D", "a file of the store is damaged or missing", recovery_action::stop, errc::store_corrupt,
                 all(store_opens), all(files_sound)},
    recovery_row{"@E", "damaged frame above the signed heads, sound ones after it", recovery_action::stop,
                 errc::checksum_mismatch, store_reads | all(sound_after), below | all(frames_whole)},
    recovery_row{"@F", "damage below a signed head", recovery_action::stop, errc::checkpoint_mismatch,
                 store_reads | below, 0},
    recovery_row{"@G", "damaged frame at the end of the log", recovery_action::stop, errc::checksum_mismatch,
                 store_reads, below | all(frames_whole, sound_after)},
    recovery_row{"@H", "frame that fits its checksum and does not parse", recovery_action::stop, errc::bad_encoding,
                 frames_read, below | all(frames_parse)},
    recovery_row{"@I", "positions are missing or doubled", recovery_action::stop, errc::position_gap, records_read,
                 below | all(positions_dense)},
    recovery_row{"@J", "commit without all of its frames", recovery_action::stop, errc::incomplete_commit,
                 records_dense, below | all(commits_whole)},
    recovery_row{"@K", "hash chain breaks above the signed heads", recovery_action::stop, errc::chain_broken,
                 records_whole, below | all(chain_continues)},
    recovery_row{"@L", "the log ends below a signed head", recovery_action::stop, errc::acknowledged_lost, tail_sound,
                 below | all(reaches_signed)},
    recovery_row{"@M", "signed head that does not fit the log", recovery_action::stop, errc::checkpoint_mismatch,
                 signed_reached, below | all(signed_fits)},
    recovery_row{"@N", "the witness is missing or damaged", recovery_action::stop, errc::store_corrupt, signed_sound,
                 below | all(witness_sound)},
    recovery_row{"@O", "the log ends below what was acknowledged", recovery_action::stop, errc::acknowledged_lost,
                 witness_reads, below | all(reaches_witness)},
    recovery_row{"@P", "other records than those acknowledged", recovery_action::stop, errc::chain_broken,
                 witness_reached, below | all(witness_fits)},
};

}  // namespace

tail_facts tail_facts::sound() {
  return from_bits(everything);
}

std::span<const recovery_row> recovery_table() {
  return table;
}

const recovery_row& recover(tail_facts facts) {
  for (const auto& row : table)
    if (row.matches(facts)) return row;
  LL_INVARIANT(false, "no row of the recovery table matches facts {:#x}", facts.bits());
}

}  // namespace logline::journal
