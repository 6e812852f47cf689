#include "journal/keys.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "domain/core/bytes.hpp"

namespace {

using namespace logline;
namespace fs = std::filesystem;

struct data_directory {
  fs::path root;
  data_directory() {
    std::string pattern = (fs::temp_directory_path() / "logline-keys-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    root = pattern;
  }
  ~data_directory() { fs::remove_all(root); }
  fs::path keys() const { return root / "keys"; }
};

std::string read(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void write(const fs::path& path, const std::string& text) {
  std::ofstream{path, std::ios::binary} << text;
}

unsigned mode_of(const fs::path& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 0777;
}

// Made with: openssl pkey, from the seed 00 01 … 1f.
constexpr std::string_view counting_public = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8";
constexpr std::string_view counting_private_pem =
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
    "-----END PRIVATE KEY-----\n";
constexpr std::string_view counting_public_pem =
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=\n-----END PUBLIC "
    "KEY-----\n";

/// The message names the file, and holds nothing of its content.
void check_key_missing(const journal::error& e, std::string_view file, const std::string& content) {
  CHECK(e.code == journal::errc::key_missing);
  CHECK_THAT(e.message, Catch::Contains(std::string{file}));
  for (std::size_t i = 0; i + 12 <= content.size(); i += 4)
    if (content.substr(i, 12).find_first_of(" -") == std::string::npos)
      CHECK(e.message.find(content.substr(i, 12)) == std::string::npos);
}

}  // namespace

TEST_CASE("a site key is made once, with tight permissions, and found again", "[unit][keys]") {
  const data_directory data;
  const auto made = journal::site_key::load_or_create(data.keys());
  REQUIRE(made);
  CHECK(mode_of(data.keys()) == 0700);
  CHECK(mode_of(data.keys() / "site.key") == 0600);
  CHECK(mode_of(data.keys() / "site.pub") == 0644);
  CHECK(std::distance(fs::directory_iterator{data.keys()}, {}) == 2);

  const std::string secret = read(data.keys() / "site.key");
  const auto again = journal::site_key::load_or_create(data.keys());
  REQUIRE(again);
  CHECK(again->public_key() == made->public_key());
  CHECK(read(data.keys() / "site.key") == secret);
  CHECK(journal::site_key::load(data.keys())->public_key() == made->public_key());
  CHECK(*journal::site_public_key::load(data.keys()) == made->public_key());
  CHECK(made->public_key().verify("text", again->sign("text")));
  CHECK_FALSE(made->public_key().verify("text.", again->sign("text")));

  const data_directory other;
  CHECK(journal::site_key::load_or_create(other.keys())->public_key() != made->public_key());
}

TEST_CASE("the key files are standard PEM", "[unit][keys]") {
  const data_directory data;
  fs::create_directory(data.keys());
  fs::permissions(data.keys(), fs::perms::owner_all);
  write(data.keys() / "site.key", std::string{counting_private_pem});
  fs::permissions(data.keys() / "site.key", fs::perms::owner_read);
  const auto key = journal::site_key::load_or_create(data.keys());
  REQUIRE(key);
  CHECK(core::to_hex(key->public_key().raw()) == counting_public);
  CHECK(read(data.keys() / "site.pub") == counting_public_pem);
  CHECK(key->public_key().pem() == counting_public_pem);
  CHECK(key->public_key().id() == "56475aa75463474c");
}

TEST_CASE("Ed25519 agrees with RFC 8032 test 3", "[unit][keys]") {
  const auto seed = core::from_hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7");
  const auto key = journal::site_key::from_seed(*seed);
  REQUIRE(key);
  CHECK(core::to_hex(key->public_key().raw()) == "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
  CHECK(core::to_hex(key->sign("\xaf\x82")) ==
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");
  CHECK_FALSE(journal::site_key::from_seed("short"));
  CHECK_FALSE(journal::site_public_key::from_raw("short"));
}

TEST_CASE("a key that is not there is said to be missing", "[unit][keys]") {
  const data_directory data;
  check_key_missing(journal::site_key::load(data.keys()).error(), "keys/site.key", "");
  check_key_missing(journal::node_key::load(data.keys()).error(), "keys/node.key", "");
  check_key_missing(journal::site_public_key::load(data.keys()).error(), "keys/site.pub", "");
  CHECK_FALSE(fs::exists(data.keys()));
}

TEST_CASE("a lost private key is not silently replaced", "[unit][keys]") {
  const data_directory data;
  const auto made = journal::site_key::load_or_create(data.keys());
  fs::remove(data.keys() / "site.key");
  const auto again = journal::site_key::load_or_create(data.keys());
  REQUIRE_FALSE(again);
  check_key_missing(again.error(), "keys/site.key", "");
  CHECK_FALSE(fs::exists(data.keys() / "site.key"));
  CHECK(*journal::site_public_key::load(data.keys()) == made->public_key());
}

TEST_CASE("a lost public half is made again from the private one", "[unit][keys]") {
  const data_directory data;
  const auto made = journal::site_key::load_or_create(data.keys());
  fs::remove(data.keys() / "site.pub");
  CHECK_FALSE(journal::site_key::load(data.keys()));
  CHECK(journal::site_key::load_or_create(data.keys())->public_key() == made->public_key());
  CHECK(*journal::site_public_key::load(data.keys()) == made->public_key());
}

TEST_CASE("keys of two sites are not mixed", "[unit][keys]") {
  const data_directory data;
  const data_directory other;
  REQUIRE(journal::site_key::load_or_create(data.keys()));
  REQUIRE(journal::site_key::load_or_create(other.keys()));
  fs::copy_file(other.keys() / "site.pub", data.keys() / "site.pub", fs::copy_options::overwrite_existing);
  const auto mixed = journal::site_key::load(data.keys());
  REQUIRE_FALSE(mixed);
  check_key_missing(mixed.error(), "keys/site.pub", "");
}

TEST_CASE("a private key that others can reach is refused", "[unit][keys]") {
  const data_directory data;
  REQUIRE(journal::site_key::load_or_create(data.keys()));
  REQUIRE(journal::node_key::load_or_create(data.keys()));
  for (const auto extra : {fs::perms::group_read, fs::perms::others_read, fs::perms::group_write}) {
    for (const char* name : {"site.key", "node.key"}) {
      fs::permissions(data.keys() / name, extra, fs::perm_options::add);
      if (std::string_view{name} == "site.key")
        check_key_missing(journal::site_key::load(data.keys()).error(), name, read(data.keys() / name));
      else
        check_key_missing(journal::node_key::load(data.keys()).error(), name, read(data.keys() / name));
      fs::permissions(data.keys() / name, extra, fs::perm_options::remove);
    }
  }
  fs::permissions(data.keys(), fs::perms::group_exec, fs::perm_options::add);
  check_key_missing(journal::site_key::load(data.keys()).error(), "site.key", read(data.keys() / "site.key"));
  CHECK(journal::site_public_key::load(data.keys()));
}

TEST_CASE("any flipped bit of a key file is noticed", "[unit][keys]") {
  const data_directory data;
  REQUIRE(journal::site_key::load_or_create(data.keys()));
  REQUIRE(journal::node_key::load_or_create(data.keys()));
  for (const char* name : {"site.key", "site.pub", "node.key"}) {
    const fs::path path = data.keys() / name;
    const std::string good = read(path);
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
      std::string bad = good;
      bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
      write(path, bad);
      if (std::string_view{name} == "node.key") {
        const auto key = journal::node_key::load(data.keys());
        REQUIRE_FALSE(key);
        REQUIRE(key.error().code == journal::errc::key_missing);
      } else {
        const auto key = journal::site_key::load(data.keys());
        REQUIRE_FALSE(key);
        REQUIRE(key.error().code == journal::errc::key_missing);
      }
    }
    write(path, good.substr(0, good.size() - 1));
    CHECK_FALSE((std::string_view{name} == "node.key" ? journal::node_key::load(data.keys()).has_value()
                                                      : journal::site_key::load(data.keys()).has_value()));
    write(path, good + "\n");
    CHECK_FALSE((std::string_view{name} == "node.key" ? journal::node_key::load(data.keys()).has_value()
                                                      : journal::site_key::load(data.keys()).has_value()));
    write(path, good);
  }
  CHECK(journal::site_key::load(data.keys()));
  CHECK(journal::node_key::load(data.keys()));
}

TEST_CASE("damage is reported without the content of the file", "[unit][keys]") {
  const data_directory data;
  REQUIRE(journal::site_key::load_or_create(data.keys()));
  const std::string good = read(data.keys() / "site.key");
  write(data.keys() / "site.key", good + good);
  check_key_missing(journal::site_key::load(data.keys()).error(), "site.key", good);
  write(data.keys() / "site.key", std::string(100'000, 'x'));
  check_key_missing(journal::site_key::load(data.keys()).error(), "site.key", good);
}

TEST_CASE("a half-written key of a crash is not used", "[unit][keys]") {
  const data_directory data;
  fs::create_directory(data.keys());
  fs::permissions(data.keys(), fs::perms::owner_all);
  write(data.keys() / "site.key.tmp", "half a k");
  REQUIRE(journal::site_key::load_or_create(data.keys()));
  CHECK_FALSE(fs::exists(data.keys() / "site.key.tmp"));
}

TEST_CASE("a key that cannot be written is an error, not a key in memory only", "[unit][keys]") {
  const data_directory data;
  const auto nowhere = journal::site_key::load_or_create(data.root / "absent" / "keys");
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().code == journal::errc::store_failed);
}

TEST_CASE("a node key keeps its bytes over moves and reloads", "[unit][keys]") {
  const data_directory data;
  auto made = journal::node_key::load_or_create(data.keys());
  REQUIRE(made);
  const std::string raw{made->raw()};
  journal::node_key moved = std::move(*made);
  CHECK(moved.raw() == raw);
  CHECK(made->raw() == std::string(32, '\0'));
  CHECK(journal::node_key::load(data.keys())->raw() == raw);
  CHECK(journal::node_key::load(data.keys())->id() == moved.id());
  CHECK(mode_of(data.keys() / "node.key") == 0600);
  CHECK(journal::node_key::from_raw("short").error().code == journal::errc::bad_encoding);
}
