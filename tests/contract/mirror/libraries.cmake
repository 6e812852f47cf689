target_link_libraries(${name} PRIVATE logline_ndjson logline_postgres)
