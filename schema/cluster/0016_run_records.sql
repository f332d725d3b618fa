-- Made from schema/tables/0016_run_records.sql by schema/cluster/generate.ts.
-- One row per run, by key, in small granules: what a page shows of a run as one JSON list (id, name, state, created and updated in ms, params,
-- tags), so that fifty runs from anywhere are read in a few ms. Filled from `runs`; who finds a row missing or old here asks there.
CREATE TABLE IF NOT EXISTS run_records_local ON CLUSTER '{cluster}'
(
    key UInt64,
    record String,
    version UInt64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/run_records', '{replica}', version)
ORDER BY key
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, index_granularity = 64, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS run_records ON CLUSTER '{cluster}' AS run_records_local
ENGINE = Distributed('{cluster}', currentDatabase(), run_records_local, key);
