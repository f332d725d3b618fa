-- Made from schema/tables/0025_points_value.sql by schema/cluster/generate.ts.
-- No ALIAS takes its place: the engine works that out for every statement that reads the table, also where it is not asked for.
ALTER TABLE points_local ON CLUSTER '{cluster}'
    DROP COLUMN IF EXISTS value;

CREATE OR REPLACE TABLE points ON CLUSTER '{cluster}' AS points_local
ENGINE = Distributed('{cluster}', currentDatabase(), points_local, run);
