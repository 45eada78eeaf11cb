"""A used database of PostgreSQL, made as new in a few milliseconds, or found to be beyond that.

Making one anew costs a tenth of a second of processor, and thousands of tests ask for one. Only rows are taken
back: an event trigger remembers that somebody changed the schema, and such a database is not used again. Nor is one
that held many rows, or served many tests: what they leave behind (dead rows, statistics) would change plans.
"""

import psycopg

MOST_ROWS = 2_000
MOST_TESTS = 50

_PREPARE = """
CREATE SCHEMA emptying;
CREATE TABLE emptying.used (tests INTEGER NOT NULL, is_changed BOOLEAN NOT NULL);
INSERT INTO emptying.used VALUES (0, false);
CREATE FUNCTION emptying.remember() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    UPDATE emptying.used SET is_changed = true;
END $$;
CREATE FUNCTION emptying.empty() RETURNS INTEGER LANGUAGE plpgsql SET session_replication_role = replica AS $$
DECLARE
    one TEXT;
    of_one INTEGER;
    of_all INTEGER := 0;
BEGIN
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM %I', one);
        GET DIAGNOSTICS of_one = ROW_COUNT;
        of_all := of_all + of_one;
    END LOOP;
    PERFORM setval(oid, 1, false) FROM pg_class WHERE relkind = 'S';
    RETURN of_all;
END $$;
CREATE EVENT TRIGGER changed ON ddl_command_end EXECUTE FUNCTION emptying.remember();
"""
_ALONE = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_USED = "UPDATE emptying.used SET tests = tests + 1 RETURNING is_changed OR tests > %s"

Connection = psycopg.Connection[tuple[object, ...]]


def prepare(conn: Connection) -> None:
    """From here on, this database and its copies remember what was done to them."""
    conn.execute(_PREPARE)


def emptied(conn: Connection) -> bool:
    """Whether the database is as new, with nobody connected but us; else it is to be dropped."""
    conn.execute(_ALONE)
    if conn.execute(_USED, [MOST_TESTS]).fetchall() != [(False,)]:
        return False
    [(rows,)] = conn.execute("SELECT emptying.empty()").fetchall()
    return int(str(rows)) <= MOST_ROWS
