/** As much of msgpack as a frame needs, each value in its shortest form but numbers with a fraction and -0: those are float64, with all their bits. */
import { type Output, putByte, putBytes, reserve } from '../../ingest/bytes.ts'

type Heads = {
  readonly short: number
  readonly shortest: number
  readonly byte?: number
  readonly word: number
  readonly long: number
}

const textHeads: Heads = { short: 0xa0, shortest: 31, byte: 0xd9, word: 0xda, long: 0xdb }
const binHeads: Heads = { short: 0, shortest: -1, byte: 0xc4, word: 0xc5, long: 0xc6 }
const listHeads: Heads = { short: 0x90, shortest: 15, word: 0xdc, long: 0xdd }
const mapHeads: Heads = { short: 0x80, shortest: 15, word: 0xde, long: 0xdf }

function putHead(output: Output, heads: Heads, count: number): void {
  reserve(output, 5)
  const { bytes } = output
  if (count <= heads.shortest) {
    bytes[output.at++] = heads.short | count
  } else if (heads.byte !== undefined && count < 0x100) {
    bytes[output.at++] = heads.byte
    output.at = bytes.writeUInt8(count, output.at)
  } else if (count < 0x10000) {
    bytes[output.at++] = heads.word
    output.at = bytes.writeUInt16BE(count, output.at)
  } else {
    bytes[output.at++] = heads.long
    output.at = bytes.writeUInt32BE(count, output.at)
  }
}

export const putMap = (output: Output, pairs: number) => putHead(output, mapHeads, pairs)
export const putList = (output: Output, items: number) => putHead(output, listHeads, items)
export const putNil = (output: Output) => putByte(output, 0xc0)
export const putBoolean = (output: Output, value: boolean) => putByte(output, value ? 0xc3 : 0xc2)

export function putText(output: Output, text: string): void {
  const length = Buffer.byteLength(text)
  putHead(output, textHeads, length)
  reserve(output, length)
  output.at += output.bytes.write(text, output.at, length, 'utf8')
}

export function putBin(output: Output, bytes: Uint8Array): void {
  putHead(output, binHeads, bytes.length)
  putBytes(output, bytes)
}

export function putNumber(output: Output, value: number): void {
  reserve(output, 9)
  const { bytes } = output
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    bytes[output.at++] = 0xcb
    output.at = bytes.writeDoubleBE(value, output.at)
  } else if (value >= -32 && value <= 127) {
    output.at = bytes.writeInt8(value, output.at)
  } else if (Math.abs(value) < 2 ** 15) {
    bytes[output.at++] = 0xd1
    output.at = bytes.writeInt16BE(value, output.at)
  } else if (Math.abs(value) < 2 ** 31) {
    bytes[output.at++] = 0xd2
    output.at = bytes.writeInt32BE(value, output.at)
  } else {
    bytes[output.at++] = 0xd3
    output.at = bytes.writeBigInt64BE(BigInt(value), output.at)
  }
}
