#include "journal/checkpoint_check.hpp"

#include <utility>

#include <fmt/format.h>

#include "journal/framer.hpp"

namespace logline::journal {

namespace {

constexpr const char* place = "checkpoints";

}  // namespace

checkpoint_check::checkpoint_check(const log_store& store, const checkpoint_verifier* verifier, core::gseq from,
                                   core::gseq end, verify_report& report)
    : verifier_(verifier), end_(end), report_(report), rows_(store.walk(family::checkpoints, access::few)) {
  rows_->seek(checkpoint_key(core::next(from)));
  load();
}

// Passes over heads that cannot be used, after saying why.
void checkpoint_check::load() {
  next_.reset();
  for (; rows_->valid() && !next_; rows_->next()) {
    if (rows_->key().size() == 8 && rows_->key() > checkpoint_key(end_)) return;
    auto found = parse_checkpoint(rows_->value());
    if (found && rows_->key() != checkpoint_key(core::gseq{found->content.size}))
      found =
          error{errc::index_mismatch, "a signed head under the key of another size", core::gseq{found->content.size}};
    if (!found) {
      report_.add({found.error().code, found.error().position, place, found.error().message});
      continue;
    }
    if (verifier_ != nullptr) {
      if (auto verified = verifier_->verify(rows_->value()); !verified) {
        report_.add({verified.error().code, verified.error().position, place, verified.error().message});
        continue;
      }
    }
    next_ = std::move(found->content);
  }
  if (auto status = rows_->status(); !status) report_.add({status.error().code, {}, place, status.error().message});
}

void checkpoint_check::at(const log_mark& mark) {
  while (next_ && next_->size <= mark.position.value) {
    if (next_->size == mark.position.value) compare(mark);
    load();
  }
}

void checkpoint_check::compare(const log_mark& mark) {
  ++report_.checkpoints;
  const auto differs = [&](const char* what) {
    report_.add(
        {errc::checkpoint_mismatch, mark.position, place,
         fmt::format("the signed {} is not that of the log; a record at or before this one was changed", what)});
  };
  if (next_->chain != mark.chain) return differs("chain value");
  if (next_->root != mark.tree.root()) return differs("Merkle root");
  if (next_->at != mark.at) return differs("time");
}

void checkpoint_check::finish(const log_mark& mark, bool intact) {
  while (next_) {
    if (intact && next_->size > mark.position.value)
      report_.add(
          {errc::acknowledged_lost, core::next(mark.position), place,
           fmt::format("a head of gseq {} was signed, but the log ends at gseq {}", next_->size, mark.position.value)});
    load();
  }
}

}  // namespace logline::journal
