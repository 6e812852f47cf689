-- Keeps tables and triggers from being dropped or switched off by mistake (journal PGM-04). Only a superuser can make
-- event triggers; what is changed on purpose says so: SET ledger.migrating = 'on'.
CREATE SCHEMA IF NOT EXISTS ledger_guard;

CREATE OR REPLACE FUNCTION ledger_guard.on_drop() RETURNS event_trigger LANGUAGE plpgsql AS $body$
DECLARE
  gone record;
BEGIN
  IF current_setting('ledger.migrating', true) = 'on' THEN RETURN; END IF;
  FOR gone IN SELECT * FROM pg_event_trigger_dropped_objects() LOOP
    IF gone.schema_name = 'ledger' OR (gone.object_type = 'schema' AND gone.object_name = 'ledger')
       OR (gone.object_type IN ('trigger', 'policy') AND gone.address_names[1] = 'ledger') THEN
      RAISE EXCEPTION 'immutable schema: % % is not dropped outside a migration', gone.object_type, gone.object_identity
        USING ERRCODE = 'LL004';
    END IF;
  END LOOP;
END
$body$;

CREATE OR REPLACE FUNCTION ledger_guard.on_alter() RETURNS event_trigger LANGUAGE plpgsql AS $body$
DECLARE
  open_table text;
BEGIN
  IF current_setting('ledger.migrating', true) = 'on' THEN RETURN; END IF;
  SELECT c.oid::regclass::text INTO open_table
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_trigger t ON t.tgrelid = c.oid
    WHERE n.nspname = 'ledger' AND t.tgname IN ('immutable_rows', 'immutable_table', 'check_commit')
      AND t.tgenabled <> 'A' LIMIT 1;
  IF open_table IS NOT NULL THEN
    RAISE EXCEPTION 'immutable table: the triggers of % are not switched off outside a migration', open_table
      USING ERRCODE = 'LL004';
  END IF;
  SELECT c.oid::regclass::text INTO open_table FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'ledger' AND c.relname = 'journal_event' AND NOT (c.relrowsecurity AND c.relforcerowsecurity);
  IF open_table IS NOT NULL THEN
    RAISE EXCEPTION 'immutable table: row level security of % is not switched off outside a migration', open_table
      USING ERRCODE = 'LL004';
  END IF;
END
$body$;

DROP EVENT TRIGGER IF EXISTS ledger_guard_drop;
CREATE EVENT TRIGGER ledger_guard_drop ON sql_drop EXECUTE FUNCTION ledger_guard.on_drop();
DROP EVENT TRIGGER IF EXISTS ledger_guard_alter;
CREATE EVENT TRIGGER ledger_guard_alter ON ddl_command_end
  WHEN TAG IN ('ALTER TABLE', 'ALTER TRIGGER') EXECUTE FUNCTION ledger_guard.on_alter();
ALTER EVENT TRIGGER ledger_guard_drop ENABLE ALWAYS;
ALTER EVENT TRIGGER ledger_guard_alter ENABLE ALWAYS;
