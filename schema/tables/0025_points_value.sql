-- No ALIAS takes its place: the engine works that out for every statement that reads the table, also where it is not asked for.
ALTER TABLE points
    DROP COLUMN IF EXISTS value
