-- Made from schema/tables/0003_series.sql by schema/cluster/generate.ts.
-- One row per series: its summary over every point logged up to log position `version`. Flushed every few seconds.
-- `last` is the value at the highest step; `min` and `max` are over finite values (NaN where there is none);
-- `disorder` counts points whose step was not above every earlier one: 0 means no step was ever logged twice.
CREATE TABLE IF NOT EXISTS series_local ON CLUSTER '{cluster}'
(
    project String,
    run String,
    metric String,
    run_key UInt64,
    metric_key UInt64,
    count UInt64,
    first_step Int64,
    last_step Int64,
    last_time DateTime64(3, 'UTC'),
    last Float64,
    min Float64,
    min_step Int64,
    max Float64,
    max_step Int64,
    nan_count UInt64,
    positive_infinity_count UInt64,
    negative_infinity_count UInt64,
    first_nonfinite_step Nullable(Int64),
    disorder UInt64,
    version UInt64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/series', '{replica}', version)
ORDER BY (project, run, metric)
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS series ON CLUSTER '{cluster}' AS series_local
ENGINE = Distributed('{cluster}', currentDatabase(), series_local, run_key);
