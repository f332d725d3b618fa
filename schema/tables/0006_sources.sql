-- Which log feeds this store. The log positions in the other tables mean nothing in another log, so the sink refuses one.
CREATE TABLE sources
(
    log String,
    since DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
ORDER BY log
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
