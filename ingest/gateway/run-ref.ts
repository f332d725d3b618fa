import type { MetricSet } from '../record/record.ts'
import type { SourcePlace } from '../record/sources.ts'

/**
 * A run as the gateway knows it: checked once, then found by name. It is its own place in the record that is filling, for with
 * more runs than the processor's cache has room for an object more is a look into memory more for each frame.
 */
export type RunRef = SourcePlace & {
  readonly partition: number
  /** The one admitted last. */
  lastSet: MetricSet | undefined
  readonly run: string
  readonly project: string
  /** Metric sets seen of this run, and how many different metrics they hold together. */
  readonly sets: MetricSet[]
  metrics: number
}
