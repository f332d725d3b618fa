-- One row per run, by key, in small granules: what a page shows of a run as one JSON list (id, name, state, created and updated in ms, params,
-- tags), so that fifty runs from anywhere are read in a few ms. Filled from `runs`; who finds a row missing or old here asks there.
CREATE TABLE run_records
(
    key UInt64,
    record String,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY key
SETTINGS index_granularity = 64, fsync_part_directory = 1
