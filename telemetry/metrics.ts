import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { createTally } from './tally.ts'

/** Seconds; from a fast ack to a stuck query. */
const durationBuckets = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30]

/** A count kept as a bare number, so that a hot path pays one addition; read when `/metrics` is asked. */
export type Count = { value: number }

/**
 * The process's metrics, in Prometheus' text format at `/metrics`. Names begin with `stepstream_`; counters end in
 * `_total`, durations are in seconds, sizes in bytes.
 */
export class Metrics {
  readonly #registry = new Registry()
  readonly #others: (() => Promise<string>)[] = []

  /** `ofThread`: of a thread beside the main one, whose metrics tell of the process. */
  constructor({ ofThread = false } = {}) {
    if (!ofThread) collectDefaultMetrics({ register: this.#registry })
  }

  counter(name: string, help: string): Count {
    const count: Count = { value: 0 }
    new Counter({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.reset()
        this.inc(count.value)
      },
    })
    return count
  }

  /** A family of counts by one label; `values` lists them, so each is there, as 0, from the start. */
  counters<L extends string>(name: string, help: string, label: string, values: readonly L[]): Record<L, Count> {
    const counts = Object.fromEntries(values.map((v) => [v, { value: 0 }])) as Record<L, Count>
    new Counter({
      name,
      help,
      labelNames: [label],
      registers: [this.#registry],
      collect() {
        this.reset()
        for (const v of values) this.inc({ [label]: v }, counts[v].value)
      },
    })
    return counts
  }

  /** `read` is called when `/metrics` is asked. */
  gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read())
      },
    })
  }

  /** Observe with seconds, and with how many things took so long. */
  duration(name: string, help: string): (seconds: number, count?: number) => void {
    return this.#tally(name, help, durationBuckets)
  }

  /** Observe with seconds, by one label. */
  durations(name: string, help: string, label: string): (value: string, seconds: number) => void {
    const histogram = new Histogram({
      name,
      help,
      buckets: durationBuckets,
      labelNames: [label],
      registers: [this.#registry],
    })
    return (value, seconds) => histogram.observe({ [label]: value }, seconds)
  }

  /** Observe with a size in rows or bytes; buckets are powers of ten. */
  size(name: string, help: string): (value: number) => void {
    const buckets = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7]
    return this.#tally(name, help, buckets)
  }

  #tally(name: string, help: string, buckets: readonly number[]): (value: number, count?: number) => void {
    const { observe, metric } = createTally(name, help, buckets)
    this.#registry.registerMetric(metric as unknown as Histogram)
    return observe
  }

  /** Metrics of other names that are kept elsewhere, as text. */
  include(text: () => Promise<string>): void {
    this.#others.push(text)
  }

  async text(): Promise<string> {
    const texts = await Promise.all([this.#registry.metrics(), ...this.#others.map((text) => text())])
    return texts.filter((text) => text !== '').join('\n')
  }
}
