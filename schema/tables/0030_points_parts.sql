-- `Default` is what the engine compresses parts of a size with (`infra/clickhouse/compression.xml`): LZ4 while they are small and soon merged
-- again, ZSTD(3) from 100 MB on. Times of a long run in blocks of 1 MiB, for all metrics of the run repeat them: half the bytes where clocks
-- are noisy. Older parts are as they were until they are merged.
ALTER TABLE points
    MODIFY COLUMN time DateTime64(3, 'UTC') CODEC(Delta, Default) SETTINGS (min_compress_block_size = 1048576, max_compress_block_size = 1048576),
    MODIFY COLUMN code UInt64 CODEC(T64('bit'), Default),
    MODIFY COLUMN ord UInt64 CODEC(Delta, Default) SETTINGS (min_compress_block_size = 262144, max_compress_block_size = 262144)
