/** What the SDL must say of everything in it. */
import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  buildSchema,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isSpecifiedDirective,
  isSpecifiedScalarType,
} from 'graphql'
import { packageFile } from '../schema/files.ts'

type Described = { readonly at: string; readonly description: string; readonly input?: GraphQLInputType }

/** Everything that can have a description, with the place where it stands. */
function everything(): Described[] {
  const schema = buildSchema(readFileSync(packageFile('schema/api.graphql'), 'utf8'))
  const own = Object.values(schema.getTypeMap()).filter(
    (type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type),
  )
  const found: Described[] = [{ at: 'schema', description: schema.description ?? '' }]
  const add = (at: string, { description }: { description?: string | null | undefined }, input?: GraphQLInputType) =>
    found.push({ at, description: description ?? '', ...(input ? { input } : {}) })
  for (const directive of schema.getDirectives().filter((each) => !isSpecifiedDirective(each))) {
    add(`@${directive.name}`, directive)
    for (const argument of directive.args) add(`@${directive.name}(${argument.name}:)`, argument, argument.type)
  }
  for (const type of own) {
    add(type.name, type)
    if (isEnumType(type)) for (const value of type.getValues()) add(`${type.name}.${value.name}`, value)
    if (isInputObjectType(type))
      for (const field of Object.values(type.getFields())) add(`${type.name}.${field.name}`, field, field.type)
    if (!isObjectType(type) && !isInterfaceType(type)) continue
    for (const field of Object.values(type.getFields())) {
      add(`${type.name}.${field.name}`, field)
      for (const argument of field.args) add(`${type.name}.${field.name}(${argument.name}:)`, argument, argument.type)
    }
  }
  return found
}

test('everything in the SDL is described, in a sentence', () => {
  const all = everything()
  assert.ok(all.length > 280, `${all.length} are too few to be all`)
  // A letter at the begin, and a point, a colon or a closing parenthesis at the end; code and numbers may begin too.
  const wrong = all.filter(({ description }) => !/^[A-Z0-9`±][\s\S]*[.:)`]$/.test(description.trim()))
  assert.deepEqual(
    wrong.map(({ at, description }) => `${at}: ${JSON.stringify(description)}`),
    [],
  )
})

test('every number that a client may choose says its range', () => {
  const numbers = ofTypes(everything(), ['Int', 'Float'])
  assert.ok(numbers.length > 10)
  const range = /-?\d[\d,.]* to -?\d|[Aa]t most \d|[Aa]ny (finite )?float64|See `\w+\.\w+`/
  assert.deepEqual(
    numbers
      .filter(({ description }) => !range.test(description))
      .map(({ at }) => `${at} says no range, as in "1 to 500"`),
    [],
  )
})

test('every list that a client may send says how long it may be', () => {
  const lists = everything().filter(({ input }) => String(input).startsWith('['))
  assert.ok(lists.length > 5)
  assert.deepEqual(
    lists
      .filter(({ description }) => !/[Aa]t most \d/.test(description))
      .map(({ at }) => `${at} says no length, as in "at most 500"`),
    [],
  )
})

const ofTypes = (found: readonly Described[], types: readonly string[]) =>
  found.filter(({ input }) => input && types.includes(getNamedType(input).name))
