#pragma once

#include <map>
#include <string>
#include <string_view>

#include "domain/core/digest.hpp"
#include "domain/core/time.hpp"

namespace logline::s3 {

/// Who signs. The session token is empty for keys that do not expire.
struct credentials {
  std::string key_id;
  std::string secret;
  std::string session_token;
};

/// Where signatures hold.
struct scope {
  std::string region = "us-east-1";
  std::string service = "s3";
};

/// What is signed of a request.
struct request {
  std::string method;
  std::string path;                            ///< percent-encoded once; begins with /
  std::map<std::string, std::string> query;    ///< names and values not encoded
  std::map<std::string, std::string> headers;  ///< names in lower case; all of them are signed
  std::string payload_sha256;                  ///< lower-case hex
};

/// RFC 3986 unreserved characters stay; '/' too where asked. AWS Signature Version 4, "UriEncode".
std::string uri_encoded(std::string_view text, bool keep_slash);
/// name=value&… of the query, encoded and in the order of the names.
std::string query_text(const std::map<std::string, std::string>& query);

/// "20130524T000000Z", the value of x-amz-date.
std::string amz_date(core::timestamp at);

/// The Authorization header's value (AWS Signature Version 4, header-based). `at` is also what x-amz-date must say.
/// Pure.
std::string authorization(const request& r, const credentials& who, const scope& where, core::timestamp at);

}  // namespace logline::s3
