-- Merges go through the columns of the key first and then, one by one, through the others: a tenth less CPU than all at once. A statement
-- of its own, because in a cluster every replica has its own settings.
ALTER TABLE points
    MODIFY SETTING vertical_merge_algorithm_min_columns_to_activate = 1
