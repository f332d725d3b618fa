/** A file of points by a decoder that is not ours, held against what was logged. */
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { type Curve, isAgain, isLate, rewindsOf, valueAt } from './curve.ts'
import { WrongAnswer } from './question.ts'

/** Of longer files some groups of rows, evenly chosen: decoding takes a microsecond a point. */
const mostDecoded = 4_000_000

/**
 * Every step once, in order, with the value that was logged last for it, and how many it replaced.
 * @returns how many points were decoded
 * @throws WrongAnswer
 */
export async function verifyParquet(path: string, curve: Curve): Promise<number> {
  const file = await asyncBufferFromFile(path)
  const metadata = await parquetMetadataAsync(file)
  const rows = Number(metadata.num_rows)
  if (rows !== curve.steps)
    throw new WrongAnswer(`the export of ${curve.run} has ${rows} points, must be ${curve.steps}`)
  const stretches = rewindsOf(curve)
  const every = Math.max(1, Math.ceil(rows / mostDecoded))
  let decoded = 0
  let from = 0
  for (const [group, { num_rows }] of metadata.row_groups.entries()) {
    const end = from + Number(num_rows)
    // The first and the last ones are the ones that are gladly forgotten.
    if (group % every === 0 || end === rows) {
      const columns = new Map<string, ArrayLike<number | bigint>>()
      await parquetRead({
        ...{ file, metadata, compressors, rowStart: from, rowEnd: end, columns: ['step', 'value', 'superseded'] },
        onChunk({ columnName, columnData, rowStart }) {
          const column = (columns.get(columnName) ?? new Array(end - from)) as (number | bigint)[]
          for (let i = 0; i < columnData.length; i++) column[rowStart - from + i] = columnData[i] as number | bigint
          columns.set(columnName, column)
        },
      })
      const [steps, values, superseded] = ['step', 'value', 'superseded'].map((name) => columns.get(name)!)
      for (let step = from; step < end; step++) {
        const at = step - from
        const again = isAgain(stretches, step)
        const expected = valueAt(curve, step, again)
        // A late point within a stretch came a second time as well.
        const replaced = again ? 1 : 0
        if (Number(steps![at]) !== step || !Object.is(values![at], expected) || Number(superseded![at]) !== replaced)
          throw new WrongAnswer(
            `the export of ${curve.run} has (${steps![at]}, ${values![at]}, ${superseded![at]}), must be (${step}, ${expected}, ${replaced})${isLate(curve, step) ? ', which came late' : ''}`,
          )
      }
      decoded += end - from
    }
    from = end
  }
  return decoded
}
