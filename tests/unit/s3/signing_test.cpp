#include "adapters/s3/signing.hpp"

#include <catch2/catch.hpp>

#include "domain/core/time.hpp"

using namespace logline;

namespace {

core::timestamp time_of(const char* text) {
  return *core::parse_rfc3339(text);
}

std::string signature_of(const std::string& authorization) {
  return authorization.substr(authorization.find("Signature=") + 10);
}

const std::string no_bytes = core::sha256("").hex();

// Keys and answers as AWS publishes them, in its examples for S3 and in its test suite for Signature Version 4.
const s3::credentials s3_example{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};
const s3::credentials suite{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
const s3::scope suite_scope{"us-east-1", "service"};

}  // namespace

TEST_CASE("requests are signed as in AWS's examples for S3", "[ARC-03]") {
  const auto at = time_of("2013-05-24T00:00:00Z");
  s3::request r;
  r.method = "GET";
  r.path = "/";
  r.payload_sha256 = no_bytes;
  r.headers = {
      {"host", "examplebucket.s3.amazonaws.com"}, {"x-amz-content-sha256", no_bytes}, {"x-amz-date", s3::amz_date(at)}};

  SECTION("an object") {
    r.path = "/test.txt";
    r.headers["range"] = "bytes=0-9";
    CHECK(s3::authorization(r, s3_example, {}, at) ==
          "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
          "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
          "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  }
  SECTION("an upload, with characters that are encoded") {
    r.method = "PUT";
    r.path = '/' + s3::uri_encoded("test$file.text", true);
    r.payload_sha256 = core::sha256("Welcome to Amazon S3.").hex();
    r.headers["x-amz-content-sha256"] = r.payload_sha256;
    r.headers["date"] = "Fri, 24 May 2013 00:00:00 GMT";
    r.headers["x-amz-storage-class"] = "REDUCED_REDUNDANCY";
    CHECK(signature_of(s3::authorization(r, s3_example, {}, at)) ==
          "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
  }
  SECTION("a query without a value") {
    r.query = {{"lifecycle", ""}};
    CHECK(signature_of(s3::authorization(r, s3_example, {}, at)) ==
          "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  }
  SECTION("a list") {
    r.query = {{"prefix", "J"}, {"max-keys", "2"}};
    CHECK(signature_of(s3::authorization(r, s3_example, {}, at)) ==
          "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
  }
}

TEST_CASE("requests are signed as in AWS's test suite", "[ARC-03]") {
  const auto at = time_of("2015-08-30T12:36:00Z");
  s3::request r;
  r.method = "GET";
  r.path = "/";
  r.payload_sha256 = no_bytes;
  r.headers = {{"host", "example.amazonaws.com"}, {"x-amz-date", s3::amz_date(at)}};

  SECTION("get-vanilla") {
    CHECK(signature_of(s3::authorization(r, suite, suite_scope, at)) ==
          "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  }
  SECTION("get-vanilla-query-order-key-case") {
    r.query = {{"Param2", "value2"}, {"Param1", "value1"}};
    CHECK(signature_of(s3::authorization(r, suite, suite_scope, at)) ==
          "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
  }
  SECTION("get-header-value-trim") {
    r.headers["my-header1"] = " value1";
    r.headers["my-header2"] = " \"a   b   c\"";
    CHECK(signature_of(s3::authorization(r, suite, suite_scope, at)) ==
          "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
  }
  SECTION("post-vanilla") {
    r.method = "POST";
    CHECK(signature_of(s3::authorization(r, suite, suite_scope, at)) ==
          "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
  }
}

TEST_CASE("encoding keeps unreserved characters, and the slash where asked") {
  CHECK(s3::uri_encoded("a-Z_0.~/ä +", true) == "a-Z_0.~/%C3%A4%20%2B");
  CHECK(s3::uri_encoded("a/b", false) == "a%2Fb");
  CHECK(s3::query_text({{"b", "2"}, {"a", "x=y"}}) == "a=x%3Dy&b=2");
}
