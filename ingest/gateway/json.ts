import { Refusal } from '../../schema/errors.ts'
import { limits } from '../../schema/limits.ts'
import { createOutput, type Output, putByte, reserve } from '../bytes.ts'

/**
 * A JSON body as msgpack, so that one decoder checks both forms. Non-finite metric values are the texts "NaN",
 * "Infinity" and "-Infinity". JSON.parse would silently keep the last of two equal keys, so those are looked for first.
 */
export function jsonToMsgpack(body: Buffer): Buffer {
  const text = body.toString('utf8')
  if (text.includes('\ufffd') && !Buffer.from(text).equals(body))
    throw new Refusal('malformed_json', 'the body is not valid UTF-8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Refusal('malformed_json', `the body is not valid JSON: ${(error as Error).message}`)
  }
  checkKeys(text)
  const output = createOutput(text.length + 64)
  put(output, value, 0, '', '')
  return output.bytes.subarray(0, output.at)
}

const nonFinite: Record<string, number> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
}

/** `key`: what the value is called; `container`: what the object around it is called. */
function put(output: Output, value: unknown, depth: number, key: string, container: string): void {
  if (depth > limits.depth) throw new Refusal('too_deep', `values are nested deeper than ${limits.depth}`)
  if (value === null) putByte(output, 0xc0)
  else if (typeof value === 'boolean') putByte(output, value ? 0xc3 : 0xc2)
  else if (typeof value === 'number') putNumber(output, value)
  else if (typeof value === 'string') {
    const number = container === 'metrics' && Object.hasOwn(nonFinite, value) ? nonFinite[value] : undefined
    if (number === undefined) putString(output, value)
    else putNumber(output, number)
  } else if (Array.isArray(value)) {
    putHead(output, 0xdd, value.length)
    for (const item of value) put(output, item, depth + 1, '', '')
  } else {
    const entries = Object.entries(value as object)
    putHead(output, 0xdf, entries.length)
    for (const [name, item] of entries) {
      putString(output, name)
      put(output, item, depth + 1, name, key)
    }
  }
}

function putHead(output: Output, byte: number, count: number): void {
  putByte(output, byte)
  reserve(output, 4)
  output.at = output.bytes.writeUInt32BE(count, output.at)
}

function putString(output: Output, text: string): void {
  if (/[\ud800-\udfff]/u.test(text)) throw new Refusal('malformed_json', 'a text has a lone surrogate')
  const length = Buffer.byteLength(text)
  putHead(output, 0xdb, length)
  reserve(output, length)
  output.at += output.bytes.write(text, output.at)
}

function putNumber(output: Output, value: number): void {
  reserve(output, 9)
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    putByte(output, 0xd3)
    output.at = output.bytes.writeBigInt64BE(BigInt(value), output.at)
  } else {
    putByte(output, 0xcb)
    output.at = output.bytes.writeDoubleBE(value, output.at)
  }
}

/** Walks valid JSON text with a stack of the keys of each open object; refuses a key that an object has twice. */
function checkKeys(text: string): void {
  const stack: (Set<string> | undefined)[] = []
  const token = /"(?:[^"\\]|\\.)*"|[{}[\]]/g
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const piece = match[0]
    if (piece === '{') stack.push(new Set())
    else if (piece === '[') stack.push(undefined)
    else if (piece === '}' || piece === ']') stack.pop()
    else {
      const keys = stack.at(-1)
      if (!keys || !isKey(text, token.lastIndex)) continue
      const key = JSON.parse(piece) as string
      if (keys.has(key)) throw new Refusal('duplicate_metric', `the key ${piece.slice(0, 80)} is twice in one object`)
      keys.add(key)
    }
    if (stack.length > limits.depth + 2) throw new Refusal('too_deep', `values are nested deeper than ${limits.depth}`)
  }
}

/** Whether the text ending at `end` is followed by a colon: in valid JSON only keys are. */
function isKey(text: string, end: number): boolean {
  let at = end
  while (text.charCodeAt(at) <= 32) at++
  return text[at] === ':'
}
