-- Made from schema/tables/0038_points_place_offsets.sql by schema/cluster/generate.ts.
-- Points of several steps of a frame have a place in common as well, that of the least step and the least time: these tell how much further each one is, in
-- steps and in ms. A row is 14 or 16 bytes then instead of 30. Not stored either.
ALTER TABLE points_local ON CLUSTER '{cluster}'
    ADD COLUMN IF NOT EXISTS step_offset UInt16 EPHEMERAL 0 AFTER place,
    ADD COLUMN IF NOT EXISTS time_offset UInt16 EPHEMERAL 0 AFTER step_offset,
    MODIFY COLUMN step Int64 DEFAULT reinterpretAsInt64(substring(place, 9, 8)) + step_offset,
    MODIFY COLUMN time DateTime64(3, 'UTC') DEFAULT fromUnixTimestamp64Milli(reinterpretAsInt64(substring(place, 17, 8)) + time_offset, 'UTC');

CREATE OR REPLACE TABLE points ON CLUSTER '{cluster}' AS points_local
ENGINE = Distributed('{cluster}', currentDatabase(), points_local, run);
