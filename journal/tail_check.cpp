#include "journal/tail_check.hpp"

#include <utility>

#include <fmt/format.h>

#include "journal/log_pass.hpp"
#include "journal/log_reader.hpp"
#include "journal/tree_reader.hpp"

namespace logline::journal {

namespace {

constexpr core::gseq no_end{UINT64_MAX - 1};

/// The fact that damage of this kind to records speaks against.
tail_fact fact_against(errc code) {
  switch (code) {
    case errc::short_read:
    case errc::bad_magic:
    case errc::checksum_mismatch:
      return tail_fact::frames_whole;
    case errc::bad_encoding:
    case errc::unknown_format:
      return tail_fact::frames_parse;
    case errc::position_gap:
    case errc::sequence_gap:
    case errc::index_mismatch:
      return tail_fact::positions_dense;
    case errc::incomplete_commit:
      return tail_fact::commits_whole;
    case errc::chain_broken:
      return tail_fact::chain_continues;
    case errc::checkpoint_mismatch:
    case errc::bad_signature:
    case errc::acknowledged_lost:
    case errc::store_corrupt:
    case errc::store_failed:
    case errc::store_locked:
    case errc::stopped:
    case errc::conflict:
    case errc::too_large:
    case errc::overloaded:
    case errc::disk_full:
    case errc::not_found:
    case errc::archived:
    case errc::key_missing:
      return tail_fact::files_sound;
  }
  LL_INVARIANT(false, "no errc has the value {}", static_cast<int>(code));
}

class tail_visitor final : public log_pass_visitor {
 public:
  tail_visitor(core::gseq witness_position, log_mark from, tail_findings& findings)
      : witness_position_(witness_position), sound_(std::move(from)), findings_(findings) {}

  void on_damage(const error& e) override {
    findings_.missing(fact_against(e.code), e);
    if (!damaged_at_) damaged_at_ = e.position;
  }
  void on_record(const record_view&, const log_mark& after) override {
    if (damaged_at_) return;
    ++findings_.records;
    if (after.position == witness_position_) chain_at_witness_ = after.chain;
    latest_ = &after;
  }
  void on_node(unsigned, std::uint64_t, const core::digest&) override {}
  void on_frame(const frame_header& header, const frame_index&) override {
    if (!damaged_at_) {
      sound_ = *latest_;
    } else if (header.first > *damaged_at_) {
      findings_.facts.set(tail_fact::sound_after, true);
    }
  }
  bool on_progress(core::gseq, std::uint64_t) override { return true; }

  const log_mark& sound() const { return sound_; }
  const std::optional<core::digest>& chain_at_witness() const { return chain_at_witness_; }

 private:
  const core::gseq witness_position_;
  log_mark sound_;
  const log_mark* latest_ = nullptr;
  std::optional<core::gseq> damaged_at_;
  std::optional<core::digest> chain_at_witness_;
  tail_findings& findings_;
};

result<std::optional<checkpoint>> newest_checkpoint(const log_store& store, const checkpoint_verifier* verifier) {
  const auto rows = store.walk(family::checkpoints, access::few);
  rows->seek_back(checkpoint_key(core::gseq{UINT64_MAX}));
  if (auto status = rows->status(); !status) return std::move(status).error();
  if (!rows->valid()) return std::optional<checkpoint>{};
  if (verifier != nullptr) {
    auto verified = verifier->verify(rows->value());
    if (!verified) return std::move(verified).error();
    return std::optional{std::move(*verified)};
  }
  auto parsed = parse_checkpoint(rows->value());
  if (!parsed) return std::move(parsed).error();
  return std::optional{std::move(parsed->content)};
}

/// The mark of a signed head, if the log up to there is what was signed. Otherwise says so in the findings.
std::optional<log_mark> mark_of(const log_store& store, core::partition_id partition, const checkpoint& head,
                                tail_findings& findings) {
  const core::gseq size{head.size};
  const auto below = [&](error e) {
    findings.facts.set(tail_fact::damage_below_signed, true);
    findings.missing(fact_against(e.code), std::move(e));
    return std::nullopt;
  };
  const auto unfit = [&](std::string_view what) {
    findings.missing(tail_fact::signed_fits,
                     {errc::checkpoint_mismatch, fmt::format("the {} is not the one that was signed", what), size});
    return std::nullopt;
  };
  const auto frame = find_frame_header(store, partition, size);
  if (!frame && frame.error().code != errc::not_found) return below(frame.error());
  if (!frame || frame->last() < size) {
    findings.missing(
        tail_fact::reaches_signed,
        {errc::acknowledged_lost, fmt::format("the log ends before the signed head at gseq {}", size.value),
         frame ? core::next(frame->last()) : core::gseq{1}});
    return std::nullopt;
  }
  if (frame->last() != size || frame->chain_after != head.chain) return unfit("chain");
  if (frame->last_at != head.at) return unfit("commit time");
  tree_reader nodes{store, partition, size};
  auto tree = compact_range::load(size.value, nodes.source());
  if (!tree) return below(std::move(tree).error());
  if (tree->root() != head.root) return unfit("Merkle root");
  return log_mark{size, head.chain, head.at, std::move(*tree)};
}

void check_witness(const witness_reading& reading, const tail_visitor& tail, core::gseq signed_position,
                   const core::digest& signed_chain, tail_findings& findings) {
  const core::gseq head = tail.sound().position;
  if (!reading.newest) {
    if (reading.exists || head.value > 0)
      findings.missing(tail_fact::witness_sound,
                       {errc::store_corrupt, "WITNESS is missing or damaged in both slots", {}});
    return;
  }
  const witness& seen = *reading.newest;
  if (reading.has_damaged_slot && seen.closed)
    findings.missing(tail_fact::witness_sound, {errc::store_corrupt, "WITNESS is damaged in one slot", {}});
  if (reading.has_damaged_slot && !seen.closed)
    findings.notes.emplace_back("WITNESS: a write was cut off; the one before counts");
  if (seen.position > head) {
    findings.missing(
        tail_fact::reaches_witness,
        {errc::acknowledged_lost,
         fmt::format("the log ends before gseq {}, which was acknowledged", seen.position.value), core::next(head)});
    return;
  }
  // Of an older position only a pass over the whole log could tell; the signed head above it vouches for it.
  std::optional<core::digest> chain = tail.chain_at_witness();
  if (seen.position == signed_position) chain = signed_chain;
  if (chain && seen.chain != *chain)
    findings.missing(tail_fact::witness_fits,
                     {errc::chain_broken, "the record here is not the one that was acknowledged", seen.position});
}

}  // namespace

void tail_findings::missing(tail_fact fact, error e) {
  facts.set(fact, false);
  damages.push_back(e);
  if (!damage) damage = std::move(e);
}

void check_tail(const log_store& store, core::partition_id partition, const checkpoint_verifier* verifier,
                const witness_reading& reading, tail_findings& findings) {
  auto newest = newest_checkpoint(store, verifier);
  if (!newest) findings.missing(tail_fact::signed_fits, std::move(newest).error());
  std::optional<log_mark> mark;
  if (newest && *newest) mark = mark_of(store, partition, **newest, findings);
  const log_mark from = mark ? std::move(*mark) : log_mark{};

  tail_visitor tail{reading.newest ? reading.newest->position : core::gseq{}, from, findings};
  log_pass pass{store, partition, from, no_end, tail};
  pass.run();
  check_witness(reading, tail, from.position, from.chain, findings);

  const log_mark& end = tail.sound();
  findings.state.position = end.position;
  findings.state.chain = end.chain;
  findings.state.at = end.at;
  findings.state.tree = end.tree;
  findings.state.checkpoint_position = from.position;
  findings.state.checkpoint_at = from.at;
}

}  // namespace logline::journal
