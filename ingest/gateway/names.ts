import { Refusal } from '../../schema/errors.ts'
import { partitionOf, runKey } from '../../schema/keys.ts'
import { limits } from '../../schema/limits.ts'
import type { MetricSet } from '../record/record.ts'
import { createKnownRuns, type KnownRuns } from './known-runs.ts'
import { createRowLayouts, type RowLayouts } from './row-layouts.ts'
import type { RunRef } from './run-ref.ts'

/** Names that were checked before, so that a frame costs a look-up. Bounded: when full, the older half is forgotten. */
export type NameRegistry = {
  run(project: string, run: string): RunRef
  /** The one object for a list of metric names; `key` stands for the list's bytes. */
  set(key: string, names: () => string[]): MetricSet
  /** Runs seen before, by the bytes of their names. */
  readonly known: KnownRuns
  /** Rows of metrics seen before. */
  readonly layouts: RowLayouts
  /** Metric names in the sets of all connections; see `limits.namesOverConnections`. */
  definedNames: number
}

export function createNameRegistry(partitions: number, capacity = 200_000): NameRegistry {
  const runs = new Map<string, RunRef>()
  const sets = new Map<string, MetricSet>()
  let rememberedNames = 0
  return {
    run(project, run) {
      const name = `${project}\0${run}`
      const known = runs.get(name)
      if (known) return known
      checkName(project, limits.projectCharacters, 'bad_project', 'project')
      checkName(run, limits.runCharacters, 'bad_run', 'run')
      // Its place is written out: put together by spreading, runs have a shape that makes frames slower.
      const fresh: RunRef = {
        serial: 0,
        writer: undefined,
        source: 0,
        others: undefined,
        partition: partitionOf(runKey(project, run), partitions),
        lastSet: undefined,
        run,
        project,
        sets: [],
        metrics: 0,
      }
      if (runs.size >= capacity) forgetOlderHalf(runs)
      runs.set(name, fresh)
      return fresh
    },
    set(key, names) {
      const known = sets.get(key)
      if (known) return known
      const fresh: MetricSet = { names: names() }
      rememberedNames += fresh.names.length
      if (rememberedNames > capacity * 5) {
        // Those in use stay alive where they are used; a new mention makes a second object of equal content, which is only slower.
        sets.clear()
        rememberedNames = fresh.names.length
      }
      sets.set(key, fresh)
      return fresh
    },
    known: createKnownRuns(),
    layouts: createRowLayouts(),
    definedNames: 0,
  }
}

function forgetOlderHalf(map: Map<string, unknown>): void {
  let drop = map.size >> 1
  for (const key of map.keys()) {
    if (drop-- === 0) break
    map.delete(key)
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const forbidden = /[\u0000-\u001f\u007f]|^\s|\s$|[\ud800-\udfff]/u

export function checkName(
  text: string,
  maximum: number,
  code: 'bad_project' | 'bad_run' | 'bad_writer',
  what: string,
): void {
  if (text.length === 0) throw new Refusal(code, `${what} is empty`)
  if (text.length > maximum) throw new Refusal(code, `${what} is longer than ${maximum} characters`)
  if (forbidden.test(text)) {
    throw new Refusal(code, `${what} must not have control characters, or white space at its ends`)
  }
}

/**
 * Refuses a frame that would give its run more metrics than the limit, as far as this gateway has seen the run;
 * the sink, which knows the whole run, sends what slips through to the dead letters.
 */
export function admitSet(run: RunRef, set: MetricSet): void {
  if (run.lastSet === set) return
  if (!run.sets.includes(set)) addSet(run, set)
  run.lastSet = set
}

function addSet(run: RunRef, set: MetricSet): void {
  const known = new Set(run.sets.flatMap((seen) => seen.names))
  for (const name of set.names) known.add(name)
  if (known.size > limits.metricsPerRun) {
    throw new Refusal(
      'too_many_metrics',
      `run ${run.run} would have ${known.size} metrics; the limit is ${limits.metricsPerRun}`,
    )
  }
  run.metrics = known.size
  run.sets.push(set)
  // A run that logs ever new subsets of its metrics keeps one set of them all instead of each.
  if (run.sets.length > 64) run.sets.splice(0, run.sets.length, { names: [...known] })
}
