#include "bench/support/engine.hpp"

#include "bench/support/journal.hpp"
#include "bench/support/options.hpp"
#include "bench/support/order_book.hpp"
#include "domain/core/json.hpp"

namespace logline::bench {

namespace {

constexpr core::duration_us drain_time = core::seconds(25);

std::uint64_t entropy() {
  thread_local core::draw_source draws{reinterpret_cast<std::uintptr_t>(&draws)};
  return draws.next();
}

}  // namespace

engine::engine(const std::filesystem::path& directory, const actors::node_limits& limits,
               const journal::admission_limits& admission, journal::open_report* report)
    : log_(open_journal(directory, report)),
      clock_(std::make_unique<actors::engine_clock>(actors::wall_clock, log_->head().at)),
      commits_(std::make_unique<journal::committer>(*log_, admission, [this](core::gseq) { feed_.grown(); })) {
  actors::runtime_parts parts{*log_, *commits_, feed_, *clock_, find_order_book};
  parts.origin = "local.1";
  parts.entropy = entropy;
  parts.report = [](const std::string& line) { give_up(line); };
  parts.give_up = [](const std::string& line) { give_up(line); };
  parts.limits = limits;
  living_ = std::make_unique<actors::runtime>(std::move(parts));
  living_->start();
}

engine::~engine() {
  living_->drain(drain_time);
  commits_->close();
}

command_source::command_source(const payloads& from, std::size_t entities, std::uint64_t seed) : draws_(seed) {
  const auto* type = find_order_book(order_book_definition::name);
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto parsed = core::read_json(from.json(i), [&](const core::source& body) {
      auto command = type->decode_command(core::codec<add_order>::about.name, body, nullptr);
      if (!command) give_up("a payload that is no command: " + command.error().message);
      commands_.push_back(*std::move(command));
    });
    if (!parsed) give_up("a payload that is no JSON: " + parsed.error().message);
  }
  for (std::size_t i = 0; i < entities; ++i)
    entities_.push_back(order_book_address(i));
}

actors::command_request command_source::next() {
  return next(draws_.next() % entities_.size());
}

actors::command_request command_source::next(std::size_t entity) {
  actors::command_request request;
  request.to = entities_[entity];
  request.command = commands_[made_++ % commands_.size()];
  request.principal.value = "founder";
  return request;
}

measurement send_commands(actors::door& door, command_source& source, std::size_t in_flight, double seconds) {
  closed_loop loop{in_flight};
  return loop.run(seconds, [&](std::size_t slot) {
    door.submit(source.next(),
                actors::reply<actors::command_reply>{[&loop, slot](const core::result<actors::command_reply>& said) {
                  if (!said) give_up("a command was refused: " + said.error().code + ' ' + said.error().message);
                  loop.ended(slot);
                }});
  });
}

}  // namespace logline::bench
