-- Made from schema/tables/0005_dead_letters.sql by schema/cluster/generate.ts.
-- Frames that were acknowledged but cannot be stored, with the reason, so that nothing acknowledged is lost.
-- `frame` holds the log's bytes of the frame, or of the whole record where it cannot be taken apart (`block` is then 0).
CREATE TABLE IF NOT EXISTS dead_letters_local ON CLUSTER '{cluster}'
(
    partition UInt32,
    offset UInt64,
    block UInt32,
    project String,
    run String,
    reason LowCardinality(String),
    detail String,
    frame String,
    received DateTime64(3, 'UTC')
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/dead_letters', '{replica}')
ORDER BY (partition, offset, block)
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS dead_letters ON CLUSTER '{cluster}' AS dead_letters_local
ENGINE = Distributed('{cluster}', currentDatabase(), dead_letters_local, partition);
