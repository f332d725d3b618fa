-- Made from schema/tables/0021_points_clocks.sql by schema/cluster/generate.ts.
-- Differences of times in planes of bytes: clocks that are good to some ms take two thirds of what they took, and so does the CPU of long series.
-- Log positions under a level of ZSTD that finds what repeats every eight bytes. Parts are rewritten as they are merged.
ALTER TABLE points_local ON CLUSTER '{cluster}'
    MODIFY COLUMN time DateTime64(3, 'UTC') CODEC(Delta, T64, ZSTD(1)) SETTINGS (min_compress_block_size = 262144, max_compress_block_size = 262144),
    MODIFY COLUMN ord UInt64 CODEC(Delta, ZSTD(3)) SETTINGS (min_compress_block_size = 262144, max_compress_block_size = 262144);
