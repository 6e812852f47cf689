// The S3 adapter against a server that speaks S3 over HTTP and checks signatures by itself.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include <curl/curl.h>

#include "actors/clock.hpp"
#include "adapters/s3/store.hpp"
#include "tests/contract/journal/object_store_contract.hpp"

using namespace logline;
using journal::errc;

namespace {

class temporary_folder {
 public:
  temporary_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "logline-s3-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~temporary_folder() { std::filesystem::remove_all(path_); }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

const s3::credentials keys{"AKIDTEST", "not/so+secret", ""};

class server {
 public:
  explicit server(const std::filesystem::path& place, std::vector<std::string> more = {}) {
    const char* source = std::getenv("LOGLINE_SOURCE");
    REQUIRE(source != nullptr);
    std::vector<std::string> words{"python3",      std::string{source} + "/tests/fixtures/s3_server.py",
                                   place.string(), "bucket",
                                   keys.key_id,    keys.secret,
                                   "--page",       "2"};
    words.insert(words.end(), more.begin(), more.end());
    secure_ = !more.empty();
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    child_ = ::fork();
    REQUIRE(child_ >= 0);
    if (child_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::close(ends[0]);
      std::vector<char*> arguments;
      for (auto& word : words)
        arguments.push_back(word.data());
      arguments.push_back(nullptr);
      ::execvp("python3", arguments.data());
      ::_exit(127);
    }
    ::close(ends[1]);
    char c = 0;
    while (::read(ends[0], &c, 1) == 1 && c != '\n')
      port_ += c;
    ::close(ends[0]);
    REQUIRE_FALSE(port_.empty());
  }
  ~server() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  std::string endpoint() const { return (secure_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + port_; }

  void order(const std::string& faults) const { ask("/-/faults", faults); }
  std::string seen() const { return ask("/-/log", {}); }

 private:
  std::string ask(const std::string& path, const std::string& body) const {
    CURL* const curl = curl_easy_init();
    std::string answer;
    curl_easy_setopt(curl, CURLOPT_URL, (endpoint() + path).c_str());
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    if (!body.empty()) curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.c_str());
    curl_write_callback keep = [](char* from, std::size_t one, std::size_t count, void* to) {
      static_cast<std::string*>(to)->append(from, one * count);
      return one * count;
    };
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    const auto code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    REQUIRE(code == CURLE_OK);
    return answer;
  }

  std::string port_;
  bool secure_ = false;
  pid_t child_ = -1;
};

/// Notes how long it was told to wait, and does not.
struct patience {
  std::vector<core::duration_us> waits;
};

s3::options options_for(const server& to, patience& noted) {
  s3::options o;
  REQUIRE(s3::parse_url("http://127.0.0.1:1/bucket/below/here", o));
  o.endpoint = to.endpoint();
  o.who = keys;
  o.stall_s = 1;
  o.clock = actors::wall_clock;
  o.entropy = [] { return std::uint64_t{0}; };
  o.wait = [&noted](core::duration_us time) { noted.waits.push_back(time); };
  return o;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size()))
    ++found;
  return found;
}

}  // namespace

TEST_CASE("a bucket keeps objects as every store does", "[contract][ARC-03]") {
  const temporary_folder place, folder;
  const server there{place.path()};
  patience noted;
  journal::fixtures::object_store_contract([&] { return std::make_unique<s3::store>(options_for(there, noted)); },
                                           folder.path());
  CHECK(noted.waits.empty());
}

TEST_CASE("what fails in passing is tried again, so long as the server says or longer each time", "[ARC-03]") {
  const temporary_folder place;
  const server there{place.path()};
  patience noted;
  s3::store store{options_for(there, noted)};

  SECTION("slow down, and how long") {
    there.order(R"([{"status":503,"code":"SlowDown","retry_after":3},{"status":500},{"status":429}])");
    REQUIRE(store.put("a", "x"));
    REQUIRE(noted.waits.size() == 3);
    CHECK(noted.waits[0] == core::seconds(3));
    CHECK(noted.waits[1] == core::milliseconds(200));
    CHECK(noted.waits[2] == core::milliseconds(400));
  }
  SECTION("done, and the answer lost") {
    there.order(R"([{"status":500,"after":true},{"drop":true},{"status":502,"after":true}])");
    REQUIRE(store.put("a", "x"));
    CHECK(noted.waits.size() == 3);
  }
  SECTION("an answer that ends in its middle or stands still") {
    REQUIRE(store.put("a", "something"));
    there.order(R"([{"cut":true},{"stall":3},{}])");
    const auto got = store.get("a", 100);
    REQUIRE(got);
    CHECK(*got == "something");
    CHECK(noted.waits.size() == 2);
  }
  SECTION("not for ever") {
    there.order(R"([{"status":503},{"status":503},{"status":503},{"status":503},{"status":503}])");
    const auto put = store.put("a", "x");
    REQUIRE_FALSE(put);
    CHECK(put.error().code == errc::store_failed);
    CHECK(put.error().message.find("503 InternalError (after 5 attempts)") != std::string::npos);
    CHECK(count(there.seen(), "503") == 5);
  }
  SECTION("nobody there") {
    auto o = options_for(there, noted);
    o.endpoint = "http://127.0.0.1:1";
    CHECK(s3::store{o}.put("a", "x").error().code == errc::store_failed);
    CHECK(noted.waits.size() == 4);
  }
}

TEST_CASE("what the server refuses is told by its code, never by the key, and not tried again", "[ARC-03]") {
  const temporary_folder place;
  const server there{place.path()};
  patience noted;
  auto o = options_for(there, noted);

  SECTION("another secret") {
    o.who.secret = "another";
    const auto put = s3::store{o}.put("a", "x");
    REQUIRE_FALSE(put);
    CHECK(put.error().message == "PUT /bucket/below/here/a: the store answers 403 SignatureDoesNotMatch");
  }
  SECTION("another region") {
    o.where.region = "eu-central-1";
    CHECK(s3::store{o}.put("a", "x").error().message.find("AuthorizationHeaderMalformed") != std::string::npos);
  }
  SECTION("a clock that is wrong") {
    o.clock = [] { return actors::wall_clock() - core::hours(1); };
    CHECK(s3::store{o}.put("a", "x").error().message.find("RequestTimeTooSkewed") != std::string::npos);
  }
  SECTION("another bucket") {
    o.bucket = "elsewhere";
    CHECK(s3::store{o}.get("a", 1).error().code == errc::store_failed);
  }
  CHECK(noted.waits.empty());
}

TEST_CASE("bytes that are not those that were put are refused", "[ARC-03]") {
  const temporary_folder place, folder;
  const server there{place.path()};
  patience noted;
  s3::store store{options_for(there, noted)};
  REQUIRE(store.put("a", "something"));
  there.order(R"([{"flip":true}])");
  CHECK(store.get("a", 100).error().code == errc::checksum_mismatch);
  there.order(R"([{"flip":true}])");
  CHECK(store.get_file("a", folder.path() / "a").error().code == errc::checksum_mismatch);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "a"));
  there.order(R"([{"status":400,"code":"XAmzContentSHA256Mismatch"}])");
  CHECK(store.put("a", "other").error().code == errc::checksum_mismatch);
  CHECK(*store.get("a", 100) == "something");
}

TEST_CASE("over TLS only a server that its own authority vouches for is believed", "[ARC-03]") {
  const temporary_folder place, folder;
  const auto certificate = (folder.path() / "cert.pem").string();
  const auto key = (folder.path() / "key.pem").string();
  const auto made = std::system(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "
                                 "/CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout " +
                                 key + " -out " + certificate + " 2>/dev/null")
                                    .c_str());
  REQUIRE(made == 0);
  const server there{place.path(), {"--tls", certificate, key}};
  patience noted;
  auto o = options_for(there, noted);
  const auto refused = s3::store{o}.put("a", "x");
  REQUIRE_FALSE(refused);
  CHECK(noted.waits.empty());
  o.ca_file = certificate;
  s3::store store{o};
  REQUIRE(store.put("a", "x"));
  CHECK(*store.get("a", 1) == "x");
}
