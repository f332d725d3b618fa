-- Made from schema/tables/0021_points_clocks.sql by schema/cluster/generate.ts.
-- A level of ZSTD that sees what repeats every eight bytes, as differences of steady times do: the first one writes a bit for each of them. Takes
-- no more CPU here (figures: `bench/RESULTS.md`). Older parts are as they were until they are merged.
ALTER TABLE points_local ON CLUSTER '{cluster}'
    MODIFY COLUMN time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(3)) SETTINGS (min_compress_block_size = 262144, max_compress_block_size = 262144),
    MODIFY COLUMN ord UInt64 CODEC(Delta, ZSTD(3)) SETTINGS (min_compress_block_size = 262144, max_compress_block_size = 262144);
