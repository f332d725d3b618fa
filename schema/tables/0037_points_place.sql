-- What all points of one step of a frame have in common, as sinks write it where those are many: run, step, time and log position, 8 bytes each. A block then
-- has each once, and two or four bytes a point for it. Not stored: the columns are made of it where they are not given themselves.
ALTER TABLE points
    ADD COLUMN IF NOT EXISTS place LowCardinality(FixedString(32)) EPHEMERAL '' AFTER ord,
    MODIFY COLUMN run UInt64 DEFAULT reinterpretAsUInt64(substring(place, 1, 8)),
    MODIFY COLUMN step Int64 DEFAULT reinterpretAsInt64(substring(place, 9, 8)),
    MODIFY COLUMN time DateTime64(3, 'UTC') DEFAULT fromUnixTimestamp64Milli(reinterpretAsInt64(substring(place, 17, 8)), 'UTC'),
    MODIFY COLUMN ord UInt64 DEFAULT reinterpretAsUInt64(substring(place, 25, 8))
