#include <fstream>
#include <iterator>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <openssl/rand.h>
#include <CLI/CLI.hpp>

#include "actors/clock.hpp"
#include "adapters/cli/commands.hpp"
#include "adapters/cli/json_peek.hpp"
#include "adapters/cli/node_client.hpp"
#include "adapters/cli/render.hpp"
#include "domain/core/json.hpp"
#include "domain/core/uuid.hpp"
#include "journal/certificate.hpp"

namespace logline::cli {

namespace {

struct gdpr_options {
  std::string tenant;
  std::string subject;
  std::string kind = "DELETE";
  std::string reason;
  std::string id;
  std::string file;
  std::string keys;
};

core::result<std::string, trouble> text_of_file(const std::string& name, std::istream& standard) {
  if (name == "-") return std::string{std::istreambuf_iterator<char>{standard}, {}};
  std::ifstream in{name, std::ios::binary};
  if (!in) return trouble{exit_usage, name + " cannot be read"};
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

/// The subject as given, or, so that nobody's id stands in a shell's history, from a file or stdin.
core::result<std::string, trouble> subject_of(const gdpr_options& o, std::istream& standard) {
  if (!o.subject.starts_with('@') && o.subject != "-") return o.subject;
  auto text = text_of_file(o.subject == "-" ? o.subject : o.subject.substr(1), standard);
  while (text && !text->empty() && (text->back() == '\n' || text->back() == '\r'))
    text->pop_back();
  return text;
}

core::result<core::address, trouble> request_address(const gdpr_options& o) {
  auto entity = core::make_address(o.tenant, "gdpr_request", o.id);
  if (!entity) return trouble{exit_usage, entity.error().message};
  return *std::move(entity);
}

std::string fresh_id() {
  std::uint64_t draws[2] = {};
  const int ok = RAND_bytes(reinterpret_cast<unsigned char*>(draws), sizeof draws);
  LL_INVARIANT(ok == 1, "the operating system gives no random bytes: {}", ok);
  return core::make_uuid7(actors::wall_clock().us / 1'000, draws[0], draws[1]).text();
}

core::result<std::unique_ptr<node_client>, trouble> connect(const invocation& run) {
  auto token = find_token(run.given, run.env);
  if (!token) return token.error();
  return std::make_unique<node_client>(run.given, *std::move(token), run.env);
}

core::result<std::string, trouble> send_request(gdpr_options o, const invocation& run) {
  if (o.id.empty()) o.id = fresh_id();
  const auto entity = request_address(o);
  if (!entity) return entity.error();
  const auto subject = subject_of(o, run.env.in);
  if (!subject) return subject.error();
  auto node = connect(run);
  if (!node) return node.error();
  std::string body;
  core::json_sink to{body};
  to.begin_object(3);
  to.key("subject_id");
  to.text(*subject);
  to.key("kind");
  to.text(o.kind);
  to.key("reason");
  to.text(o.reason);
  to.end_object();
  auto said = accepted((*node)->post(entity_path(*entity) + "/request", body, {}));
  if (!said) return said.error();
  std::string json = R"({"request_id":)";
  core::append_json_text(json, o.id);
  return json + R"(,"status":"PENDING"})";
}

core::result<std::string, trouble> fetch(const gdpr_options& o, std::string_view what, const invocation& run) {
  const auto entity = request_address(o);
  if (!entity) return entity.error();
  auto node = connect(run);
  if (!node) return node.error();
  auto said = accepted((*node)->get(entity_path(*entity) + '/' + std::string{what}));
  if (!said) return said.error();
  return member_of(*said, what == "show" ? "state" : "reply");
}

void verify(const gdpr_options& o, invocation& run) {
  const auto json = text_of_file(o.file, run.env.in);
  if (!json) return run.fail(json.error());
  const std::string folder = run.given.data.empty() ? "data" : run.given.data;
  const auto site = journal::site_public_key::load(o.keys.empty() ? folder + "/keys" : o.keys);
  if (!site) return run.fail({exit_refused, site.error().text()});
  const auto text = journal::verify_certificate(*json, *site);
  if (!text) return run.fail({exit_unverified, text.error().text()});
  print_object(run.env.out, run.given.format, *text);
}

void print(const core::result<std::string, trouble>& json, invocation& run) {
  if (!json) return run.fail(json.error());
  print_object(run.env.out, run.given.format, *json);
}

void add_place(CLI::App& command, gdpr_options& o) {
  command.add_option("-t,--tenant", o.tenant, "Whose data the person is in")->required();
  command.add_option("-i,--id", o.id, "The request, as `gdpr request` answered")->required();
}

}  // namespace

void add_gdpr_commands(CLI::App& app, invocation& run) {
  auto* const group = app.add_subcommand("gdpr", "Requests about persons' data: erasure, holds, certificates");
  group->require_subcommand(1);
  const auto o = std::make_shared<gdpr_options>();

  auto* const request = group->add_subcommand("request", "Asks for a person's data to be erased, or held");
  request->add_option("-t,--tenant", o->tenant, "Whose data the person is in")->required();
  request->add_option("-s,--subject", o->subject, "The person's id; @FILE or - reads it from a file or stdin")
      ->required();
  request->add_option("-k,--kind", o->kind, "DELETE, ANONYMIZE, HOLD or RELEASE")->capture_default_str();
  request->add_option("--reason", o->reason, "Why; kept for ever, so it should name nobody");
  request->add_option("-i,--id", o->id, "Id of the request (default: a new one)");
  request->footer("Example:\n  logline gdpr request -t acme -s @subject.txt -k DELETE");
  request->callback([o, &run] { print(send_request(*o, run), run); });

  auto* const status = group->add_subcommand("status", "Prints where a request stands");
  add_place(*status, *o);
  status->footer("Example:\n  logline gdpr status -t acme -i 0190163d-8694-739b-aea5-966c26f8ad91");
  status->callback([o, &run] { print(fetch(*o, "show", run), run); });

  auto* const certificate = group->add_subcommand("certificate", "Prints the signed certificate of a finished request");
  add_place(*certificate, *o);
  certificate->footer("Example:\n  logline gdpr certificate -t acme -i ID --output json > erased.json");
  certificate->callback([o, &run] { print(fetch(*o, "certificate", run), run); });

  auto* const verifying = group->add_subcommand("verify", "Checks a certificate against the site's public key");
  verifying->add_option("FILE", o->file, "As `gdpr certificate --output json` printed it; - reads stdin")->required();
  verifying->add_option("--keys", o->keys, "Where site.pub is (default: DATA/keys)")->type_name("DIR");
  verifying->footer("Example:\n  logline gdpr verify erased.json --keys /srv/logline/keys");
  verifying->callback([o, &run] { verify(*o, run); });
}

}  // namespace logline::cli
