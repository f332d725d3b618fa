-- Each row keeps the number of the insert that brought it, so that who has read a table once can ask for what came since.
ALTER TABLE runs
    MODIFY SETTING enable_block_number_column = 1
