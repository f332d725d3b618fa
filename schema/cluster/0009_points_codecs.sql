-- Made from schema/tables/0009_points_codecs.sql by schema/cluster/generate.ts.
-- What compresses each column, as measured by `ingest/store/codecs.bench.ts` (figures: `bench/RESULTS.md`). In wide blocks ZSTD finds what
-- series and runs repeat of each other: names of metrics, times, log positions.
ALTER TABLE points_local ON CLUSTER '{cluster}'
    MODIFY COLUMN run UInt64 CODEC(ZSTD(1)),
    MODIFY COLUMN metric UInt64 CODEC(ZSTD(1)) SETTINGS (min_compress_block_size = 262144, max_compress_block_size = 262144),
    MODIFY COLUMN step Int64 CODEC(DoubleDelta, LZ4),
    MODIFY COLUMN time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)) SETTINGS (min_compress_block_size = 262144, max_compress_block_size = 262144),
    MODIFY COLUMN value Float64 CODEC(ZSTD(1)),
    MODIFY COLUMN ord UInt64 CODEC(Delta, ZSTD(1)) SETTINGS (min_compress_block_size = 262144, max_compress_block_size = 262144);
