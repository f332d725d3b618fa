/** How an answer is written that goes out as it is made. */
export function streamSettings(memoryBytes: number): Record<string, string> {
  return {
    // It takes as long as its reader does.
    max_execution_time: '0',
    max_memory_usage: String(memoryBytes),
    // Each thread holds a group of rows: 200,000 are 6 MB before compression.
    output_format_parquet_row_group_size: '200000',
    // A fifth of the file, for look-ups that nobody makes in points.
    output_format_parquet_write_bloom_filter: '0',
    output_format_arrow_low_cardinality_as_dictionary: '1',
    // Not every reader of Arrow can decompress.
    output_format_arrow_compression_method: 'none',
  }
}
