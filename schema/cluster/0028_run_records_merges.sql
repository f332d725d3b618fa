-- Made from schema/tables/0028_run_records_merges.sql by schema/cluster/generate.ts.
-- Filled by the same inserts as `runs`.
ALTER TABLE run_records_local ON CLUSTER '{cluster}'
    MODIFY SETTING merge_selector_base = 16;
