#include "cluster/inbox.hpp"

#include <utility>

#include "adapters/postgres/inbox.hpp"
#include "domain/catalogue.hpp"
#include "domain/core/json.hpp"

namespace logline::cluster {

namespace {

core::result<actors::command_request> request_of(const postgres::inbox_row& row, const core::secret_box* sealer) {
  auto to = core::parse_address(row.tenant + '/' + row.target);
  if (!to) return std::move(to).error();
  const auto* type = domain::find_entity_type(to->type);
  if (type == nullptr) return core::not_found("there is no entity type " + to->type);
  std::optional<core::result<core::command_box>> command;
  const auto parsed = core::read_json(
      row.payload, [&](const core::source& from) { command.emplace(type->decode_command(row.command, from, sealer)); });
  if (!parsed) return parsed.error();
  if (!*command) return std::move(*command).error();
  auto id = core::parse_uuid(row.id);
  if (!id) return std::move(id).error();
  actors::command_request out;
  out.request_digest = core::sha256({to->text(), "/", row.command, "\n", row.payload});
  out.to = *std::move(to);
  out.command = **std::move(command);
  out.principal = core::principal_id{"inbox:" + row.role};
  out.idempotency_key = "inbox:" + row.id;
  out.command_id = *id;
  return out;
}

void submit(actors::door* door, const postgres::inbox_row& row, postgres::inbox_receiver answer) {
  if (door == nullptr) return answer(core::unavailable("the node stops"));
  auto request = request_of(row, door->secrets());
  if (!request) return answer(std::move(request).error());
  door->submit(
      *std::move(request),
      actors::reply<actors::command_reply>{[answer = std::move(answer)](core::result<actors::command_reply> said) {
        if (!said) return answer(std::move(said).error());
        answer(postgres::inbox_answer{said->position, said->sequence, std::move(said->reply)});
      }});
}

}  // namespace

measured_duty make_inbox(const node_config& config, std::shared_ptr<const postgres::endpoint> where,
                         std::function<actors::door*()> door) {
  postgres::inbox_options options;
  options.where = std::move(where);
  options.schema = config.postgres.schema;
  options.submit = [door = std::move(door)](const postgres::inbox_row& row, postgres::inbox_receiver answer) {
    submit(door(), row, std::move(answer));
  };
  const auto inbox = std::make_shared<postgres::inbox>(std::move(options));
  return {std::make_shared<const actors::duty>(
              actors::duty{"postgres inbox", core::schedule::every(core::seconds(1)),
                           [inbox](const std::stop_token& wanted) { return inbox->run(wanted); }}),
          [inbox] {
            const auto& f = inbox->figures();
            return std::vector<actors::door::figure>{
                {"pg_inbox_accepted_total", "Commands of the inbox table that were done.", true,
                 static_cast<double>(f.accepted)},
                {"pg_inbox_rejected_total", "Commands of the inbox table that were refused.", true,
                 static_cast<double>(f.rejected)},
            };
          }};
}

}  // namespace logline::cluster
