import { coerceInputValue, GraphQLError, type GraphQLSchema, isInputType } from 'graphql'
import { limits } from '../../schema/limits.ts'
import type { StreamFormat } from '../../schema/store.ts'
import { failure } from '../failures.ts'
import type { ExportPoints, Superseded } from '../sql/export-points.ts'
import type { RunFilter } from '../sql/run-filter.ts'

export type ExportQuestion = ExportPoints & { readonly format: StreamFormat; readonly at: string | undefined }

const formats: Readonly<Record<string, StreamFormat>> = { parquet: 'Parquet', arrow: 'ArrowStream' }
const known = ['project', 'format', 'filter', 'metrics', 'fromStep', 'toStep', 'superseded', 'at']

/** The fields of an address: texts, of which the filter is JSON and the metrics a list with commas. @throws a failure BAD_INPUT */
export function fieldsOfAddress(query: string): Record<string, unknown> {
  const fields: Record<string, unknown> = Object.fromEntries(new URLSearchParams(query))
  if (typeof fields.filter === 'string') fields.filter = jsonOf(fields.filter, 'filter')
  if (typeof fields.metrics === 'string') fields.metrics = fields.metrics.split(',')
  for (const name of ['fromStep', 'toStep']) if (typeof fields[name] === 'string') fields[name] = Number(fields[name])
  return fields
}

/** The fields of a body: one JSON object. @throws a failure BAD_INPUT */
export function fieldsOfBody(body: Uint8Array): Record<string, unknown> {
  const fields = jsonOf(Buffer.from(body).toString('utf8'), 'the body')
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) throw bad('the body is not a JSON object')
  return fields as Record<string, unknown>
}

/** @throws a failure BAD_INPUT for what is not allowed; filters follow the SDL's `RunFilter` */
export function exportQuestion(fields: Readonly<Record<string, unknown>>, schema: GraphQLSchema): ExportQuestion {
  const unknown = Object.keys(fields).find((name) => !known.includes(name))
  if (unknown !== undefined) throw bad(`there is no ${unknown.slice(0, 100)}; there are ${known.join(', ')}`)
  const { project, format = 'parquet', superseded = 'last', at } = fields
  if (typeof project !== 'string' || project === '') throw bad('project is missing')
  const written = formats[String(format)]
  if (!written) throw bad(`format must be one of ${Object.keys(formats).join(', ')}`)
  if (superseded !== 'last' && superseded !== 'first' && superseded !== 'all')
    throw bad('superseded must be last, first or all')
  if (at !== undefined && at !== null && typeof at !== 'string') throw bad('at must be a text')
  const fromStep = stepOf(fields.fromStep, 'fromStep') ?? -limits.stepMagnitude
  const toStep = stepOf(fields.toStep, 'toStep') ?? limits.stepMagnitude
  if (fromStep > toStep) throw bad(`fromStep is ${fromStep}, after toStep, which is ${toStep}`)
  return {
    ...{ project, fromStep, toStep, format: written, at: at ?? undefined },
    filter: filterOf(fields.filter ?? {}, schema),
    metrics: metricsOf(fields.metrics),
    superseded: superseded.toUpperCase() as Superseded,
  }
}

const bad = (message: string) => failure('BAD_INPUT', message)

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
