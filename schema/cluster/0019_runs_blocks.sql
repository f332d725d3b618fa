-- Made from schema/tables/0019_runs_blocks.sql by schema/cluster/generate.ts.
-- Each row keeps the number of the insert that brought it, so that who has read a table once can ask for what came since.
ALTER TABLE runs_local ON CLUSTER '{cluster}'
    MODIFY SETTING enable_block_number_column = 1;
