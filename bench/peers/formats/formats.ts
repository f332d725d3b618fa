import { csv } from './csv.ts'
import type { Format } from './format.ts'
import { influxLines } from './influx-lines.ts'
import { jsonLines } from './json-lines.ts'
import { logBatch } from './log-batch.ts'
import { prometheusText } from './prometheus-text.ts'
import { questNarrow, questNarrowArrival, questWide, questWideArrival } from './quest-lines.ts'
import { remoteWrite } from './remote-write.ts'

/** By name, so that another process can be told which. */
export const formats = {
  jsonLines,
  influxLines,
  csv,
  prometheusText,
  remoteWrite,
  questNarrow,
  questNarrowArrival,
  questWide,
  questWideArrival,
  logBatch,
} satisfies Record<string, Format>

export type FormatName = keyof typeof formats
