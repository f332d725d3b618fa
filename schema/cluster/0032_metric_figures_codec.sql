-- Made from schema/tables/0032_metric_figures_codec.sql by schema/cluster/generate.ts.
-- In parts of any size, as it always was: questions read this table as a whole, and it is merged often.
ALTER TABLE metric_figures_local ON CLUSTER '{cluster}'
    MODIFY SETTING default_compression_codec = 'LZ4';
