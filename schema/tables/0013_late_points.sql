-- Points whose step is not above the highest of their series, by ranges of steps, as far as a tile may hold such steps: tiles that meet a range
-- hold it only if their seal's version is not below the range's. A row comes before the points it speaks of. Rows of one epoch and zone may
-- become one that says more than they do: that makes questions slower, never wrong.
CREATE TABLE late_points
(
    run UInt64,
    metric UInt64,
    epoch UInt64,
    zone Int64,
    first SimpleAggregateFunction(min, Int64),
    last SimpleAggregateFunction(max, Int64),
    version SimpleAggregateFunction(max, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY (run, metric, epoch, zone)
SETTINGS index_granularity = 256, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1
