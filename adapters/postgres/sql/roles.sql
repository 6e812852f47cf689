-- Roles belong to the server, not to a database: each is made once, where it is missing. None has a password: whoever
-- sets the server up gives one to those that log in (journal PGM-06).
DO $roles$
DECLARE
  wanted record;
BEGIN
  FOR wanted IN SELECT * FROM (VALUES
      ('logline_owner', 'NOLOGIN'),    -- owns the tables; migrations act as this role
      ('logline_mirror', 'LOGIN'),     -- the node
      ('logline_readonly', 'LOGIN'),   -- views, by row level security
      ('logline_auditor', 'LOGIN'),    -- reads every tenant
      ('logline_inbox', 'LOGIN'),      -- puts commands into the inbox, nothing else
      ('logline_repl', 'LOGIN REPLICATION')) AS r (name, attributes)
  LOOP
    CONTINUE WHEN EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = wanted.name);
    BEGIN
      EXECUTE format('CREATE ROLE %I %s', wanted.name, wanted.attributes);
    EXCEPTION
      -- Only a superuser may make a role for replication; nothing here depends on it.
      WHEN insufficient_privilege THEN
        IF wanted.name <> 'logline_repl' THEN RAISE; END IF;
    END;
  END LOOP;
  IF NOT pg_has_role('logline_owner', 'member') THEN
    EXECUTE format('GRANT logline_owner TO %I', current_user);
  END IF;
END
$roles$;
