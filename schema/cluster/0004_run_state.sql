-- Made from schema/tables/0004_run_state.sql by schema/cluster/generate.ts.
-- One row per run: totals, and the sequence numbers seen of each writer, up to log position `version`. Flushed with `series`.
CREATE TABLE IF NOT EXISTS run_state_local ON CLUSTER '{cluster}'
(
    project String,
    run String,
    run_key UInt64,
    points UInt64,
    frames UInt64,
    duplicate_frames UInt64,
    metrics UInt32,
    last_received DateTime64(3, 'UTC'),
    writers String,
    version UInt64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/run_state', '{replica}', version)
ORDER BY (project, run)
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS run_state ON CLUSTER '{cluster}' AS run_state_local
ENGINE = Distributed('{cluster}', currentDatabase(), run_state_local, run_key);
