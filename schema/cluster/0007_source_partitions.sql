-- Made from schema/tables/0007_source_partitions.sql by schema/cluster/generate.ts.
-- Partitions of the log that were stored here: a row comes before a partition's first points. One that is here though the log has
-- no commit of it has lost its commits, and the sink refuses to store it a second time.
CREATE TABLE IF NOT EXISTS source_partitions_local ON CLUSTER '{cluster}'
(
    log String,
    partition UInt32,
    since DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/source_partitions', '{replica}')
ORDER BY (log, partition)
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS source_partitions ON CLUSTER '{cluster}' AS source_partitions_local
ENGINE = Distributed('{cluster}', currentDatabase(), source_partitions_local, cityHash64(log));
