#include <catch2/catch.hpp>

#include "tests/unit/rules/layering.hpp"

using logline::rules::check_layering;
using logline::rules::source_file;

namespace {

/// The findings for a file of one line, as text.
std::vector<std::string> findings_in(const std::string& path, std::string_view text) {
  std::vector<std::string> out;
  for (const auto& f : check_layering(source_file::of(path, text)))
    out.push_back(Catch::Detail::stringify(f));
  return out;
}

bool allowed(const std::string& path, std::string_view text) {
  return findings_in(path, text).empty();
}

}  // namespace

TEST_CASE("the project keeps its layering") {
  for (const auto& file : logline::rules::read_sources(logline::rules::project_root()))
    for (const auto& f : check_layering(file))
      FAIL_CHECK(f);
  SUCCEED();
}

TEST_CASE("the layering check names file, line and remedy") {
  CHECK(findings_in("journal/frame.hpp", "#pragma once\n#include \"actors/router.hpp\"") ==
        std::vector<std::string>{
            "journal/frame.hpp:2: includes \"actors/router.hpp\", may include only journal, domain/core"});
  CHECK(findings_in("adapters/http/door.cpp", "#include <caf/actor.hpp>") ==
        std::vector<std::string>{
            "adapters/http/door.cpp:1: includes <caf/actor.hpp>, it belongs in actors, cluster only"});
}

TEST_CASE("folders look downwards only") {
  CHECK(allowed("journal/frame.cpp", "#include \"domain/core/ids.hpp\""));
  CHECK_FALSE(allowed("journal/frame.cpp", "#include \"domain/work/task_queue.hpp\""));
  CHECK_FALSE(allowed("domain/core/ids.hpp", "#include \"domain/catalogue.hpp\""));
  CHECK(allowed("domain/work/task_queue.cpp", "#include \"domain/core/ids.hpp\""));
  CHECK_FALSE(allowed("domain/work/task_queue.cpp", "#include \"journal/append.hpp\""));
  CHECK(allowed("actors/router.cpp", "#include \"domain/catalogue.hpp\""));
  CHECK_FALSE(allowed("actors/router.cpp", "#include \"adapters/http/door.hpp\""));
  CHECK(allowed("adapters/cli/verify.cpp", "#include \"adapters/cli/text.hpp\"\n#include \"journal/verify.hpp\""));
  CHECK_FALSE(allowed("adapters/cli/verify.cpp", "#include \"adapters/http/door.hpp\""));
  CHECK_FALSE(allowed("adapters/cli/verify.cpp", "#include \"cluster/node.hpp\""));
  CHECK(allowed("cluster/node.cpp", "#include \"adapters/http/door.hpp\""));
  CHECK_FALSE(allowed("cluster/node.cpp", "#include \"tests/fixtures/spec.hpp\""));
  CHECK_FALSE(allowed("bench/append.cpp", "  #  include \"tests/fixtures/spec.hpp\""));
  CHECK(allowed("tests/unit/journal/frame_test.cpp", "#include \"tests/fixtures/spec.hpp\""));
  CHECK_FALSE(allowed("journal/frame.cpp", "#include \"frame.hpp\""));
  CHECK_FALSE(allowed("journal/frame.cpp", "#include \"table.inc\""));
  CHECK(allowed("tests/unit/fuzz_corpus/corpus_test.cpp", "#include \"fuzz_targets.inc\""));
}

TEST_CASE("third parties stay in their folder") {
  CHECK(allowed("journal/rocks_log.cpp", "#include <rocksdb/db.h>"));
  CHECK_FALSE(allowed("actors/replay.cpp", "#include <rocksdb/db.h>"));
  CHECK(allowed("adapters/http/session.cpp", "#include <boost/beast/http.hpp>"));
  CHECK_FALSE(allowed("cluster/node.cpp", "#include <boost/beast/http.hpp>"));
  CHECK_FALSE(allowed("adapters/http/session.cpp", "#include <libpq-fe.h>"));
  CHECK(allowed("tests/fixtures/actor_fixture.hpp", "#include <caf/all.hpp>"));
}

TEST_CASE("domain is pure") {
  for (const char* impure : {"#include <thread>", "#include <mutex>", "#include <fstream>", "#include <random>",
                             "#include <sys/stat.h>", "#include <caf/actor.hpp>", "#include <rocksdb/db.h>",
                             "#include <openssl/evp.h>", "const auto t = std::chrono::system_clock::now();",
                             "const auto r = rand();", "const char* p = std::getenv(name);"}) {
    CAPTURE(impure);
    CHECK_FALSE(allowed("domain/work/task_queue.cpp", impure));
  }
  CHECK(allowed("domain/core/digest.cpp", "#include <openssl/evp.h>"));
  CHECK(allowed("domain/work/task_queue.cpp", "#include <algorithm>\n// no getenv here\nconst auto t = wake_time(3);"));
  CHECK(allowed("journal/committer.cpp", "#include <thread>\n#include <mutex>"));
}
