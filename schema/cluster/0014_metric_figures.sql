-- Made from schema/tables/0014_metric_figures.sql by schema/cluster/generate.ts.
-- One row per series, by metric: the figures of `series` that runs are sorted and filtered by, so that one metric of a million runs is read in
-- one piece. `first_nonfinite_step` means nothing where `nonfinite_count` is 0. Each flush stores its rows here first and in `series` after:
-- what `series` has is here too, wherever a crash falls.
CREATE TABLE IF NOT EXISTS metric_figures_local ON CLUSTER '{cluster}'
(
    project LowCardinality(String),
    metric_key UInt64,
    run_key UInt64,
    count UInt64,
    first_step Int64,
    last_step Int64,
    last Float64,
    min Float64,
    min_step Int64,
    max Float64,
    max_step Int64,
    nonfinite_count UInt64,
    first_nonfinite_step Int64,
    version UInt64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/metric_figures', '{replica}', version)
ORDER BY (project, metric_key, run_key)
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, enable_block_number_column = 1, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS metric_figures ON CLUSTER '{cluster}' AS metric_figures_local
ENGINE = Distributed('{cluster}', currentDatabase(), metric_figures_local, run_key);
