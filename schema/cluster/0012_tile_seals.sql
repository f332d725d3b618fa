-- Made from schema/tables/0012_tile_seals.sql by schema/cluster/generate.ts.
-- A fact that stays true: tiles of `width` and of its multiples by 4, 16, …, as far as they lie within the steps `first` to `last`, hold every point
-- of these steps of log offset `version` or less. It comes after the tiles it speaks of.
CREATE TABLE IF NOT EXISTS tile_seals_local ON CLUSTER '{cluster}'
(
    run UInt64,
    metric UInt64,
    first Int64,
    last Int64,
    width UInt64,
    version UInt64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/tile_seals', '{replica}', version)
ORDER BY (run, metric, first)
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, index_granularity = 256, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS tile_seals ON CLUSTER '{cluster}' AS tile_seals_local
ENGINE = Distributed('{cluster}', currentDatabase(), tile_seals_local, run);
