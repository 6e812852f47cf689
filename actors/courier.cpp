#include "actors/courier.hpp"

#include <algorithm>

#include "domain/core/msgpack.hpp"

namespace logline::actors {

namespace {

bool is_for_now(const core::failure& why) {
  return why.kind == core::failure_kind::unavailable || why.kind == core::failure_kind::too_many;
}

}  // namespace

courier::courier(door& entrance, type_finder types, reactor_limits limits, std::function<void()> notify)
    : entrance_(entrance), types_(std::move(types)), limits_(limits), notify_(std::move(notify)) {}

void courier::send(std::uint64_t token, errand order) {
  submit(token, order);
  orders_.emplace(token, order_state{std::move(order)});
}

void courier::submit(std::uint64_t token, const errand& order) {
  reply<command_reply> answer{[token, box = inbox_, notify = notify_](core::result<command_reply> said) {
    if (box->put({token, std::move(said)})) notify();
  }};
  const auto* type = types_(order.what.to.type);
  if (type == nullptr)
    return answer.deliver(core::failure{core::failure_kind::not_found, "UNKNOWN_TYPE",
                                        fmt::format("no entity type \"{}\"", order.what.to.type)});
  core::result<core::command_box> command = core::invalid_input("not decoded");
  auto parsed = core::read_msgpack(order.what.body.msgpack, [&](const core::source& body) {
    command = type->decode_command(order.what.command, body, entrance_.secrets());
  });
  if (!parsed) return answer.deliver(parsed.error());
  if (!command) return answer.deliver(command.error());
  command_request request;
  request.to = order.what.to;
  request.command = *std::move(command);
  request.principal = order.principal;
  request.idempotency_key = order.key;
  request.request_digest = core::sha256({order.what.command, std::string_view{"\0", 1}, order.what.body.msgpack});
  request.correlation_id = order.correlation_id;
  request.causation_id = order.causation_id;
  entrance_.submit(std::move(request), std::move(answer));
}

std::vector<courier::delivered> courier::collect(core::timestamp now) {
  std::vector<delivered> out;
  for (auto& [token, answer] : inbox_->take()) {
    const auto found = orders_.find(token);
    LL_INVARIANT(found != orders_.end(), "an answer to no errand: token {}", token);
    auto& order = found->second;
    if (!answer && is_for_now(answer.error())) {
      const auto shift = std::min<std::uint32_t>(order.attempts++, 20);
      const auto delay = std::min(limits_.retry_first.us << shift, limits_.retry_max.us);
      order.retry_at = now + core::duration_us{delay};
      continue;
    }
    out.push_back({token, std::move(order.order), std::move(answer)});
    orders_.erase(found);
  }
  std::vector<std::uint64_t> due;
  for (auto& [token, order] : orders_)
    if (order.retry_at <= now) due.push_back(token);
  for (const auto token : due) {
    auto& order = orders_.at(token);
    order.retry_at = core::never;
    ++retries_;
    submit(token, order.order);
  }
  return out;
}

core::timestamp courier::next_retry() const {
  core::timestamp next = core::never;
  for (const auto& [token, order] : orders_)
    next = std::min(next, order.retry_at);
  return next;
}

}  // namespace logline::actors
