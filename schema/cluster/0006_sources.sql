-- Made from schema/tables/0006_sources.sql by schema/cluster/generate.ts.
-- Which log feeds this store. The log positions in the other tables mean nothing in another log, so the sink refuses one.
CREATE TABLE IF NOT EXISTS sources_local ON CLUSTER '{cluster}'
(
    log String,
    since DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/sources', '{replica}')
ORDER BY log
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS sources ON CLUSTER '{cluster}' AS sources_local
ENGINE = Distributed('{cluster}', currentDatabase(), sources_local, cityHash64(log));
