-- The copy of the log: tables, order, immutability, row level security. @schema@ is "ledger" unless said otherwise.

CREATE TABLE @schema@.migration_history (
  version integer PRIMARY KEY,
  name text NOT NULL,
  checksum text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Every record (journal §1). `record` holds its canonical bytes, from which a node is made anew; everything else is for
-- reading, and compared with the bytes by "logline mirror verify".
CREATE TABLE @schema@.journal_event (
  gseq bigint NOT NULL,
  eseq bigint NOT NULL,
  at timestamptz NOT NULL,
  decided_at timestamptz NOT NULL,
  epoch bigint NOT NULL,
  generation bigint NOT NULL,
  wake_at_us bigint,
  dot_n bigint,
  lamport bigint,
  partition integer NOT NULL,
  schema integer NOT NULL,
  visibility smallint NOT NULL,
  event_id uuid NOT NULL,
  command_id uuid NOT NULL,
  correlation_id uuid NOT NULL,
  causation_id uuid,
  tenant text NOT NULL,
  etype text NOT NULL,
  ekey text NOT NULL,
  name text NOT NULL,
  site text NOT NULL,
  actor text NOT NULL,
  owner text,
  trace_id text,
  idempotency_key text,
  idempotency_request bytea,
  idempotency_reply bytea,
  stream text,
  dot_site text,
  vc jsonb,
  sealed jsonb,
  payload jsonb NOT NULL,
  record bytea NOT NULL,
  prev_hash bytea NOT NULL,
  hash bytea NOT NULL
) PARTITION BY RANGE (at);

CREATE INDEX journal_event_gseq ON @schema@.journal_event (gseq);
CREATE INDEX journal_event_entity ON @schema@.journal_event (tenant, etype, ekey, eseq);
CREATE INDEX journal_event_type ON @schema@.journal_event (tenant, etype, at);
CREATE INDEX journal_event_stream ON @schema@.journal_event (stream, lamport) WHERE stream IS NOT NULL;
-- Rows lie in the order of their commit time: a summary of block ranges finds them as well as a tree would.
CREATE INDEX journal_event_at ON @schema@.journal_event USING brin (at) WITH (pages_per_range = 32, autosummarize = on);

-- One row for each transaction of the mirror (PGM-02).
CREATE TABLE @schema@.mirror_commit (
  partition integer NOT NULL,
  last_gseq bigint NOT NULL,
  first_gseq bigint NOT NULL,
  count bigint NOT NULL,
  epoch bigint NOT NULL,
  site text NOT NULL,
  filter text NOT NULL DEFAULT 'all',
  chain_hash bytea NOT NULL,
  committed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (partition, last_gseq),
  CHECK (first_gseq > 0 AND last_gseq >= first_gseq AND octet_length(chain_hash) = 32)
);

-- One writer at a time, each transaction right behind the one before it: this is what keeps every record here once.
CREATE FUNCTION @schema@.check_commit() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
  before record;
BEGIN
  PERFORM pg_advisory_xact_lock(TG_RELID::integer, NEW.partition);
  EXECUTE format('SELECT site, epoch, last_gseq FROM %I.mirror_commit WHERE partition = $1
                  ORDER BY last_gseq DESC LIMIT 1', TG_TABLE_SCHEMA)
    INTO before USING NEW.partition;
  IF before.site <> NEW.site THEN
    RAISE EXCEPTION 'MIRROR_FOREIGN: this is the mirror of site %', before.site USING ERRCODE = 'LL002';
  END IF;
  IF before.epoch > NEW.epoch THEN
    RAISE EXCEPTION 'MIRROR_FENCED: epoch % has written, epoch % is over', before.epoch, NEW.epoch
      USING ERRCODE = 'LL003';
  END IF;
  IF NEW.first_gseq <> coalesce(before.last_gseq, 0) + 1 THEN
    RAISE EXCEPTION 'MIRROR_FENCED: gseq % follows %: another writer was here', NEW.first_gseq,
      coalesce(before.last_gseq, 0) USING ERRCODE = 'LL001';
  END IF;
  IF NEW.filter = 'all' AND NEW.count <> NEW.last_gseq - NEW.first_gseq + 1 THEN
    RAISE EXCEPTION 'MIRROR_GAP: % records cannot fill gseq % to %', NEW.count, NEW.first_gseq, NEW.last_gseq
      USING ERRCODE = 'LL001';
  END IF;
  RETURN NEW;
END
$body$;
CREATE TRIGGER check_commit BEFORE INSERT ON @schema@.mirror_commit
  FOR EACH ROW EXECUTE FUNCTION @schema@.check_commit();
ALTER TABLE @schema@.mirror_commit ENABLE ALWAYS TRIGGER check_commit;

-- Immutability (PGM-04). A partition's triggers are its own: a TRUNCATE of it fires no other, and those that a parent
-- hands down go when it is detached.
CREATE FUNCTION @schema@.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  RAISE EXCEPTION 'immutable table: % of %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
    USING ERRCODE = 'LL004';
END
$body$;

CREATE FUNCTION @schema@.make_immutable(of_schema name, of_table name) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
  EXECUTE format('CREATE TRIGGER immutable_rows BEFORE UPDATE OR DELETE ON %1$I.%2$I
                  FOR EACH ROW EXECUTE FUNCTION %1$I.refuse_change()', of_schema, of_table);
  EXECUTE format('CREATE TRIGGER immutable_table BEFORE TRUNCATE ON %1$I.%2$I
                  FOR EACH STATEMENT EXECUTE FUNCTION %1$I.refuse_change()', of_schema, of_table);
  EXECUTE format('ALTER TABLE %1$I.%2$I ENABLE ALWAYS TRIGGER immutable_rows', of_schema, of_table);
  EXECUTE format('ALTER TABLE %1$I.%2$I ENABLE ALWAYS TRIGGER immutable_table', of_schema, of_table);
END
$body$;
REVOKE ALL ON FUNCTION @schema@.make_immutable FROM PUBLIC;

SELECT @schema@.make_immutable('@schema@', 'migration_history');
SELECT @schema@.make_immutable('@schema@', 'mirror_commit');
CREATE TRIGGER immutable_table BEFORE TRUNCATE ON @schema@.journal_event
  FOR EACH STATEMENT EXECUTE FUNCTION @schema@.refuse_change();
ALTER TABLE @schema@.journal_event ENABLE ALWAYS TRIGGER immutable_table;

-- Makes the months from `of_time` to three months behind the later of `through` and now, where they are missing (PGM-07),
-- and answers how many it made. Attached, and not created as a part: so that readers of the parent need not wait.
CREATE FUNCTION @schema@.make_partitions(of_schema name, of_time timestamptz, through timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  month timestamp := date_trunc('month', of_time AT TIME ZONE 'UTC');
  last_month timestamp := date_trunc('month', greatest(through, now()) AT TIME ZONE 'UTC') + interval '3 months';
  part name;
  made integer := 0;
  migrating text := coalesce(current_setting('ledger.migrating', true), '');
BEGIN
  PERFORM set_config('ledger.migrating', 'on', true);
  WHILE month <= last_month LOOP
    part := 'journal_event_' || to_char(month, '"y"YYYY"m"MM');
    IF to_regclass(format('%I.%I', of_schema, part)) IS NULL THEN
      EXECUTE format('CREATE TABLE %1$I.%2$I (LIKE %1$I.journal_event INCLUDING STORAGE)', of_schema, part);
      EXECUTE format('SELECT %1$I.make_immutable(%1$L, %2$L)', of_schema, part);
      EXECUTE format('GRANT INSERT ON %1$I.%2$I TO logline_mirror', of_schema, part);
      EXECUTE format('ALTER TABLE %1$I.journal_event ATTACH PARTITION %1$I.%2$I FOR VALUES FROM (%3$L) TO (%4$L)',
                     of_schema, part, month || '+00', (month + interval '1 month') || '+00');
      made := made + 1;
    END IF;
    month := month + interval '1 month';
  END LOOP;
  PERFORM set_config('ledger.migrating', migrating, true);
  RETURN made;
END
$body$;
REVOKE ALL ON FUNCTION @schema@.make_partitions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION @schema@.make_partitions TO logline_mirror;

-- Row level security (PGM-05), forced: also where a view reads with its owner's rights. What asks for no user and no
-- tenant sees nothing.
CREATE FUNCTION @schema@.sees_everything() RETURNS boolean LANGUAGE sql STABLE AS $body$
  SELECT pg_catalog.pg_has_role(current_user, 'logline_auditor', 'usage')
      OR pg_catalog.pg_has_role(current_user, 'logline_mirror', 'usage')
$body$;
ALTER TABLE @schema@.journal_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.journal_event FORCE ROW LEVEL SECURITY;
CREATE POLICY visible ON @schema@.journal_event FOR SELECT USING (
  owner = (SELECT nullif(current_setting('app.user_id', true), ''))
  OR (tenant = (SELECT nullif(current_setting('app.tenant_id', true), '')) AND visibility IN (1, 2))
  OR (visibility = 2 AND (SELECT coalesce(nullif(current_setting('app.user_id', true), ''),
                                          nullif(current_setting('app.tenant_id', true), '')) IS NOT NULL))
  OR (SELECT @schema@.sees_everything()));
CREATE POLICY own ON @schema@.journal_event FOR INSERT WITH CHECK (
  (owner = (SELECT nullif(current_setting('app.user_id', true), ''))
   AND tenant = (SELECT nullif(current_setting('app.tenant_id', true), '')))
  OR (SELECT pg_has_role(current_user, 'logline_mirror', 'usage')));

-- Views (PGM-01): what people and reports read.
CREATE VIEW @schema@.visible_timeline WITH (security_barrier) AS
  SELECT gseq, at, tenant, etype, ekey, eseq, name, actor, owner, visibility, stream, lamport, dot_site, dot_n, vc,
         event_id, command_id, correlation_id, causation_id, trace_id, site, payload
  FROM @schema@.journal_event;
CREATE VIEW @schema@.timeline_event WITH (security_barrier) AS
  SELECT gseq, at, tenant, stream, ekey AS key, eseq, name, lamport, dot_site, dot_n, vc, actor, owner, visibility,
         event_id, payload
  FROM @schema@.journal_event WHERE stream IS NOT NULL;

-- A value of a payload as a column's type; nothing where it is not of that type (sealed, or of an older shape). Integers
-- beyond 2^53 stand as text, binary as {"$b64": …}, times as microseconds.
CREATE FUNCTION @schema@.as_number(v jsonb) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT CASE WHEN jsonb_typeof(v) = 'number' OR (jsonb_typeof(v) = 'string' AND v #>> '{}' ~ '^-?[0-9]{1,20}$')
              THEN (v #>> '{}')::numeric END
$body$;
CREATE FUNCTION @schema@.as_boolean(v jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT CASE WHEN jsonb_typeof(v) = 'boolean' THEN (v #>> '{}')::boolean END
$body$;
CREATE FUNCTION @schema@.as_text(v jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT CASE WHEN jsonb_typeof(v) = 'string' THEN v #>> '{}' END
$body$;
CREATE FUNCTION @schema@.as_bytes(v jsonb) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT CASE WHEN jsonb_typeof(v) = 'object' AND v ? '$b64' THEN decode(v ->> '$b64', 'base64') END
$body$;
-- These two name others of the schema: parsed now, and not by name when they run, they outlive its renaming (MIR-06).
CREATE FUNCTION @schema@.as_time(v jsonb) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN @schema@.as_number(v) BETWEEN -62135596800000000 AND 253402300799999999
              THEN timestamptz 'epoch' + @schema@.as_number(v) * interval '1 microsecond' END;
CREATE FUNCTION @schema@.as_uuid(v jsonb) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN octet_length(@schema@.as_bytes(v)) = 16 THEN encode(@schema@.as_bytes(v), 'hex')::uuid END;

-- The hash chain over rows in order (journal §1): the hash behind the last of them, from the one before the first.
CREATE FUNCTION @schema@.chain_step(state bytea, before bytea, record bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT sha256(coalesce(state, before) || sha256('\x00'::bytea || record))
$body$;
CREATE AGGREGATE @schema@.chain(bytea, bytea) (SFUNC = @schema@.chain_step, STYPE = bytea);

REVOKE ALL ON ALL TABLES IN SCHEMA @schema@ FROM PUBLIC;
GRANT USAGE ON SCHEMA @schema@ TO logline_mirror, logline_readonly, logline_auditor;
GRANT SELECT ON ALL TABLES IN SCHEMA @schema@ TO logline_mirror, logline_auditor;
GRANT INSERT ON @schema@.journal_event, @schema@.mirror_commit TO logline_mirror;
GRANT SELECT ON @schema@.visible_timeline, @schema@.timeline_event TO logline_readonly;
