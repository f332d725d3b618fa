import { limits } from '../../schema/limits.ts'
import type { Parameters, ParameterValue } from '../../schema/store.ts'
import { failure } from '../failures.ts'

/** A statement and what is bound to its parameters. */
export type Statement = { readonly sql: string; readonly parameters: Parameters }

/** Hands out names for the values that a statement binds: text from a user never becomes text of the statement. */
export type Binder = {
  readonly parameters: Record<string, ParameterValue>
  bind(type: BoundType, value: ParameterValue): string
}
export type BoundType =
  | 'String'
  | 'Float64'
  | 'Int64'
  | 'UInt64'
  | 'UInt32'
  | 'Array(String)'
  | 'Array(Float64)'
  | 'Array(UInt64)'
  | 'Array(Int64)'

export function createBinder(): Binder {
  const parameters: Record<string, ParameterValue> = {}
  let bytes = 0
  return {
    parameters,
    bind(type, value) {
      bytes += textBytesOf(value)
      if (bytes > limits.questionTextBytes)
        throw failure('BAD_INPUT', `the texts of the question have more than ${limits.questionTextBytes} bytes`)
      const name = `p${Object.keys(parameters).length}`
      parameters[name] = value
      return `{${name}:${type}}`
    },
  }
}

function textBytesOf(value: ParameterValue): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  return Array.isArray(value) ? value.reduce((sum, item) => sum + textBytesOf(item), 0) : 0
}
