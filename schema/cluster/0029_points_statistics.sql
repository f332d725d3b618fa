-- Made from schema/tables/0029_points_statistics.sql by schema/cluster/generate.ts.
-- The engine counts distinct values of every column at every insert and merge, 0.03 CPU s per 1 M points of an insert; no question of ours goes by that.
ALTER TABLE points_local ON CLUSTER '{cluster}'
    MODIFY SETTING auto_statistics_types = '';
