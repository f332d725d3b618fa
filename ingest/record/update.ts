import {
  type Input,
  type Output,
  putByte,
  putFloat64,
  putText,
  putVarint,
  takeByte,
  takeFloat64,
  takeText,
  takeVarint,
} from '../bytes.ts'
import { type ParamValue, runStates, type Update } from './record.ts'

/**
 * An update inside a record:
 *
 *     u8 flags     1: name, 2: state
 *     [text name] [u8 index of the state]
 *     varint params: text key, u8 type (0 null, 1 text, 2 float64, 3 false, 4 true), [text or float64]
 *     varint tags:   text key, u8 type (0 null, 1 text), [text]
 */
export function putUpdate(output: Output, update: Update): void {
  putByte(output, (update.name === undefined ? 0 : 1) | (update.state === undefined ? 0 : 2))
  if (update.name !== undefined) putText(output, update.name)
  if (update.state !== undefined) putByte(output, runStates.indexOf(update.state))
  putEntries(output, update.params)
  putEntries(output, update.tags)
}

export function takeUpdate(input: Input): Update {
  const flags = takeByte(input)
  const name = flags & 1 ? takeText(input) : undefined
  const state = flags & 2 ? runStates[takeByte(input)] : undefined
  const params = takeEntries(input)
  const tags = takeEntries(input) as Map<string, string | null> | undefined
  return {
    ...(name === undefined ? {} : { name }),
    ...(state ? { state } : {}),
    ...(params ? { params } : {}),
    ...(tags ? { tags } : {}),
  }
}

function putEntries(output: Output, entries: ReadonlyMap<string, ParamValue> | undefined): void {
  putVarint(output, entries?.size ?? 0)
  for (const [key, value] of entries ?? []) {
    putText(output, key)
    if (value === null) putByte(output, 0)
    else if (typeof value === 'boolean') putByte(output, value ? 4 : 3)
    else if (typeof value === 'string') {
      putByte(output, 1)
      putText(output, value)
    } else {
      putByte(output, 2)
      putFloat64(output, value)
    }
  }
}

function takeEntries(input: Input): Map<string, ParamValue> | undefined {
  const count = takeVarint(input)
  if (count === 0) return undefined
  const entries = new Map<string, ParamValue>()
  for (let i = 0; i < count; i++) entries.set(takeText(input), takeValue(input))
  return entries
}

function takeValue(input: Input): ParamValue {
  const type = takeByte(input)
  switch (type) {
    case 0:
      return null
    case 1:
      return takeText(input)
    case 2:
      return takeFloat64(input)
    case 3:
    case 4:
      return type === 4
    default:
      throw new RangeError(`unknown type ${type} in an update`)
  }
}
