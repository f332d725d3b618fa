import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql'
import { limits } from '../schema/limits.ts'
import { asValue, integerColumn, packedColumn, valueColumn } from './answers/columns.ts'

/** A scalar that only goes out. */
function outgoing<T>(name: string, serialize: (value: T) => unknown): GraphQLScalarType {
  return new GraphQLScalarType({ name, serialize: (value) => serialize(value as T) })
}

/** A scalar that goes both ways; `read` sees the plain value of a variable or of a literal. */
function both<T>(name: string, serialize: (value: T) => unknown, read: (value: unknown) => T): GraphQLScalarType {
  return new GraphQLScalarType({
    name,
    serialize: (value) => serialize(value as T),
    parseValue: read,
    parseLiteral: (node) => read(plain(node)),
  })
}

function plain(node: ValueNode): unknown {
  if (node.kind === Kind.INT || node.kind === Kind.FLOAT) return Number(node.value)
  return node.kind === Kind.STRING ? node.value : undefined
}

const asNumber = (value: number) => value

export const scalars = {
  JSON: outgoing<unknown>('JSON', (value) => value),
  Count: outgoing('Count', asNumber),
  Value: outgoing('Value', asValue),
  Steps: outgoing('Steps', integerColumn),
  Times: outgoing('Times', integerColumn),
  Counts: outgoing('Counts', integerColumn),
  Values: outgoing('Values', valueColumn),
  Packed: outgoing('Packed', packedColumn),
  Step: both('Step', asNumber, readStep),
  Time: both('Time', (ms) => new Date(ms).toISOString(), readTime),
}

function readStep(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && Math.abs(value) <= limits.stepMagnitude) return value
  throw new GraphQLError('a step is an integer within ±(2^53-1)')
}

function readTime(value: unknown): number {
  const iso =
    typeof value === 'string' && /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(value)
  const ms = iso ? Date.parse(value) : value
  if (typeof ms === 'number' && Number.isSafeInteger(ms) && ms >= limits.timeMinimumMs && ms <= limits.timeMaximumMs) {
    return ms
  }
  throw new GraphQLError('a time is an ISO 8601 text such as 2026-01-31T12:00:00.000Z, or an integer of ms since 1970')
}
