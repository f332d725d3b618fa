-- Made from schema/tables/0027_runs_merges.sql by schema/cluster/generate.ts.
-- A few rows come with each block of points that has new runs, and after every sixth insert the engine would write a small table anew, all of it:
-- a third of the time of all merges where 20 runs a second begin beside 2 M points/s. Now after every nineteenth or so.
ALTER TABLE runs_local ON CLUSTER '{cluster}'
    MODIFY SETTING merge_selector_base = 16;
