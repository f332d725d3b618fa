import { Refusal } from '../../schema/errors.ts'
import { limits } from '../../schema/limits.ts'
import { type Cursor, readString } from './msgpack.ts'

/** Refuses a list that has a metric twice; `where` names the list in the message. */
export function checkDistinct(list: readonly string[], where: string): void {
  if (new Set(list).size === list.length) return
  const twice = list.find((name, index) => list.indexOf(name) !== index)
  throw new Refusal('duplicate_metric', `metric ${JSON.stringify(twice)} is twice in ${where}`)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const controls = /[\u0000-\u001f\u007f]/

export function readMetricName(cursor: Cursor): string {
  const start = cursor.at
  const name = readString(cursor, 'a metric name', 'bad_metric')
  if (name.length === 0) throw new Refusal('bad_metric', 'a metric name is empty')
  // At most 5 bytes of the difference are the text's header.
  if (cursor.at - start > limits.metricBytes && Buffer.byteLength(name) > limits.metricBytes) {
    throw new Refusal('bad_metric', `a metric name is longer than ${limits.metricBytes} bytes`)
  }
  if (controls.test(name)) throw new Refusal('bad_metric', 'a metric name has control characters')
  return name
}
