import type { Block, Integers, RecordFrame, Update } from '../../ingest/record/record.ts'

/** A frame as JSON for people: what JSON has no number for is a text, `NaN`, `Infinity`, `-Infinity`, `-0`; times are ms since 1970. */
export function readableFrame({ run, receivedMs, writer, seq, update, blocks }: RecordFrame) {
  return {
    project: run.project,
    run: run.run,
    ...(writer === undefined ? {} : { writer, seq }),
    received: new Date(receivedMs).toISOString(),
    ...(update && { update: readableUpdate(update) }),
    blocks: blocks.map(readableBlock),
  }
}

function readableUpdate({ params, tags, ...plain }: Update) {
  const values = (entries: ReadonlyMap<string, unknown>) =>
    Object.fromEntries([...entries].map(([key, value]) => [key, typeof value === 'number' ? readable(value) : value]))
  return { ...plain, ...(params && { params: values(params) }), ...(tags && { tags: values(tags) }) }
}

function readableBlock({ set, count, steps, times, width, values }: Block) {
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength)
  const value = (at: number) => (width === 8 ? view.getFloat64(at * 8, true) : view.getFloat32(at * 4, true))
  const column = (index: number) => Array.from({ length: count }, (_, i) => readable(value(index * count + i)))
  return {
    values: width === 8 ? 'float64' : 'float32',
    steps: listed(steps, count),
    times: times ? listed(times, count) : 'as received',
    metrics: Object.fromEntries(set.names.map((name, index) => [name, column(index)])),
  }
}

function listed(integers: Integers, count: number): number[] {
  if (integers.kind === 'range') return Array.from({ length: count }, (_, i) => integers.start + integers.stride * i)
  const view = new DataView(integers.bytes.buffer, integers.bytes.byteOffset, integers.bytes.byteLength)
  return Array.from({ length: count }, (_, i) => Number(view.getBigInt64(i * 8, true)))
}

function readable(value: number): number | string {
  if (Object.is(value, -0)) return '-0'
  return Number.isFinite(value) ? value : String(value)
}

/** Lines of 16 bytes: offset, bytes, and those that are ASCII. */
export function hexDump(bytes: Uint8Array, maximumBytes: number): string[] {
  const shown = bytes.subarray(0, maximumBytes)
  return Array.from({ length: Math.ceil(shown.length / 16) }, (_, line) => {
    const row = [...shown.subarray(line * 16, line * 16 + 16)]
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const ascii = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
    return `${(line * 16).toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  ${ascii}`
  })
}
