-- In parts of any size, as it always was: questions read this table as a whole, and it is merged often.
ALTER TABLE metric_figures
    MODIFY SETTING default_compression_codec = 'LZ4'
