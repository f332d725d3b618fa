-- Filled by the same inserts as `runs`.
ALTER TABLE run_records
    MODIFY SETTING merge_selector_base = 16
