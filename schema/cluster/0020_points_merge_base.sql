-- Made from schema/tables/0020_points_merge_base.sql by schema/cluster/generate.ts.
-- Parts of like size are merged when seven have come instead of five: each row is written fewer times, for a few more parts to read from. As
-- parts get older the engine lowers that number by itself.
ALTER TABLE points_local ON CLUSTER '{cluster}'
    MODIFY SETTING merge_selector_base = 7;
