#include "tests/unit/rules/layering.hpp"

#include <algorithm>
#include <array>
#include <regex>
#include <string>
#include <string_view>

namespace logline::rules {
namespace {

/// A folder and the project folders that its files may include. A file belongs to the first row whose folder holds it.
struct layer {
  std::string_view folder;
  std::vector<std::string_view> may_include;
};
const std::array layers{
    layer{"domain/core", {"domain/core"}},
    layer{"domain", {"domain"}},
    layer{"journal", {"journal", "domain/core"}},
    layer{"actors", {"actors", "journal", "domain"}},
    layer{"adapters", {"actors", "journal", "domain"}},  // and the adapter's own folder
    layer{"cluster", {"cluster", "adapters", "actors", "journal", "domain"}},
    layer{"bench", {"bench", "cluster", "adapters", "actors", "journal", "domain"}},
    layer{"tests", {"tests", "bench", "cluster", "adapters", "actors", "journal", "domain"}},
};

/// A third party's headers and the product folders that may know of it; tests/ and bench/ may use what they like.
struct third_party {
  std::string_view header;
  std::vector<std::string_view> only_in;
};
const std::array third_parties{
    third_party{"caf/", {"actors", "cluster"}},
    third_party{"rocksdb/", {"journal"}},
    third_party{"boost/beast", {"adapters/http"}},
    third_party{"nghttp2/", {"adapters/http"}},
    third_party{"libpq-fe.h", {"adapters/postgres"}},
    third_party{"zmq", {"adapters/zmq"}},
    third_party{"openssl/", {"domain/core", "journal", "adapters", "cluster"}},
};

/// What a pure function has no use for: threads, clocks, files, sockets, randomness.
constexpr std::array impure_headers{
    "atomic",     "barrier",      "condition_variable",
    "ctime",      "curl/",        "execution",
    "fcntl.h",    "filesystem",   "fstream",
    "future",     "iostream",     "latch",
    "mutex",      "netinet/",     "poll.h",
    "pthread.h",  "random",       "semaphore",
    "signal.h",   "csignal",      "spdlog/",
    "stop_token", "shared_mutex", "sys/",
    "syncstream", "thread",       "time.h",
    "unistd.h",   "boost/",
};
const std::regex impure_phrase{
    R"(\b(system_clock|steady_clock|high_resolution_clock|clock_gettime|gettimeofday|random_device|)"
    R"(getenv)\b|\b(rand|time)\s*\()"};

const std::regex include_line{R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])"};

bool below(std::string_view path, std::string_view folder) {
  return path == folder || (path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/');
}

/// "adapters/http" of "adapters/http/session.cpp".
std::string adapter_of(std::string_view path) {
  return std::string{path.substr(0, path.find('/', std::string_view{"adapters/"}.size()))};
}

std::string joined(const std::vector<std::string_view>& names) {
  std::string out;
  for (const auto name : names)
    out.append(out.empty() ? "" : ", ").append(name);
  return out;
}

class checker {
 public:
  explicit checker(const source_file& file) : file_(file) {}

  std::vector<finding> run() {
    for (line_ = 1; line_ <= file_.lines.size(); ++line_) {
      const auto& text = file_.lines[line_ - 1];
      std::smatch found;
      if (std::regex_search(text, found, include_line)) {
        if (found[1] == "\"") check_project(found[2]);
        check_third_parties(found[2]);
        if (file_.below("domain")) check_pure_include(found[2]);
      } else if (file_.below("domain")) {
        check_pure_text(text);
      }
    }
    return std::move(findings_);
  }

 private:
  void report(std::string problem, std::string instead) {
    findings_.push_back({file_.path, line_, std::move(problem), std::move(instead)});
  }

  void check_project(const std::string& header) {
    if (header.ends_with(".inc") && file_.below("tests")) return;  // written by the build
    const bool known = std::any_of(std::begin(code_folders), std::end(code_folders),
                                   [&](std::string_view folder) { return below(header, folder); });
    if (!known) {
      report("includes \"" + header + "\"", "name it from the project's root");
      return;
    }
    const auto own = std::find_if(layers.begin(), layers.end(), [&](const layer& l) { return file_.below(l.folder); });
    auto allowed = own->may_include;
    const auto adapter = adapter_of(file_.path);
    if (own->folder == "adapters") allowed.push_back(adapter);
    if (std::none_of(allowed.begin(), allowed.end(), [&](std::string_view folder) { return below(header, folder); }))
      report("includes \"" + header + "\"", "may include only " + joined(allowed));
  }

  void check_third_parties(const std::string& header) {
    const bool product = std::any_of(std::begin(product_folders), std::end(product_folders),
                                     [&](std::string_view folder) { return file_.below(folder); });
    if (!product) return;
    for (const auto& party : third_parties) {
      if (!header.starts_with(party.header)) continue;
      if (std::none_of(party.only_in.begin(), party.only_in.end(),
                       [&](auto place) { return below(file_.path, place); }))
        report("includes <" + header + ">", "it belongs in " + joined(party.only_in) + " only");
    }
  }

  void check_pure_include(const std::string& header) {
    for (const std::string_view banned : impure_headers) {
      if (header == banned || (banned.ends_with('/') && header.starts_with(banned)))
        report("includes <" + header + ">", "domain/ is pure: let context or an effect carry it");
    }
  }

  void check_pure_text(const std::string& text) {
    const auto code = text.substr(0, text.find("//"));
    std::smatch found;
    if (std::regex_search(code, found, impure_phrase))
      report(found[0], "domain/ is pure: let context or an effect carry it");
  }

  const source_file& file_;
  std::size_t line_ = 0;
  std::vector<finding> findings_;
};

}  // namespace

std::vector<finding> check_layering(const source_file& file) {
  return checker{file}.run();
}

}  // namespace logline::rules
