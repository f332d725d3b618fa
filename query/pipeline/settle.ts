import type { Repeated } from '../reduce/repeated.ts'
import { cut, type Page, type Settled } from './columns.ts'

export type Stream<T> = AsyncIterable<T>

/** Drops the points that another one of their step supersedes, over the bounds of pages too. Every block that comes out has points. */
export async function* settled(pages: Stream<Page>, repeated: Repeated): AsyncGenerator<Settled> {
  if (repeated === 'ALL') {
    yield* numbered(pages)
    return
  }
  // The last step of a page: the next page may go on with it.
  let held: Settled | undefined
  for await (const page of pages) {
    if (page.steps.length === 0) continue
    let block = settlePage(page, repeated)
    if (held && held.steps[0] === block.steps[0]) block = superseding(held, block, repeated)
    else if (held) yield held
    const last = block.steps.length - 1
    held = cut(block, last, last + 1)
    if (last > 0) yield cut(block, 0, last)
  }
  if (held) yield held
}

function settlePage(page: Page, repeated: 'LAST' | 'FIRST'): Settled {
  const { steps, values, times } = page
  let kept = 1
  while (kept < steps.length && steps[kept] !== steps[kept - 1]) kept++
  if (kept === steps.length) return { ...page, dropped: undefined, ordinals: undefined }
  const dropped = new Float64Array(steps.length)
  const out = { steps: steps.slice(), values: values.slice(), times: times?.slice() }
  for (let i = kept; i < steps.length; i++) {
    const again = steps[i] === out.steps[kept - 1]
    if (again) dropped[kept - 1]!++
    else kept++
    if (again && repeated === 'FIRST') continue
    out.steps[kept - 1] = steps[i]!
    out.values[kept - 1] = values[i]!
    if (out.times) out.times[kept - 1] = times![i]!
  }
  return { ...cut({ ...out, dropped }, 0, kept), ordinals: undefined }
}

/** The block, its first point and the held one being of one step. */
function superseding(held: Settled, block: Settled, repeated: 'LAST' | 'FIRST'): Settled {
  const dropped = block.dropped?.slice() ?? new Float64Array(block.steps.length)
  dropped[0]! += 1 + (held.dropped?.[0] ?? 0)
  if (repeated === 'LAST') return { ...block, dropped }
  const [values, times] = [block.values.slice(), block.times?.slice()]
  values[0] = held.values[0]!
  if (times) times[0] = held.times![0]!
  return { ...block, values, times, dropped }
}

async function* numbered(pages: Stream<Page>): AsyncGenerator<Settled> {
  let [step, seen] = [Number.NaN, 0]
  for await (const page of pages) {
    const { steps } = page
    if (steps.length === 0) continue
    let ordinals: Float64Array | undefined
    for (let i = 0; i < steps.length; i++) {
      seen = steps[i] === step ? seen + 1 : 0
      step = steps[i]!
      if (seen === 0) continue
      ordinals ??= new Float64Array(steps.length)
      ordinals[i] = seen
    }
    yield { ...page, dropped: undefined, ordinals }
  }
}
