#include "journal/manifest.hpp"

#include <fcntl.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "journal/described_json.hpp"
#include "journal/file.hpp"

namespace logline::journal {

namespace fs = std::filesystem;

constexpr auto describe(core::type_tag<manifest_file>) {
  using core::field;
  using f = manifest_file;
  return core::description<f>("file", "", field("path", &f::path), field("bytes", &f::bytes),
                              field("sha256", &f::sha256), field("crc32c", &f::crc32c, {.optional = true}));
}

constexpr auto describe(core::type_tag<manifest_journal>) {
  using core::field;
  using f = manifest_journal;
  return core::description<f>("journal", "", field("site", &f::site), field("partition", &f::partition),
                              field("generation", &f::generation), field("gseq", &f::gseq), field("chain", &f::chain),
                              field("root", &f::root), field("at", &f::at));
}

constexpr auto describe(core::type_tag<manifest>) {
  using core::field;
  using f = manifest;
  constexpr std::size_t files_max = 10'000'000;
  return core::description<f>(
      "manifest", "", field("logline_manifest", &f::format), field("name", &f::name), field("at", &f::at),
      field("duration_ms", &f::duration_ms), field("label", &f::label, {.optional = true}),
      field("journals", &f::journals, {.optional = true}), field("versions", &f::versions, {.optional = true}),
      field("schemas", &f::schemas, {.optional = true}), field("erasures", &f::erasures, {.optional = true}),
      field("keys", &f::keys, {.optional = true}), field("files", &f::files, {.size_max = files_max}));
}

std::string manifest_text(const manifest& m) {
  return to_json(m) + '\n';
}

result<manifest> parse_manifest(std::string_view text) {
  auto m = from_json<manifest>(text, "manifest");
  if (m && m->format != manifest{}.format)
    return error{
        errc::unknown_format, fmt::format("a manifest of format {}, which this version does not know", m->format), {}};
  return m;
}

result<core::digest> file_digest(const fs::path& path) {
  auto opened = file::open(path, O_RDONLY);
  if (!opened) return std::move(opened).error();
  running_digest digest;
  std::string chunk(std::size_t{1} << 20, '\0');
  for (;;) {
    const auto got = opened->read(chunk.data(), chunk.size());
    if (!got) return got.error();
    if (*got == 0) return digest.value();
    digest.add({chunk.data(), *got});
  }
}

result<std::vector<manifest_file>> list_tree(const fs::path& root) {
  std::vector<manifest_file> out;
  std::error_code problem;
  fs::recursive_directory_iterator each{root, problem};
  for (; !problem && each != fs::recursive_directory_iterator{}; each.increment(problem)) {
    const auto status = each->symlink_status(problem);
    if (problem || fs::is_directory(status)) continue;
    const std::string path = each->path().lexically_relative(root).generic_string();
    if (!fs::is_regular_file(status))
      return error{errc::bad_encoding, fmt::format("{} is neither a file nor a directory", path), {}};
    auto digest = file_digest(each->path());
    if (!digest) return std::move(digest).error();
    const std::uint64_t bytes = each->file_size(problem);
    if (!problem) out.push_back({path, bytes, *digest, 0});
  }
  if (problem) return error{errc::store_failed, fmt::format("reading {}: {}", root.string(), problem.message()), {}};
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return out;
}

std::string_view to_string(tree_difference::kind kind) {
  switch (kind) {
    case tree_difference::kind::extra:
      return "extra";
    case tree_difference::kind::missing:
      return "missing";
    case tree_difference::kind::changed:
      return "changed";
  }
  LL_INVARIANT(false, "no difference has the value {}", static_cast<int>(kind));
}

result<std::vector<tree_difference>> compare_tree(const manifest& m, const fs::path& root,
                                                  const std::function<bool(std::string_view path)>& ignore) {
  using kind = tree_difference::kind;
  const auto found = list_tree(root);
  if (!found) return found.error();
  std::map<std::string_view, const manifest_file*> there;
  for (const auto& file : *found)
    there.emplace(file.path, &file);
  std::vector<tree_difference> out;
  for (const auto& listed : m.files) {
    const auto at = there.find(listed.path);
    if (at == there.end()) {
      out.push_back({listed.path, kind::missing, listed.sha256.hex(), {}});
      continue;
    }
    if (at->second->sha256 != listed.sha256)
      out.push_back({listed.path, kind::changed, listed.sha256.hex(), at->second->sha256.hex()});
    there.erase(at);
  }
  for (const auto& [path, file] : there)
    if (!ignore || !ignore(path)) out.push_back({std::string{path}, kind::extra, {}, file->sha256.hex()});
  return out;
}

}  // namespace logline::journal
