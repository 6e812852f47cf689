#include <catch2/catch.hpp>

#include <type_traits>
#include <unordered_set>

#include "domain/core/address.hpp"
#include "domain/core/bytes.hpp"
#include "domain/core/context.hpp"
#include "domain/core/digest.hpp"
#include "domain/core/ids.hpp"
#include "domain/core/uuid.hpp"

using namespace logline;

TEST_CASE("ids of different meaning cannot be mixed up") {
  CHECK(core::next(core::gseq{41}) == core::gseq{42});
  CHECK_FALSE(std::is_convertible_v<core::gseq, core::eseq>);
  CHECK_FALSE(std::is_convertible_v<std::uint64_t, core::gseq>);
  CHECK_FALSE(std::is_assignable_v<core::gseq&, core::eseq>);
}

TEST_CASE("UUIDv7: the known answer of RFC 9562 appendix A.6", "[ENG-02]") {
  // 2022-02-22T14:22:22-05:00 = 0x017F22E279B0 ms, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F
  CHECK(core::make_uuid7(0x017F22E279B0, 0xCC3, 0x18C4DC0C0C07398F).text() == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
}

TEST_CASE("UUIDv7 sorts by time and carries version and variant whatever the draws", "[ENG-02]") {
  CHECK(core::make_uuid7(1, ~0ull, ~0ull) < core::make_uuid7(2, 0, 0));
  CHECK(core::make_uuid7(0, ~0ull, ~0ull).text() == "00000000-0000-7fff-bfff-ffffffffffff");
  CHECK(core::make_uuid7(0, 0, 0).text() == "00000000-0000-7000-8000-000000000000");
}

TEST_CASE("ids ascend in the order in which they are made, and with engine time", "[ENG-02]") {
  core::context ctx;
  ctx.now = {1'767'225'600'000'000};
  ctx.draws = core::draw_source{7};
  core::uuid last;
  for (int i = 0; i < 10'000; ++i) {
    const auto id = ctx.new_id();
    REQUIRE(last < id);
    REQUIRE((id.octets[6] >> 4) == 7);
    REQUIRE((id.octets[8] >> 6) == 2);
    last = id;
  }
  for (const std::int64_t later : {1, 2, 500, 999, 1'000, 1'001}) {
    core::context next;
    next.now = {1'767'225'600'000'000 + later};
    next.draws = core::draw_source{8};
    const auto id = next.new_id();
    CHECK(last < id);
    last = id;
  }
}

TEST_CASE("UUIDv5: the known answer of RFC 9562 appendix A.4") {
  const auto dns = core::parse_uuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  REQUIRE(dns);
  CHECK(core::make_uuid5(*dns, "www.example.com").text() == "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

TEST_CASE("texts that are no UUID") {
  const auto text = GENERATE("", "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
                             "017f22e279b07cc398c4dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
                             "{017f22e2-79b0-7cc3-98c4-dc0c0c07398}", "017f22e2-79b0-7cc398c4-dc0c-0c07398f",
                             "0-7f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  CAPTURE(text);
  CHECK_FALSE(core::parse_uuid(text));
}

TEST_CASE("an address is made of a tenant, a type and a key") {
  const auto a = core::parse_address("acme/task_queue/email/br");
  REQUIRE(a);
  CHECK(*a == core::address{"acme", "task_queue", "email/br"});
  CHECK(a->text() == "acme/task_queue/email/br");
  CHECK(core::parse_address("system/tenant/acme"));
  CHECK(core::parse_address("0.a-b_c/t/LLID-0:x@y~z+1.2"));
  CHECK(core::parse_address("t/y/" + std::string(128, 'k')));
  CHECK(core::parse_address(std::string(64, 't') + '/' + std::string(64, 'y') + "/k"));
}

TEST_CASE("texts that are no address") {
  const std::string text = GENERATE(
      as<std::string>{}, "", "acme", "acme/task_queue", "acme/task_queue/", "/t/k", "a//k", "Acme/t/k", "acme/T/k",
      "_a/t/k", "a/.t/k", "a/t/k k", "a/t/k//l", "a/t//k", "a/t/k/", "a/t/.", "a/t/..", "a/t/x/../y", "a/t/...",
      "a/t/k%20", "a/t/k?x", "a/t/k#x", "a/t/\xc3\xa7", "a b/t/k", std::string("a/t/k\0", 6),
      "a/t/" + std::string(129, 'k'), std::string(65, 'a') + "/t/k", "a/" + std::string(65, 't') + "/k");
  CAPTURE(text);
  const auto a = core::parse_address(text);
  REQUIRE_FALSE(a);
  CHECK(a.error().code == "INVALID_INPUT");
}

TEST_CASE("an address that is refused says which part") {
  CHECK(core::make_address("A", "t", "k").error().details.at(0).path == "/tenant");
  CHECK(core::make_address("a", "T", "k").error().details.at(0).path == "/type");
  CHECK(core::make_address("a", "t", "").error().details.at(0).path == "/key");
}

TEST_CASE("addresses hash by all of their parts") {
  const std::unordered_set<core::address> all{{"a", "b", "c"}, {"b", "a", "c"}, {"a", "c", "b"}, {"a", "b", "c"}};
  CHECK(all.size() == 3);
}

TEST_CASE("base64: the vectors of RFC 4648 section 10") {
  const auto [raw, text] = GENERATE(table<std::string, std::string>({{"", ""},
                                                                     {"f", "Zg=="},
                                                                     {"fo", "Zm8="},
                                                                     {"foo", "Zm9v"},
                                                                     {"foob", "Zm9vYg=="},
                                                                     {"fooba", "Zm9vYmE="},
                                                                     {"foobar", "Zm9vYmFy"}}));
  CHECK(core::to_base64(raw) == text);
  CHECK(*core::from_base64(text) == raw);
}

TEST_CASE("texts that are no base64") {
  const auto text = GENERATE("A", "AA", "AAA", "A===", "====", "AA=A", "=AAA", "AA A", "AAA\n", " AAA", "AA-_",
                             "AAAA=", "\xc3\xa7Z=");
  CAPTURE(text);
  CHECK_FALSE(core::from_base64(text));
}

TEST_CASE("hex") {
  CHECK(core::to_hex(std::string_view{"\0\x7f\xff", 3}) == "007fff");
  CHECK(*core::from_hex("007FfF") == std::string_view{"\0\x7f\xff", 3});
  for (const char* text : {"0", "0g", "0x", " 0", "00 "})
    CHECK_FALSE(core::from_hex(text));
}

TEST_CASE("digests: known answers of FIPS 180-4 and RFC 4231") {
  CHECK(core::sha256("abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(core::sha256("").hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(core::sha256({"a", "", "bc"}) == core::sha256("abc"));
  CHECK(core::hmac_sha256("Jefe", "what do ya want for nothing?").hex() ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(core::hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First").hex() ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("comparison in constant time is comparison") {
  CHECK(core::equal_in_constant_time("same", "same"));
  CHECK_FALSE(core::equal_in_constant_time("same", "sama"));
  CHECK_FALSE(core::equal_in_constant_time("same", "sam"));
  CHECK(core::equal_in_constant_time("", ""));
}

TEST_CASE("draws follow from the seed alone: SplitMix64's known answers", "[ENG-01]") {
  core::draw_source draws{1234567};
  CHECK(draws.next() == 6457827717110365317u);
  CHECK(draws.next() == 3203168211198807973u);
  core::context one;
  one.draws = core::draw_source{7};
  core::context other = one;
  CHECK(one.new_id() == other.new_id());
  CHECK(one.new_id() != core::context{}.new_id());
}
