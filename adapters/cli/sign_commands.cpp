#include <cstdint>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "actors/clock.hpp"
#include "adapters/cli/backup_options.hpp"
#include "adapters/cli/commands.hpp"
#include "adapters/cli/render.hpp"
#include "journal/file.hpp"
#include "journal/manifest.hpp"
#include "journal/signing.hpp"

namespace logline::cli {

namespace {

namespace fs = std::filesystem;

struct sign_options {
  std::string key;
  std::string in;
  std::string out;
  std::string manifest;
};

struct verify_options {
  std::string pair;  ///< MANIFEST:SIG
  std::string root;
  backup_options where;
};

/// A directory is signed by way of a manifest that lists it.
journal::result<core::digest> digest_to_sign(const sign_options& o) {
  std::error_code unknown;
  if (!fs::is_directory(o.in, unknown)) return journal::file_digest(o.in);
  journal::manifest m;
  m.name = fs::absolute(o.in).filename().string();
  m.at = actors::wall_clock();
  auto files = journal::list_tree(o.in);
  if (!files) return std::move(files).error();
  m.files = *std::move(files);
  const std::string text = journal::manifest_text(m);
  if (auto written = journal::replace_durably(fs::absolute(o.manifest), text); !written)
    return std::move(written).error();
  return core::sha256(text);
}

void sign(const sign_options& o, invocation& run) {
  std::error_code unknown;
  if (fs::is_directory(o.in, unknown) == o.manifest.empty())
    return run.fail({exit_usage, "--manifest FILE goes with a directory, and only with one"});
  const fs::path file{o.key};
  if (file.extension() != ".key") return run.fail({exit_usage, "--key names a file NAME.key with NAME.pub beside it"});
  const auto key = journal::site_key::load(fs::absolute(file).parent_path(), file.stem().string());
  if (!key) return run.fail(backup_trouble(key.error()));
  const auto digest = digest_to_sign(o);
  if (!digest) return run.fail(backup_trouble(digest.error()));
  const auto text = journal::sign_content(*digest, actors::wall_clock(), std::span{&*key, 1});
  if (auto written = journal::replace_durably(fs::absolute(o.out), text); !written)
    return run.fail(backup_trouble(written.error()));
  print_object(run.env.out, run.given.format,
               fmt::format(R"({{"key":"{}","sha256":"{}"}})", key->public_key().id(), digest->hex()));
}

/// What is asked about is a manifest only where a tree is compared with it.
void compare(const verify_options& o, const fs::path& file, const fs::path& signature,
             const journal::verified_signature& by, invocation& run) {
  const auto text = read_file(file);
  if (!text) return run.fail(text.error());
  const auto m = journal::parse_manifest(*text);
  if (!m) return run.fail(backup_trouble(m.error()));
  const fs::path root = fs::weakly_canonical(o.root);
  const auto itself = [&](std::string_view path) {
    return root / path == fs::weakly_canonical(file) || root / path == fs::weakly_canonical(signature);
  };
  const auto differences = journal::compare_tree(*m, root, itself);
  if (!differences) return run.fail(backup_trouble(differences.error()));
  std::string found;
  for (const auto& d : *differences) {
    found += fmt::format(R"({}{{"file":{},"what":"{}","expected":{},"found":{}}})", found.empty() ? "" : ",",
                         json_string(d.path), journal::to_string(d.what),
                         d.expected.empty() ? "null" : json_string(d.expected),
                         d.found.empty() ? "null" : json_string(d.found));
    run.env.err << fmt::format("{}: {}\n", journal::to_string(d.what), d.path);
  }
  print_object(
      run.env.out, run.given.format,
      fmt::format(R"({{"ok":{},"key":"{}","name":{},"at":"{}","files":{},"differences":[{}]}})", differences->empty(),
                  by.key_id, json_string(by.key_name), core::to_rfc3339(by.at), m->files.size(), found));
  if (!differences->empty()) run.exit = exit_unverified;
}

void verify(const verify_options& o, invocation& run) {
  const auto colon = o.pair.rfind(':');
  if (colon == std::string::npos) return run.fail({exit_usage, "MANIFEST:SIG names two files"});
  const fs::path file{o.pair.substr(0, colon)};
  const fs::path signature{o.pair.substr(colon + 1)};
  const auto history = journal::key_history::load(keys_folder(run, o.where));
  if (!history) return run.fail(backup_trouble(history.error()));
  const auto digest = journal::file_digest(file);
  if (!digest) return run.fail(backup_trouble(digest.error()));
  const auto text = read_file(signature);
  if (!text) return run.fail(text.error());
  const auto by = journal::verify_content(*digest, *text, *history);
  // A key that nobody knows is a signature that does not hold.
  if (!by) return run.fail({exit_unverified, by.error().text()});
  if (!o.root.empty()) return compare(o, file, signature, *by, run);
  print_object(run.env.out, run.given.format,
               fmt::format(R"({{"ok":true,"key":"{}","name":{},"at":"{}"}})", by->key_id, json_string(by->key_name),
                           core::to_rfc3339(by->at)));
}

std::string key_json(const journal::known_key& k) {
  return fmt::format(R"({{"name":{},"key":"{}","from":{},"until":{}}})", json_string(k.name), k.key.id(),
                     k.from == core::earliest ? "null" : json_string(core::to_rfc3339(k.from)),
                     k.until == core::never ? "null" : json_string(core::to_rfc3339(k.until)));
}

void rotate(const std::string& name, const backup_options& where, invocation& run) {
  const auto key = journal::rotate_key(keys_folder(run, where), name, actors::wall_clock());
  if (!key) return run.fail(backup_trouble(key.error()));
  print_object(run.env.out, run.given.format, key_json(*key));
}

void list_keys(const backup_options& where, invocation& run) {
  const auto history = journal::key_history::load(keys_folder(run, where));
  if (!history) return run.fail(backup_trouble(history.error()));
  list_printer printer{run.env.out, run.given.format, {"name", "key", "from", "until"}};
  for (const auto& key : history->all())
    printer.row(key_json(key));
  printer.finish();
}

void add_key_commands(CLI::App& app, invocation& run) {
  auto* const group = app.add_subcommand("keys", "Keys that sign, and those that did");
  group->require_subcommand(1);
  const auto where = std::make_shared<backup_options>();
  const auto name = std::make_shared<std::string>("backup");
  auto* const rotating = group->add_subcommand(
      "rotate", "Makes a new key of that name; signatures by the one before count for seven more days");
  rotating->add_option("--name", *name, "Whose signatures it makes")->capture_default_str();
  rotating->add_option("--keys", where->keys, "Default: DATA/keys")->type_name("DIR");
  rotating->callback([=, &run] { rotate(*name, *where, run); });
  auto* const listing = group->add_subcommand("list", "Every public key that signatures were ever made by");
  listing->add_option("--keys", where->keys, "Default: DATA/keys")->type_name("DIR");
  listing->callback([=, &run] { list_keys(*where, run); });
}

}  // namespace

void add_sign_commands(CLI::App& app, invocation& run) {
  auto* const signing = app.add_subcommand("sign", "Signs a file, or a directory by way of a manifest of it");
  const auto s = std::make_shared<sign_options>();
  signing->add_option("--key", s->key, "Private key: NAME.key, with NAME.pub beside it")->type_name("FILE")->required();
  signing->add_option("--in", s->in, "What to sign")->type_name("FILE|DIR")->required()->check(CLI::ExistingPath);
  signing->add_option("--out", s->out, "The signature")->type_name("FILE")->required();
  signing->add_option("--manifest", s->manifest, "Where the manifest of a directory goes")->type_name("FILE");
  signing->callback([s, &run] { sign(*s, run); });

  auto* const verifying =
      app.add_subcommand("verify", "Checks a detached signature, and a tree against the manifest it is over");
  const auto v = std::make_shared<verify_options>();
  verifying->add_option("pair", v->pair, "The two files")->type_name("MANIFEST:SIG")->required();
  verifying->add_option("--root", v->root, "Compare this tree: extra, missing, changed files")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  verifying->add_option("--keys", v->where.keys, "Whose signatures count (default: DATA/keys)")->type_name("DIR");
  verifying->footer(
      "Example:\n  logline sign --key keys/backup.key --in release --manifest m.json --out m.sig\n"
      "  logline verify m.json:m.sig --root release --keys keys");
  verifying->callback([v, &run] { verify(*v, run); });
  add_key_commands(app, run);
}

}  // namespace logline::cli
