-- Writes each row of `runs` into `run_records` too.
CREATE MATERIALIZED VIEW IF NOT EXISTS run_records_view TO run_records
AS SELECT key, concat('[', toJSONString(run), ',', toJSONString(name), ',', toJSONString(CAST(state, 'String')), ',',
    toString(toUnixTimestamp64Milli(created)), ',', toString(toUnixTimestamp64Milli(updated)), ',',
    if(params = '', '{}', params), ',', toJSONString(tags), ']') AS record, version
FROM runs
