-- Made from schema/tables/0039_points_dense.sql by schema/cluster/generate.ts.
-- The engine counts the zeros of every column of a block, and of every merge, to write those that are nearly all zeros in a form of its own. Points have
-- no such column, or it is as small once compressed. Without the count an insert takes a tenth less (figures: `bench/RESULTS.md`).
ALTER TABLE points_local ON CLUSTER '{cluster}'
    MODIFY SETTING ratio_of_defaults_for_sparse_serialization = 1;
