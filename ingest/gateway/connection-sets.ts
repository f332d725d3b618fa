import { Refusal } from '../../schema/errors.ts'
import { limits } from '../../schema/limits.ts'
import type { MetricSet } from '../record/record.ts'
import { checkDistinct, readMetricName } from './metric-names.ts'
import { type Cursor, readArray, readInteger, skipValue } from './msgpack.ts'
import type { NameRegistry } from './names.ts'

/** Metric sets that a connection has defined, by the number it gave them. For HTTP: of one request. */
export type ConnectionSets = {
  readonly byNumber: Map<number, MetricSet>
  names: number
  /** The set that was looked up last, under this number; -1: none. */
  lastNumber: number
  lastSet: MetricSet | undefined
  /** The writer of its last frame in columns: one client has one. */
  writer: string | undefined
}

export function createConnectionSets(): ConnectionSets {
  return { byNumber: new Map(), names: 0, lastNumber: -1, lastSet: undefined, writer: undefined }
}

/** To be called when the connection is gone. */
export function releaseConnectionSets(connection: ConnectionSets, names: NameRegistry): void {
  names.definedNames -= connection.names
  connection.names = 0
  connection.byNumber.clear()
  connection.lastNumber = -1
  connection.lastSet = undefined
}

/** `[[number, [names…]], …]` */
export function readSets(cursor: Cursor, names: NameRegistry, connection: ConnectionSets): void {
  const count = readArray(cursor, 'sets')
  for (let i = 0; i < count; i++) {
    if (readArray(cursor, 'a set') !== 2) throw new Refusal('wrong_type', 'a set must be [number, names]')
    const number = readInteger(cursor, 'the number of a set', 'wrong_type')
    if (number < 0 || number > 65_535) throw new Refusal('wrong_type', 'the number of a set must be from 0 to 65535')
    const set = readNames(cursor, names)
    const replaced = connection.byNumber.get(number)
    const total = connection.names + set.names.length - (replaced?.names.length ?? 0)
    if (total > limits.namesPerConnection) {
      throw new Refusal(
        'too_many_sets',
        `the connection defines ${total} metric names; the limit is ${limits.namesPerConnection}`,
      )
    }
    if (!replaced && connection.byNumber.size >= limits.setsPerConnection) {
      throw new Refusal('too_many_sets', `the connection defines more than ${limits.setsPerConnection} metric sets`)
    }
    const change = total - connection.names
    if (names.definedNames + change > limits.namesOverConnections)
      throw new Refusal('overloaded', 'too many metric names are defined')
    connection.byNumber.set(number, set)
    connection.lastNumber = -1
    connection.names = total
    names.definedNames += change
  }
}

function readNames(cursor: Cursor, names: NameRegistry): MetricSet {
  const start = cursor.at
  skipValue(cursor, 1)
  const end = cursor.at
  return names.set(cursor.bytes.toString('latin1', start, end), () => {
    const again: Cursor = { bytes: cursor.bytes, at: start, end }
    const count = readArray(again, 'the names of a set')
    if (count > limits.metricsPerRun) {
      throw new Refusal('too_many_metrics', `a set of ${count} metrics; the limit of a run is ${limits.metricsPerRun}`)
    }
    if (count === 0) throw new Refusal('wrong_type', 'a set must have at least one name')
    const list = Array.from({ length: count }, () => readMetricName(again))
    checkDistinct(list, 'a set')
    return list
  })
}
