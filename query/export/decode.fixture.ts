import { tableFromIPC } from 'apache-arrow'
import { parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'

/** A row of an export, by decoders that are not ours; the value by its bits, since NaN equals nothing. */
export type ExportRow = {
  readonly project: string
  readonly run: string
  readonly name: string
  readonly metric: string
  readonly step: number
  readonly timeMs: number
  readonly bits: bigint
  readonly superseded: number
}

export const bitsOf = (value: number): bigint => new BigUint64Array(new Float64Array([value]).buffer)[0]!

/** @throws when the bytes are not one whole file */
export async function decodeExport(format: 'arrow' | 'parquet', bytes: ArrayBuffer): Promise<ExportRow[]> {
  const rows: Record<string, unknown>[] =
    format === 'arrow'
      ? tableFromIPC(new Uint8Array(bytes))
          .toArray()
          .map((row) => row.toJSON())
      : await parquetReadObjects({ file: bytes, compressors })
  return rows.map(({ project, run, name, metric, step, time, value, superseded }) => ({
    ...{ project: String(project), run: String(run), name: String(name), metric: String(metric) },
    ...{ step: Number(step), timeMs: Number(time), bits: bitsOf(value as number), superseded: Number(superseded) },
  }))
}

/** In an order that does not depend on the store's: by names, steps, and as they came. */
export const inOrder = (rows: readonly ExportRow[]): ExportRow[] =>
  [...rows].sort(
    (a, b) => compare(a.run, b.run) || compare(a.metric, b.metric) || a.step - b.step || b.superseded - a.superseded,
  )

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
