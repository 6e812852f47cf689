target_link_libraries(${name} PRIVATE logline_s3 CURL::libcurl)
