-- One row per point as it was logged. `ord` is the log position (offset * 65536 + block in the record): of several
-- points of one step the one with the highest `ord` was logged last. No partitions: an insert is atomic only within one.
CREATE TABLE points
(
    run UInt64,
    metric UInt64,
    step Int64,
    time DateTime64(3, 'UTC'),
    value Float64,
    ord UInt64
)
ENGINE = MergeTree
ORDER BY (run, metric, step, ord)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1
