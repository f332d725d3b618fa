-- Made from schema/tables/0002_runs.sql by schema/cluster/generate.ts.
-- One row per run: what its updates said, last write wins by log order. Written at once when a run appears or changes.
-- `params` is the whole map as JSON, types kept; `params_number` repeats the numeric ones (booleans as 0 and 1), `params_text`
-- all of them as text, for filters. `version` is the log position of the last change.
CREATE TABLE IF NOT EXISTS runs_local ON CLUSTER '{cluster}'
(
    project String,
    run String,
    key UInt64,
    name String,
    state LowCardinality(String),
    created DateTime64(3, 'UTC'),
    updated DateTime64(3, 'UTC'),
    params String,
    params_text Map(String, String),
    params_number Map(String, Float64),
    tags Map(String, String),
    version UInt64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/runs', '{replica}', version)
ORDER BY (project, run)
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS runs ON CLUSTER '{cluster}' AS runs_local
ENGINE = Distributed('{cluster}', currentDatabase(), runs_local, key);
