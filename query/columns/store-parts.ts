import { sharedNext } from '../../schema/shared-next.ts'
import { numbers } from '../sql/read.ts'
import { enginesStatement } from '../sql/run-columns.ts'
import { partsStatement, readShown, type Shown, type ShownTable } from './blocks.ts'
import type { Hands } from './load.ts'

/** The parts of both tables, as one look saw them; a later look has a higher number. */
export type Look = { readonly number: number; readonly shown: Record<ShownTable, Shown> }

/** Looks at the store's parts, unless somebody did since a moment, or since now where none is given. */
export type Looker = (sinceMs?: number) => Promise<Look>

/** Who comes while a look is under way shares the next one: what could be seen when he came is in it. */
export function createLooker(ask: Hands['ask']): Looker {
  let number = 0
  let last: { readonly look: Look; readonly begunMs: number } | undefined

  async function look(): Promise<Look> {
    const begunMs = performance.now()
    const own = number++
    const look = { number: own, shown: readShown(await ask(partsStatement)) }
    last = { look, begunMs }
    return look
  }

  const looks = sharedNext(look)

  return async (sinceMs) => {
    if (sinceMs !== undefined && last && last.begunMs >= sinceMs) return last.look
    return looks.next()
  }
}

/** So long what the store said of its tables counts, ms. */
const enginesFreshMs = 60_000

/** Whether the store keeps its tables as `blocks.ts` needs it. */
export function createEngineCheck(ask: Hands['ask']): () => Promise<boolean> {
  let checkedMs = Number.NEGATIVE_INFINITY
  let plain: Promise<boolean> = Promise.resolve(false)
  return () => {
    if (performance.now() - checkedMs > enginesFreshMs) {
      checkedMs = performance.now()
      plain = ask(enginesStatement).then((answer) => numbers(answer, 'plain')[0] === 2)
      plain.catch(() => {
        checkedMs = Number.NEGATIVE_INFINITY
      })
    }
    return plain
  }
}
