import { Unpackr } from 'msgpackr'
import { Refusal } from '../../schema/errors.ts'
import { limits } from '../../schema/limits.ts'
import { type ParamValue, type RunState, runStates, type Update } from '../record/record.ts'
import { type Cursor, isMapByte, peekByte, skipValue } from './msgpack.ts'

/** Sees only bytes that `skipValue` has passed: no extension types, bounded depth, honest lengths. */
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: false })

/** `{name?, state?, params?, tags?}`. Values are texts, numbers, booleans (params only) or nil, which removes the key. */
export function readUpdate(cursor: Cursor): Update {
  if (!isMapByte(peekByte(cursor))) throw new Refusal('wrong_type', 'update must be a map')
  const start = cursor.at
  skipValue(cursor, 1, true)
  const fields = unpackr.unpack(cursor.bytes.subarray(start, cursor.at)) as Map<string, unknown>
  const update: {
    name?: string
    state?: RunState
    params?: Map<string, ParamValue>
    tags?: Map<string, string | null>
  } = {}
  for (const [key, value] of fields) {
    if (value === null) continue
    if (key === 'name') update.name = checkText(value, limits.nameCharacters, 'name')
    else if (key === 'state') update.state = checkState(value)
    else if (key === 'params') update.params = checkEntries(value, 'params', checkParam)
    else if (key === 'tags') update.tags = checkEntries(value, 'tags', checkTag)
    else throw new Refusal('unknown_field', `update has no field ${JSON.stringify(key.slice(0, 64))}`)
  }
  if (Object.keys(update).length === 0) throw new Refusal('bad_update', 'update is empty')
  return update
}

function checkState(value: unknown): RunState {
  const state = runStates.find((known) => known === value)
  if (state === undefined) throw new Refusal('bad_update', `state must be one of ${runStates.join(', ')}`)
  return state
}

function checkText(value: unknown, maximum: number, what: string): string {
  if (typeof value !== 'string') throw new Refusal('bad_update', `${what} must be a text`)
  if (value.length > maximum) throw new Refusal('bad_update', `${what} is longer than ${maximum} characters`)
  if (value.includes('\0')) throw new Refusal('bad_update', `${what} has a NUL character`)
  return value
}

function checkEntries<V>(value: unknown, what: string, check: (value: unknown, what: string) => V): Map<string, V> {
  if (!(value instanceof Map)) throw new Refusal('bad_update', `${what} must be a map`)
  if (value.size > limits.entriesPerUpdate) {
    throw new Refusal(
      'bad_update',
      `${what} have ${value.size} entries; the limit of one update is ${limits.entriesPerUpdate}`,
    )
  }
  const entries = new Map<string, V>()
  for (const [key, entry] of value as Map<string, unknown>) {
    if (key.length === 0) throw new Refusal('bad_update', `a key of ${what} is empty`)
    checkText(key, limits.keyCharacters, `a key of ${what}`)
    entries.set(key, check(entry, `${what}.${key.slice(0, 64)}`))
  }
  return entries
}

function checkParam(value: unknown, what: string): ParamValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return value
  if (typeof value === 'string') return checkText(value, limits.valueCharacters, what)
  // msgpackr makes one of every integer that was sent in 8 bytes, which all of JSON are.
  if (typeof value === 'bigint') {
    if (Number.isSafeInteger(Number(value))) return Number(value)
    throw new Refusal('bad_update', `${what} is an integer beyond ±(2^53-1)`)
  }
  throw new Refusal('bad_update', `${what} must be a text, a number, a boolean or nil; flatten nested params`)
}

function checkTag(value: unknown, what: string): string | null {
  return value === null ? null : checkText(value, limits.valueCharacters, what)
}
