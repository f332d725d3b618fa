-- Made from schema/tables/0001_points.sql by schema/cluster/generate.ts.
-- One row per point as it was logged. `ord` is the log position (offset * 65536 + block in the record): of several
-- points of one step the one with the highest `ord` was logged last. No partitions: an insert is atomic only within one.
CREATE TABLE IF NOT EXISTS points_local ON CLUSTER '{cluster}'
(
    run UInt64,
    metric UInt64,
    step Int64,
    time DateTime64(3, 'UTC'),
    value Float64,
    ord UInt64
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/points', '{replica}')
ORDER BY (run, metric, step, ord)
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS points ON CLUSTER '{cluster}' AS points_local
ENGINE = Distributed('{cluster}', currentDatabase(), points_local, run);
