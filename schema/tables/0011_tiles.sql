-- What is to be known of the steps `start` to `start + width - 1` of a long series without reading its points. `width` is a power of two and
-- `start` a multiple of it; `places` and `figures` are laid out in schema/tiles.ts. A tile is of the points that stand: of several points
-- of one step the one logged last. It holds every such point of log offset `version` or less. Times are the earliest and the latest of them.
CREATE TABLE tiles
(
    run UInt64,
    metric UInt64,
    width UInt64,
    start Int64,
    places Array(Int64) CODEC(ZSTD(1)),
    figures Array(Float64) CODEC(ZSTD(1)),
    sum Float64 CODEC(ZSTD(1)),
    first_time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    last_time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    version UInt64 CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (run, metric, width, start)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1
