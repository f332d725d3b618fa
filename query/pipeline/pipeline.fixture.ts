import { metricKey, runKey } from '../../schema/keys.ts'
import { encodedSql } from '../../schema/value-codes-sql.ts'
import type { TestStore } from '../fixture.ts'

/** A point as it was logged; `ord` says which of several of one step came later, `time` is in ms. */
export type Logged = { readonly step: number; readonly value: number; readonly ord: number; readonly time: number }

/** Points of one statement: its text may be 256 KiB. */
const pointsPerInsert = 3000

/** Inserts points with their times, as one part or several. */
export async function insertLogged(
  store: TestStore,
  project: string,
  run: string,
  points: readonly { readonly metric: string; readonly point: Logged }[],
): Promise<void> {
  for (let from = 0; from < points.length; from += pointsPerInsert) {
    const rows = points
      .slice(from, from + pointsPerInsert)
      .map(({ metric, point: p }) => `(${metricKey(metric)},${p.step},${p.time},${bitsOf(p.value)},${p.ord})`)
    await store.command(`INSERT INTO points SELECT ${runKey(project, run)}, t.1, t.2, fromUnixTimestamp64Milli(t.3, 'UTC'),
      ${encodedSql('reinterpretAsFloat64(t.4)')}, t.5
      FROM (SELECT arrayJoin(CAST([${rows.join(',')}], 'Array(Tuple(UInt64, Int64, Int64, UInt64, UInt64))')) AS t)`)
  }
}

function bitsOf(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  return view.getBigUint64(0)
}

/** A packed column of an answer. */
export function unpack(packed: string): number[] {
  const bytes = Buffer.from(packed, 'base64')
  return Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(8 * i))
}
