import type { LogWriter } from '../../ingest/log/log.ts'
import { Refusal } from '../../schema/errors.ts'

import {
  type Progress,
  type StoreReader,
  type StoreStreamer,
  StoreTrouble,
  type Watermark,
} from '../../schema/store.ts'

/** Stand-ins for parts that are still coming up: the doors are open before, and say what is the matter. */
export type Late<T> = { readonly part: T; arrive(part: T): void; arrived(): T | undefined }

function createLate<T>(make: (arrived: () => T | undefined) => T): Late<T> {
  let real: T | undefined
  const arrived = () => real
  return {
    part: make(arrived),
    arrive: (part) => {
      real = part
    },
    arrived,
  }
}

/** What has arrived. Throws what `missing` makes while nothing has. */
function needed<T>(arrived: () => T | undefined, missing: () => Error): () => T {
  return () => {
    const real = arrived()
    if (real === undefined) throw missing()
    return real
  }
}

/** `partitions` must be those of the log that comes. */
export function createLateWriter(partitions: number): Late<LogWriter> {
  return createLate((arrived) => {
    const log = needed(arrived, () => new Refusal('log_unavailable', 'the log is not open yet'))
    return {
      get id() {
        return arrived()?.id ?? ''
      },
      partitions,
      get paceMs() {
        return arrived()?.paceMs
      },
      append: async (partition, payload) => await log().append(partition, payload),
    }
  })
}

export function createLateReader(): Late<StoreReader> {
  return createLate((arrived) => {
    const reader = needed(arrived, () => new StoreTrouble('unavailable', 'the store is not open yet'))
    return {
      rows: async (...question) => await reader().rows(...question),
      columns: async (...question) => await reader().columns(...question),
    }
  })
}

export function createLateStreamer(): Late<StoreStreamer> {
  return createLate((arrived) => {
    const streamer = needed(arrived, () => new StoreTrouble('unavailable', 'the store is not open yet'))
    return { stream: async (...question) => await streamer().stream(...question) }
  })
}

export function createLateWatermark(): Late<Watermark & Progress> {
  return createLate((arrived) => {
    const watermark = needed(arrived, () => new StoreTrouble('unavailable', 'the log is not open yet'))
    return {
      refresh: async (ageMs) => await watermark().refresh(ageMs),
      current: () => watermark().current(),
      currentTimeMs: () => watermark().currentTimeMs(),
      reached: async (at, options) => await watermark().reached(at, options),
      progress: () => watermark().progress(),
      follow: (listener) => watermark().follow(listener),
    }
  })
}
