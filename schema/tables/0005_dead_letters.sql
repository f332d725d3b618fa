-- Frames that were acknowledged but cannot be stored, with the reason, so that nothing acknowledged is lost.
-- `frame` holds the log's bytes of the frame, or of the whole record where it cannot be taken apart (`block` is then 0).
CREATE TABLE dead_letters
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
ENGINE = ReplacingMergeTree
ORDER BY (partition, offset, block)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1
