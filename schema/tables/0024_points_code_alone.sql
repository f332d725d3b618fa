-- Every row has a code of its own now.
ALTER TABLE points
    MODIFY COLUMN code UInt64 DEFAULT 0
