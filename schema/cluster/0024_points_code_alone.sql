-- Made from schema/tables/0024_points_code_alone.sql by schema/cluster/generate.ts.
-- Every row has a code of its own now.
ALTER TABLE points_local ON CLUSTER '{cluster}'
    MODIFY COLUMN code UInt64 DEFAULT 0;
