import type { ReadOptions, StoreReader } from '../../schema/store.ts'
import { ask, integers, numbers } from '../sql/read.ts'
import { runOrigins } from '../sql/run-origins.ts'
import { lookingThrough } from './budget.ts'

/** When runs began, ms since 1970, by run key; a run without points is left out. */
export async function readOrigins(
  reader: StoreReader,
  runs: readonly bigint[],
  options: ReadOptions,
): Promise<Map<bigint, number>> {
  const answer = await lookingThrough(options, (bounded) => ask(reader, runOrigins(runs), bounded))
  const [keys, origins] = [integers(answer, 'run'), numbers(answer, 'origin')]
  return new Map(Array.from(keys, (key, row) => [key, origins[row]!]))
}
