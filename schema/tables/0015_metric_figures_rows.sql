-- What was flushed before there was a table by metric.
INSERT INTO metric_figures
SELECT project, metric_key, run_key, count, first_step, last_step, last, min, min_step, max, max_step,
    nan_count + positive_infinity_count + negative_infinity_count, ifNull(first_nonfinite_step, 0), version
FROM series
