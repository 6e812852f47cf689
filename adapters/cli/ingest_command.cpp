#include <fmt/format.h>
#include <openssl/rand.h>
#include <CLI/CLI.hpp>

#include "adapters/cli/commands.hpp"
#include "adapters/cli/deliveries.hpp"
#include "adapters/cli/node_client.hpp"
#include "adapters/cli/render.hpp"
#include "domain/core/bytes.hpp"
#include "domain/core/json.hpp"
#include "journal/key_file.hpp"

namespace logline::cli {

namespace {

namespace fs = std::filesystem;

struct ingest_options {
  std::string tenant = "default";
  std::string connector;
  std::string secret_file;
  std::uint64_t repeat = 1;
  bool distinct = false;
  std::size_t in_flight = 16;
  double patience_s = 60;
  std::vector<std::string> places;
};

/// Where the secret of a connector that this command opened is kept (0600).
struct secret_place {
  fs::path folder;
  std::string name;
};
secret_place place_of(const ingest_options& o, const environment& env) {
  return {home_folder(env) / "connectors", fmt::format("{}.{}.secret", o.tenant, o.connector)};
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
    text.pop_back();
  return text;
}

/// The secret that --secret-file or an earlier run left; nothing where neither did.
core::result<std::optional<std::string>, trouble> known_secret(const ingest_options& o, const environment& env) {
  if (!o.secret_file.empty()) {
    auto given = read_file(o.secret_file);
    if (!given) return given.error();
    return std::optional{trimmed(*std::move(given))};
  }
  const auto [folder, name] = place_of(o, env);
  auto kept = journal::read_key_file(folder, name, journal::key_access::private_);
  if (kept) return std::optional{trimmed(*std::move(kept))};
  if (kept.error().code == journal::errc::not_found) return std::optional<std::string>{};
  return trouble{exit_usage, fmt::format("{}: {}", (folder / name).string(), kept.error().message)};
}

core::result<std::string, trouble> make_secret(const ingest_options& o, const environment& env) {
  std::string raw(32, '\0');
  const int ok = RAND_bytes(reinterpret_cast<unsigned char*>(raw.data()), static_cast<int>(raw.size()));
  LL_INVARIANT(ok == 1, "the operating system gives no random bytes: {}", ok);
  std::string secret = core::to_hex(raw);
  const auto [folder, name] = place_of(o, env);
  std::error_code problem;
  fs::create_directories(folder.parent_path(), problem);
  // Kept before it is used: a connector whose secret is lost takes no deliveries.
  if (auto kept = journal::create_key_file(folder, name, secret + '\n', journal::key_access::private_); !kept)
    return trouble{exit_usage,
                   fmt::format("cannot keep the connector's secret in {}: {}", folder.string(), kept.error().message)};
  return secret;
}

/// Opens the connector where there is none yet, and answers its secret.
core::result<std::string, trouble> prepare_connector(const ingest_options& o, const invocation& run) {
  auto entity = core::make_address(o.tenant, "connector", o.connector);
  if (!entity) return trouble{exit_usage, entity.error().message};
  auto token = find_token(run.given, run.env);
  if (!token) return token.error();
  auto secret = known_secret(o, run.env);
  if (!secret) return secret.error();
  node_client node{run.given, *std::move(token), run.env};
  const auto there = node.get(entity_path(*entity));
  if (!there) return there.error();
  if (there->status != 404) {
    if (there->status != 200) return trouble{exit_refused, refusal_text(there->status, there->body)};
    if (*secret) return **secret;
    return trouble{
        exit_usage,
        fmt::format(
            "connector {} exists and its secret is not known here: name it by --secret-file, or give it a new one:\n"
            "  logline do {} rotate_secret secret=@FILE",
            o.connector, entity->text())};
  }
  if (!*secret) {
    auto made = make_secret(o, run.env);
    if (!made) return made.error();
    *secret = *std::move(made);
  }
  std::string body = R"({"id_header":"x-github-delivery","event_header":"x-github-event","secret":)";
  core::append_json_text(body, **secret);
  auto opened = accepted(node.post(entity_path(*entity) + "/open", body + '}', {}));
  if (!opened) return opened.error();
  run.env.err << fmt::format("opened connector {}\n", entity->text());
  return **secret;
}

std::string summary(const delivery_counts& c) {
  const double rate = c.seconds > 0 ? static_cast<double>(c.accepted + c.duplicates) / c.seconds : 0;
  return fmt::format(R"({{"accepted":{},"duplicates":{},"failed":{},"seconds":{:.3f},"rate":{:.1f}}})", c.accepted,
                     c.duplicates, c.failed, c.seconds, rate);
}

void ingest(const ingest_options& o, invocation& run) {
  auto files = find_deliveries(o.places);
  if (!files) return run.fail(files.error());
  auto secret = prepare_connector(o, run);
  if (!secret) return run.fail(secret.error());
  const delivery_plan plan{o.tenant, o.connector, *std::move(secret), *std::move(files),
                           o.repeat, o.distinct,  o.in_flight,        o.patience_s};
  const auto counts = deliver(plan, run.given, run.env);
  for (const auto& complaint : counts.complaints)
    run.env.err << complaint << '\n';
  print_object(run.env.out, run.given.format, summary(counts));
  if (counts.failed > 0) run.exit = counts.unreachable ? exit_unreachable : exit_refused;
}

}  // namespace

void add_ingest_command(CLI::App& app, invocation& run) {
  auto* const command = app.add_subcommand("ingest", "Sends recorded webhook bodies as deliveries");
  const auto o = std::make_shared<ingest_options>();
  command->add_option("--connector", o->connector, "Opened with a new secret where it does not exist")->required();
  command->add_option("--tenant", o->tenant)->capture_default_str();
  command->add_option("--secret-file", o->secret_file, "The connector's secret, where this program did not open it");
  command->add_option("--repeat", o->repeat, "Sends everything so many times; repetitions are duplicates")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_flag("--distinct", o->distinct, "Repetitions are deliveries of their own");
  command->add_option("--in-flight", o->in_flight, "Deliveries under way at a time")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_option("--patience", o->patience_s, "Seconds to go on trying while the node is away or busy")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("PATH", o->places, "Files, and folders whose *.json files are sent in order of path")->required();
  command->footer(
      "Each file is signed as GitHub signs (X-Hub-Signature-256); its event is the file name up to the first dot.\n\n"
      "Example:\n  logline ingest --connector github recorded/");
  command->callback([o, &run] { ingest(*o, run); });
}

}  // namespace logline::cli
