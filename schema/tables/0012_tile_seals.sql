-- A fact that stays true: tiles of `width` and of its multiples by 4, 16, …, as far as they lie within the steps `first` to `last`, hold every point
-- of these steps of log offset `version` or less. It comes after the tiles it speaks of.
CREATE TABLE tile_seals
(
    run UInt64,
    metric UInt64,
    first Int64,
    last Int64,
    width UInt64,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (run, metric, first)
SETTINGS index_granularity = 256, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1
