import type { LogWriter } from '../../ingest/log/log.ts'
import { Refusal } from '../../schema/errors.ts'
import { type StoreReader, StoreTrouble, type Watermark } from '../../schema/store.ts'

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

/** `partitions` must be those of the log that comes. */
export function createLateWriter(partitions: number): Late<LogWriter> {
  return createLate((arrived) => ({
    get id() {
      return arrived()?.id ?? ''
    },
    partitions,
    async append(partition, payload) {
      const log = arrived()
      if (!log) throw new Refusal('log_unavailable', 'the log is not open yet')
      return await log.append(partition, payload)
    },
  }))
}

export function createLateReader(): Late<StoreReader> {
  return createLate((arrived) => {
    const reader = () => {
      const real = arrived()
      if (!real) throw new StoreTrouble('unavailable', 'the store is not open yet')
      return real
    }
    return {
      rows: async (...question) => await reader().rows(...question),
      columns: async (...question) => await reader().columns(...question),
    }
  })
}

export function createLateWatermark(): Late<Watermark> {
  return createLate((arrived) => {
    const watermark = () => {
      const real = arrived()
      if (!real) throw new StoreTrouble('unavailable', 'the log is not open yet')
      return real
    }
    return {
      current: () => watermark().current(),
      currentTimeMs: () => watermark().currentTimeMs(),
      reached: async (at, options) => await watermark().reached(at, options),
    }
  })
}
