import { coerceInputValue, GraphQLError, type GraphQLSchema, isInputType } from 'graphql'
import { limits } from '../../schema/limits.ts'
import type { StreamFormat } from '../../schema/store.ts'
import { failure } from '../failures.ts'
import type { ExportedPoints, ExportPoints } from '../sql/export-points.ts'
import type { RunFilter } from '../sql/run-filter.ts'

export type ExportQuestion = ExportPoints & { readonly format: StreamFormat; readonly at: string | undefined }

const formats = new Map<unknown, StreamFormat>([
  ['parquet', 'Parquet'],
  ['arrow', 'ArrowStream'],
])
const choices = new Map<unknown, ExportedPoints>([
  ['last', 'LAST'],
  ['first', 'FIRST'],
  ['all', 'ALL'],
])
const known = ['project', 'format', 'filter', 'metrics', 'fromStep', 'toStep', 'points', 'at']

/** The fields of an address: texts, of which the filter is JSON; `metrics` may come several times, one name each. @throws a failure BAD_INPUT */
export function fieldsOfAddress(query: string): Record<string, unknown> {
  const given = new URLSearchParams(query)
  const fields: Record<string, unknown> = Object.fromEntries(given)
  const twice = Object.keys(fields).find((name) => name !== 'metrics' && given.getAll(name).length > 1)
  if (twice !== undefined) throw bad(`${JSON.stringify(twice.slice(0, 100))} is there more than once`)
  if (given.has('metrics')) fields.metrics = given.getAll('metrics')
  if (typeof fields.filter === 'string') fields.filter = jsonOf(fields.filter, 'filter')
  for (const name of ['fromStep', 'toStep']) {
    const text = fields[name]
    if (text !== undefined) fields[name] = /^-?\d{1,16}$/.test(String(text)) ? Number(text) : Number.NaN
  }
  return fields
}

/** The fields of a body: one JSON object. @throws a failure BAD_INPUT */
export function fieldsOfBody(body: Uint8Array): Record<string, unknown> {
  const fields = jsonOf(Buffer.from(body).toString('utf8'), 'the body')
  if (!isObject(fields)) throw bad('the body is not a JSON object')
  return fields
}

/** @throws a failure BAD_INPUT for what is not allowed, TOO_DEEP; filters follow the SDL's `RunFilter` */
export function exportQuestion(fields: Readonly<Record<string, unknown>>, schema: GraphQLSchema): ExportQuestion {
  const unknown = Object.keys(fields).find((name) => !known.includes(name))
  if (unknown !== undefined)
    throw bad(`there is no ${JSON.stringify(unknown.slice(0, 100))}; there are ${known.join(', ')}`)
  const { project, at } = fields
  if (typeof project !== 'string' || project === '') throw bad('project is missing')
  if (at !== undefined && at !== null && typeof at !== 'string') throw bad('at must be a text')
  const fromStep = stepOf(fields.fromStep, 'fromStep') ?? -limits.stepMagnitude
  const toStep = stepOf(fields.toStep, 'toStep') ?? limits.stepMagnitude
  if (fromStep > toStep) throw bad(`fromStep is ${fromStep}, after toStep, which is ${toStep}`)
  return {
    ...{ project, fromStep, toStep, at: at ?? undefined },
    format: oneOf(formats, fields.format ?? 'parquet', 'format'),
    points: oneOf(choices, fields.points ?? 'last', 'points'),
    filter: filterOf(fields.filter ?? {}, schema),
    metrics: metricsOf(fields.metrics),
  }
}

const bad = (message: string) => failure('BAD_INPUT', message)

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function oneOf<T>(values: ReadonlyMap<unknown, T>, given: unknown, name: string): T {
  const value = values.get(given)
  if (value === undefined) throw bad(`${name} must be one of ${[...values.keys()].join(', ')}`)
  return value
}

function jsonOf(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw bad(`${what} is not JSON`)
  }
}

function stepOf(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null) return undefined
  if (Number.isSafeInteger(value)) return value as number
  throw bad(`${name} must be an integer within ±(2^53-1)`)
}

function metricsOf(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value) || !value.every((name) => typeof name === 'string'))
    throw bad('metrics must be a list of names')
  if (value.length > limits.metricNamesPerQuestion) {
    throw bad(`${value.length} metrics; at most ${limits.metricNamesPerQuestion} are allowed`)
  }
  return [...new Set(value)]
}

function filterOf(value: unknown, schema: GraphQLSchema): RunFilter {
  refuseDeep(value)
  const type = schema.getType('RunFilter')
  if (!isInputType(type)) throw new TypeError('the SDL has no RunFilter')
  if (!isObject(value)) throw bad('filter must be an object')
  try {
    return coerceInputValue(value, type, (path, _, error) => {
      throw bad(`filter${path.length > 0 ? `.${path.join('.')}` : ''}: ${error.message}`)
    }) as RunFilter
  } catch (error) {
    throw error instanceof GraphQLError ? bad(error.message) : error
  }
}

/** Before anything goes through it level by level. */
function refuseDeep(value: unknown): void {
  let level = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limits.queryVariableDepth)
      throw failure('TOO_DEEP', `the filter nests more than ${limits.queryVariableDepth} deep`)
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []))
  }
}
