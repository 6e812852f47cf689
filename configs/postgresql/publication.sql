-- For consumers of logical decoding (CDC to Kafka, Parquet, another database): every event, as one table. By a superuser.
CREATE PUBLICATION logline FOR TABLE ledger.journal_event, ledger.mirror_commit
  WITH (publish = 'insert', publish_via_partition_root = true);
GRANT SELECT ON ledger.journal_event, ledger.mirror_commit TO logline_repl;
