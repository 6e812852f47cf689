#include "domain/work/task_table.hpp"

#include <algorithm>
#include <vector>

#include "domain/core/invariant.hpp"

namespace logline::work {

namespace {

std::size_t index_of(task_status status) {
  return static_cast<std::size_t>(status);
}

bool is_live(task_status status) {
  return status == task_status::pending || status == task_status::running;
}

}  // namespace

void task_table::add(const core::uuid& id, task fresh) {
  auto kind = kinds_.find(*fresh.kind);
  if (kind == kinds_.end()) kind = kinds_.emplace(*fresh.kind, counts{}).first;
  fresh.kind = &kind->first;
  // Ids grow with time, so the end is nearly always the right place.
  const auto before = tasks_.size();
  const auto place = tasks_.emplace_hint(tasks_.end(), id, fresh);
  LL_INVARIANT(tasks_.size() == before + 1, "task {} was added twice", id.text());
  put_in(id, place->second);
}

task& task_table::at(const core::uuid& id) {
  const auto found = tasks_.find(id);
  LL_INVARIANT(found != tasks_.end(), "there is no task {}", id.text());
  return found->second;
}

void task_table::take_out(const core::uuid& id, const task& t) {
  const auto status = t.status();
  --counts_[index_of(status)];
  --kinds_.find(*t.kind)->second[index_of(status)];
  if (is_live(status) && !t.unique.is_nil()) live_by_unique_.erase({t.unique, id});
  if (status == task_status::pending) {
    due_.remove(*t.kind, t.priority, {t.run_at, id});
    if (t.expires_at != core::never) expiring_.erase({t.expires_at, id});
    return;
  }
  by_run_at_[index_of(status)].erase({t.run_at, id});
  if (status == task_status::error) dead_.erase({t.updated_at, id});
  if (status == task_status::done || status == task_status::cancelled) finished_.erase({t.updated_at, id});
}

void task_table::put_in(const core::uuid& id, const task& t) {
  const auto status = t.status();
  ++counts_[index_of(status)];
  ++kinds_.find(*t.kind)->second[index_of(status)];
  if (is_live(status) && !t.unique.is_nil()) live_by_unique_.emplace(t.unique, id);
  if (status == task_status::pending) {
    due_.add(*t.kind, t.priority, {t.run_at, id});
    if (t.expires_at != core::never) expiring_.insert({t.expires_at, id});
    return;
  }
  by_run_at_[index_of(status)].insert({t.run_at, id});
  if (status == task_status::error) dead_.insert({t.updated_at, id});
  if (status == task_status::done || status == task_status::cancelled) finished_.insert({t.updated_at, id});
}

void task_table::leave_kind(std::string_view kind) {
  const auto place = kinds_.find(kind);
  if (std::all_of(place->second.begin(), place->second.end(), [](std::size_t n) { return n == 0; }))
    kinds_.erase(place);
}

void task_table::forget_finished(std::size_t count) {
  LL_INVARIANT(count <= finished_.size(), "{} tasks are to be forgotten, {} have finished", count, finished_.size());
  for (; count > 0; --count) {
    const auto id = finished_.begin()->id;
    const auto place = tasks_.find(id);
    const std::string_view kind = *place->second.kind;
    take_out(id, place->second);
    tasks_.erase(place);
    leave_kind(kind);
  }
}

const task* task_table::find(const core::uuid& id) const {
  const auto found = tasks_.find(id);
  return found == tasks_.end() ? nullptr : &found->second;
}

const core::uuid* task_table::find_live(const core::uuid& unique) const {
  const auto found = live_by_unique_.lower_bound({unique, {}});
  return found == live_by_unique_.end() || found->first != unique ? nullptr : &found->second;
}

}  // namespace logline::work

namespace logline::core {

namespace {

constexpr std::size_t chunk_size = 256;

void add_rows(work::task_table& table, const std::vector<work::task_row>& rows) {
  for (const auto& row : rows)
    table.add(row.id, work::task_of(row));
}

void encode_chunks(sink& to, const work::task_table& v) {
  const auto& tasks = v.all();
  to.begin_array((tasks.size() + chunk_size - 1) / chunk_size);
  std::string chunk;
  std::size_t left = tasks.size();
  for (auto it = tasks.begin(); left > 0;) {
    chunk.clear();
    msgpack_sink rows{chunk};
    const auto size = std::min(left, chunk_size);
    rows.begin_array(size);
    for (std::size_t n = 0; n < size; ++n, ++it)
      encode_value(rows, work::row_of(it->first, it->second));
    to.binary(chunk);
    left -= size;
  }
  to.end_array();
}

}  // namespace

void codec<work::task_table>::encode(sink& to, const work::task_table& v) {
  if (!to.human()) return encode_chunks(to, v);
  to.begin_array(v.all().size());
  for (const auto& [id, task] : v.all())
    encode_value(to, work::row_of(id, task));
  to.end_array();
}

void codec<work::task_table>::decode(const source& from, work::task_table& v, decode_scope& scope, const attributes&) {
  if (from.type() != source::kind::array) return scope.fail("must be a list");
  struct visitor final : source::element_visitor {
    visitor(work::task_table& t, decode_scope& s) : table(t), scope(s) {}
    bool element(const source& chunk) override {
      if (chunk.type() != source::kind::binary) return scope.fail("must hold binary chunks"), false;
      const auto rows = from_msgpack<std::vector<work::task_row>>(chunk.binary());
      if (!rows) return scope.fail("holds a chunk that cannot be read"), false;
      add_rows(table, *rows);
      return true;
    }
    work::task_table& table;
    decode_scope& scope;
  } each{v, scope};
  v = {};
  from.each_element(each);
}

const type_shape& codec<work::task_table>::shape() {
  return codec<std::vector<work::task_row>>::shape();
}

}  // namespace logline::core
