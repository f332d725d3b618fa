-- Runs from before there was the view.
INSERT INTO run_records
SELECT key, concat('[', toJSONString(run), ',', toJSONString(name), ',', toJSONString(CAST(state, 'String')), ',',
    toString(toUnixTimestamp64Milli(created)), ',', toString(toUnixTimestamp64Milli(updated)), ',',
    if(params = '', '{}', params), ',', toJSONString(tags), ']') AS record, version
FROM runs
