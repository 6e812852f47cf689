target_link_libraries(${name} PRIVATE RocksDB::rocksdb-shared)
