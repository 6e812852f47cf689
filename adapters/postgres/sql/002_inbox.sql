-- Commands by INSERT (journal PGM-10): a row put here reaches its entity through the node, like any other command; the
-- answer is a row of inbox_result. Neither is ever changed.

CREATE TABLE @schema@.inbox (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),  -- becomes the command's id: the same id is never done twice
  tenant text NOT NULL CHECK (octet_length(tenant) <= 256),
  target text NOT NULL CHECK (octet_length(target) <= 512),  -- type/key
  command text NOT NULL CHECK (octet_length(command) <= 256),
  payload jsonb NOT NULL DEFAULT '{}' CHECK (pg_column_size(payload) <= 1048576),
  at timestamptz NOT NULL,
  by_role name NOT NULL
);
CREATE INDEX inbox_at ON @schema@.inbox (at);

CREATE TABLE @schema@.inbox_result (
  id uuid PRIMARY KEY,
  accepted boolean NOT NULL,
  code text,
  message text,
  gseq bigint,
  eseq bigint,
  reply jsonb,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Who it was and when is not for the sender to say.
CREATE FUNCTION @schema@.stamp_inbox() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  NEW.at := clock_timestamp();
  NEW.by_role := session_user;
  RETURN NEW;
END
$body$;
CREATE TRIGGER stamp_inbox BEFORE INSERT ON @schema@.inbox FOR EACH ROW EXECUTE FUNCTION @schema@.stamp_inbox();

CREATE FUNCTION @schema@.tell_inbox() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  PERFORM pg_notify('app_inbox', '');
  RETURN NULL;
END
$body$;
CREATE TRIGGER tell_inbox AFTER INSERT ON @schema@.inbox FOR EACH STATEMENT EXECUTE FUNCTION @schema@.tell_inbox();
ALTER TABLE @schema@.inbox ENABLE ALWAYS TRIGGER stamp_inbox;

SELECT @schema@.make_immutable('@schema@', 'inbox');
SELECT @schema@.make_immutable('@schema@', 'inbox_result');
REVOKE ALL ON @schema@.inbox, @schema@.inbox_result FROM PUBLIC;
GRANT USAGE ON SCHEMA @schema@ TO logline_inbox;
GRANT INSERT (id, tenant, target, command, payload) ON @schema@.inbox TO logline_inbox;
GRANT SELECT ON @schema@.inbox, @schema@.inbox_result TO logline_mirror, logline_auditor;
GRANT INSERT ON @schema@.inbox_result TO logline_mirror;
