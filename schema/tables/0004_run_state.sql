-- One row per run: totals, and the sequence numbers seen of each writer, up to log position `version`. Flushed with `series`.
CREATE TABLE run_state
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
ENGINE = ReplacingMergeTree(version)
ORDER BY (project, run)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1
