-- Partitions of the log that were stored here: a row comes before a partition's first points. One that is here though the log has
-- no commit of it has lost its commits, and the sink refuses to store it a second time.
CREATE TABLE source_partitions
(
    log String,
    partition UInt32,
    since DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree
ORDER BY (log, partition)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1
