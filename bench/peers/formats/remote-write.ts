/** Prometheus' remote write: protobuf in snappy's block format. */
import { runId, timeMs } from '../../dataset.ts'
import type { Format } from './format.ts'

/*
 * WriteRequest { repeated TimeSeries timeseries = 1 }
 * TimeSeries   { repeated Label labels = 1; repeated Sample samples = 2 }
 * Label        { string name = 1; string value = 2 }
 * Sample       { double value = 1; int64 timestamp = 2 }
 */
export const remoteWrite: Format = {
  frame(dataset, { run, firstStep, steps, values }) {
    const runLabel = label('run', runId(run))
    const heads = dataset.metrics.map((metric) => {
      const name = nameLabel(metric.name)
      const length = varint(name.length + runLabel.length + steps * sampleBytes)
      return [Buffer.from([0x0a]), length, name, runLabel]
    })
    const headBytes = heads.flat().reduce((sum, part) => sum + part.length, 0)
    const target = Buffer.allocUnsafe(headBytes + values.length * sampleBytes)
    let at = 0
    for (const [m, head] of heads.entries()) {
      for (const part of head) {
        target.set(part, at)
        at += part.length
      }
      for (let i = 0; i < steps; i++, at += sampleBytes) {
        writeSample(target, at, values[m * steps + i]!, timeMs(dataset, run, firstStep + i))
      }
    }
    return target
  },
  body: snappyLiteral,
}

const nameLabels = new Map<string, Buffer>()

/** Few metrics, many runs: each name is encoded once. */
function nameLabel(name: string): Buffer {
  const known = nameLabels.get(name) ?? label('__name__', name)
  nameLabels.set(name, known)
  return known
}

/** Tag and length, tag and double, tag and a time of six bytes, which lasts until the year 2109. */
const sampleBytes = 2 + 9 + 7

function writeSample(target: Buffer, at: number, value: number, time: number): void {
  target[at] = 0x12
  target[at + 1] = sampleBytes - 2
  target[at + 2] = 0x09
  target.writeDoubleLE(value, at + 3)
  target[at + 11] = 0x10
  let rest = time
  for (let i = 0; i < 6; i++) {
    const low = rest % 128
    rest = Math.floor(rest / 128)
    target[at + 12 + i] = i < 5 ? low | 0x80 : low
  }
}

function label(name: string, value: string): Buffer {
  const field = (tag: number, text: string) =>
    Buffer.concat([Buffer.from([tag, text.length]), Buffer.from(text, 'latin1')])
  const fields = Buffer.concat([field(0x0a, name), field(0x12, value)])
  return Buffer.concat([Buffer.from([0x0a]), varint(fields.length), fields])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  bytes.push(rest)
  return Buffer.from(bytes)
}

const literalBytes = 2 ** 24

/**
 * A valid block of snappy without compression: the length, then literals with lengths of three bytes. Over the loopback it is the
 * cheapest that both sides can do; the doubles would hardly shrink.
 */
export function snappyLiteral(bytes: Buffer): Buffer {
  const parts: Buffer[] = [varint(bytes.length)]
  for (let at = 0; at < bytes.length; at += literalBytes) {
    const part = bytes.subarray(at, at + literalBytes)
    const tag = Buffer.allocUnsafe(4)
    tag[0] = 62 << 2
    tag.writeUIntLE(part.length - 1, 1, 3)
    parts.push(tag, part)
  }
  return Buffer.concat(parts)
}
