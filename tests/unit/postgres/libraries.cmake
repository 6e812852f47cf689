target_link_libraries(${name} PRIVATE logline_postgres)
