import type { MetricSet } from '../record/record.ts'
import type { SourcePlace } from '../record/sources.ts'

/** A run as the gateway knows it: checked once, then found by name. */
export type RunRef = {
  readonly project: string
  readonly run: string
  readonly partition: number
  /** Metric sets seen of this run, and how many different metrics they hold together. */
  readonly sets: MetricSet[]
  metrics: number
  /** In the record that is filling. */
  readonly place: SourcePlace
}
