target_link_libraries(${name} PRIVATE logline_cli logline_http)
