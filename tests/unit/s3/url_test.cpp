#include <catch2/catch.hpp>

#include "adapters/s3/answer.hpp"
#include "adapters/s3/store.hpp"

using namespace logline;
using journal::errc;

TEST_CASE("a url names endpoint, bucket, prefix and region") {
  s3::options o;
  REQUIRE(s3::parse_url("https://s3.example:9000/bucket/deep/er/?region=eu-central-1&ca=/etc/own.pem", o));
  CHECK(o.endpoint == "https://s3.example:9000");
  CHECK(o.bucket == "bucket");
  CHECK(o.prefix == "deep/er");
  CHECK(o.where.region == "eu-central-1");
  CHECK(o.ca_file == "/etc/own.pem");
  s3::options plain;
  REQUIRE(s3::parse_url("http://127.0.0.1:9000/b", plain));
  CHECK(plain.prefix.empty());
  REQUIRE(s3::parse_url("http://[::1]:9000/b", plain));
}

TEST_CASE("a url that would send objects in clear, or names nothing, is refused") {
  for (const auto* url :
       {"http://s3.example/bucket", "http://127.0.0.1:80@evil/b", "http://127.0.0.1.evil/b", "ftp://h/b", "https://h",
        "https:///b", "https://h/", "https://h/../b", "https://h/b//c", "https://h/b?x=1"}) {
    CAPTURE(url);
    s3::options o;
    const auto parsed = s3::parse_url(url, o);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == errc::bad_encoding);
  }
}

TEST_CASE("a page of a list is read, and what is none is refused") {
  const auto page = s3::parse_listing(
      R"(<?xml version="1.0"?><ListBucketResult xmlns="x"><IsTruncated>true</IsTruncated><Contents><Key>a&amp;b</Key>)"
      R"(<Size>17</Size></Contents><NextContinuationToken>t&lt;</NextContinuationToken></ListBucketResult>)");
  REQUIRE(page);
  CHECK(page->objects == std::vector<journal::object_info>{{"a&b", 17}});
  CHECK(page->next == "t<");
  for (const auto* xml : {"", "<html>", "<ListBucketResult>", "<ListBucketResult></ListBucketResult",
                          "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>",
                          "<ListBucketResult><Contents><Key>a</Key><Size>x</Size></Contents></ListBucketResult>",
                          "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"}) {
    CAPTURE(xml);
    CHECK_FALSE(s3::parse_listing(xml));
  }
}
