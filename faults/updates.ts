import { draw, type Lane, type Plan } from './plan.ts'

export type ParamValue = string | number | boolean
/** What a frame says about its run; null removes a key. */
export type Update = {
  readonly name?: string
  readonly state?: 'running' | 'finished' | 'failed' | 'killed'
  readonly params: Readonly<Record<string, ParamValue | null>>
  readonly tags: Readonly<Record<string, string | null>>
}

const states = ['running', 'finished', 'failed', 'killed'] as const

/** Every eighth frame carries one. Writers of one run write the same keys, so the order of the log decides. */
export function updateOf(plan: Plan, lane: Lane, seq: number): Update | undefined {
  const h = draw(plan.seed ^ lane.index, seq, 20)
  if (seq > 0 && h % 8 !== 0) return undefined
  return {
    ...((h >>> 3) % 4 === 0 ? { name: `${lane.run} by ${lane.writer ?? 'nobody'} at ${seq}` } : {}),
    ...((h >>> 5) % 3 === 0 ? { state: states[(h >>> 7) % states.length]! } : {}),
    params: { [`param-${(h >>> 9) % 6}`]: paramValue(h, seq), [`param of ${lane.writer ?? 'nobody'}`]: seq },
    tags: { [`tag-${(h >>> 12) % 4}`]: (h >>> 14) % 5 === 0 ? null : `${lane.ordinal}:${seq}` },
  }
}

function paramValue(h: number, seq: number): ParamValue | null {
  switch ((h >>> 16) % 5) {
    case 0:
      return null
    case 1:
      return `text ${seq} “${h}”`
    case 2:
      return h % 32 < 16
    case 3:
      return h / 2 ** 40
    default:
      return seq
  }
}

export type Metadata = {
  name: string
  state: string
  readonly params: Map<string, ParamValue>
  readonly tags: Map<string, string>
}

export const emptyMetadata = (): Metadata => ({ name: '', state: 'running', params: new Map(), tags: new Map() })

/** Merges an update, as the documentation says: key by key, null removes. */
export function applyUpdate(metadata: Metadata, update: Update): void {
  metadata.name = update.name ?? metadata.name
  metadata.state = update.state ?? metadata.state
  merge(metadata.params, update.params)
  merge(metadata.tags, update.tags)
}

function merge<V>(entries: Map<string, V>, changes: Readonly<Record<string, V | null>>): void {
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) entries.delete(key)
    else entries.set(key, value)
  }
}
