#include "journal/verify.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "journal/checkpoint_check.hpp"
#include "journal/derived_check.hpp"
#include "journal/entity_index_check.hpp"
#include "journal/framer.hpp"
#include "journal/log_pass.hpp"
#include "journal/tree_reader.hpp"

namespace logline::journal {

namespace {

constexpr core::gseq no_end{std::numeric_limits<std::uint64_t>::max()};

/// Where a check that does not begin at gseq 1 may begin: a signed head below `since` that the stored tree still gives.
/// Nothing to start from is no damage; a head that does not fit is.
std::optional<log_mark> find_anchor(const log_store& store, core::partition_id partition,
                                    const checkpoint_verifier* verifier, core::gseq since, verify_report& report) {
  if (since.value <= 1) return std::nullopt;
  const auto rows = store.walk(family::checkpoints, access::few);
  rows->seek_back(checkpoint_key(core::gseq{since.value - 1}));
  if (!rows->valid()) return std::nullopt;
  const auto refuse = [&](errc code, std::string message) {
    report.add({code, since, "checkpoints", std::move(message) + "; checking from the beginning"});
    return std::nullopt;
  };
  auto head = verifier != nullptr ? verifier->verify(rows->value()) : [&]() -> result<checkpoint> {
    auto parsed = parse_checkpoint(rows->value());
    if (!parsed) return std::move(parsed).error();
    return std::move(parsed->content);
  }();
  if (!head) return refuse(head.error().code, head.error().message);
  if (rows->key() != checkpoint_key(core::gseq{head->size}))
    return refuse(errc::index_mismatch, "a signed head under the key of another size");
  tree_reader nodes{store, partition, core::gseq{head->size}};
  auto tree = compact_range::load(head->size, nodes.source());
  if (!tree) return refuse(tree.error().code, tree.error().message);
  if (tree->root() != head->root)
    return refuse(errc::checkpoint_mismatch, "the stored tree does not give the signed root");
  return log_mark{core::gseq{head->size}, head->chain, head->at, std::move(*tree)};
}

/// Hands what a pass tells to the checks.
class verify_visitor final : public log_pass_visitor {
 public:
  verify_visitor(checkpoint_check& checkpoints, entity_index_check& entities, derived_check* derived,
                 const verify_options& options, core::gseq end, verify_report& report)
      : checkpoints_(checkpoints),
        entities_(entities),
        derived_(derived),
        options_(options),
        end_(end),
        report_(report) {}

  void on_damage(const error& e) override {
    intact_ = false;
    report_.add({e.code, e.position, "log", e.message});
  }
  void on_record(const record_view& r, const log_mark& after) override {
    if (!intact_) return;
    checkpoints_.at(after);
    if (derived_ != nullptr) derived_->on_record(r);
  }
  void on_node(unsigned level, std::uint64_t index, const core::digest& node) override {
    if (derived_ != nullptr) derived_->on_node(level, index, node);
  }
  void on_frame(const frame_header&, const frame_index& index) override {
    if (intact_) entities_.on_frame(index);
  }
  bool on_progress(core::gseq position, std::uint64_t stored_bytes) override {
    if (!options_.progress || options_.progress({position, end_, stored_bytes})) return true;
    report_.add({errc::stopped, core::next(position), "log", "stopped on request; the rest was not checked"});
    intact_ = false;
    return false;
  }
  bool intact() const { return intact_; }

 private:
  checkpoint_check& checkpoints_;
  entity_index_check& entities_;
  derived_check* const derived_;
  const verify_options& options_;
  const core::gseq end_;
  verify_report& report_;
  bool intact_ = true;
};

/// The last position that the log's keys speak of.
core::gseq last_position(const log_store& store, core::partition_id partition) {
  const auto rows = store.walk(family::log, access::few);
  rows->seek_back(log_key(partition, no_end));
  if (!rows->valid()) return {};
  const auto header = read_frame_header(rows->value());
  return header ? header->last() : parse_log_key(partition, rows->key()).value_or(core::gseq{});
}

}  // namespace

std::string finding::text() const {
  const std::string where =
      position.value == 0 ? fmt::format("in {}", place) : fmt::format("at gseq {} in {}", position.value, place);
  return fmt::format("{} {}: {}", to_string(code), where, message);
}

void verify_report::add(finding f) {
  if (findings.size() < findings_max) {
    findings.push_back(std::move(f));
  } else {
    has_more_findings = true;
  }
}

const finding& verify_report::first() const {
  LL_INVARIANT(!findings.empty(), "no first finding among {}", findings.size());
  return *std::min_element(findings.begin(), findings.end(), [](const finding& a, const finding& b) {
    // 0 − 1 wraps around: findings without a position come last.
    return a.position.value - 1 < b.position.value - 1;
  });
}

verify_report verify_log(const log_store& store, store_use use, core::partition_id partition, core::gseq end,
                         const checkpoint_verifier* verifier, const verify_options& options) {
  verify_report report;
  report.is_signed = verifier != nullptr;
  auto anchor = find_anchor(store, partition, verifier, options.since, report);
  const bool is_whole = !anchor;
  log_mark from = anchor ? std::move(*anchor) : log_mark{};
  report.from = core::next(from.position);
  const core::gseq pass_end = use == store_use::live ? end : no_end;

  checkpoint_check checkpoints{store, verifier, from.position, pass_end, report};
  entity_index_check entities{store, partition, pass_end, is_whole, report};
  std::optional<derived_check> derived;
  if (use == store_use::quiet) derived.emplace(store, partition, is_whole, report);
  const core::gseq told_end = use == store_use::live ? end : last_position(store, partition);
  verify_visitor visitor{checkpoints, entities, derived ? &*derived : nullptr, options, told_end, report};
  log_pass pass{store, partition, std::move(from), pass_end, visitor};
  pass.run();

  const bool intact = pass.intact() && visitor.intact();
  if (intact && pass.mark().position < end)
    report.add({errc::acknowledged_lost, core::next(pass.mark().position), "log",
                fmt::format("the log ends at gseq {}, before gseq {}", pass.mark().position.value, end.value)});
  checkpoints.finish(pass.mark(), intact);
  if (intact) entities.finish();
  if (intact && derived) derived->finish(pass.mark());
  report.head = {pass.mark().position, pass.mark().chain, pass.mark().tree.root(), pass.mark().at};
  report.commits = pass.commits();
  report.frames = pass.frames();
  report.records = pass.records();
  report.plain_bytes = pass.plain_bytes();
  report.stored_bytes = pass.stored_bytes();
  return report;
}

}  // namespace logline::journal
