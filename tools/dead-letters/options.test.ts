import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readOptions } from './options.ts'
import { BadUsage } from './trouble.ts'

const read = (line: string, environment = {}) => readOptions(line.split(' ').filter(Boolean), environment)
const places = { url: 'http://127.0.0.1:7410', framesUrl: 'http://127.0.0.1:7410', key: undefined }
const filter = { reason: undefined, project: undefined }

const good: [line: string, options: object][] = [
  ['', { command: 'help' }],
  ['replay --help', { command: 'help' }],
  ['list', { command: 'list', list: { ...filter, limit: 100, json: false } }],
  [
    'list --reason TOO_MANY_METRICS --project p --limit 5 --json',
    { command: 'list', list: { reason: 'too_many_metrics', project: 'p', limit: 5, json: true } },
  ],
  ['show 0-1-2 --raw file', { command: 'show', show: { id: '0-1-2', raw: 'file' } }],
  [
    'replay 0-1-2 0-1-0 0-1-2 --dry-run',
    { command: 'replay', replay: { ...filter, ids: ['0-1-2', '0-1-0'], dryRun: true, keepGoing: false } },
  ],
  [
    'replay --all --keep-going',
    { command: 'replay', replay: { ...filter, ids: undefined, dryRun: false, keepGoing: true } },
  ],
]
for (const [line, options] of good) {
  test(`understood: ${line || 'nothing'}`, () => assert.deepEqual(read(line), { ...places, ...options }))
}

test('frames go where questions go, unless told otherwise; the key may be in the environment', () => {
  const one = read('list --url http://q:1/', { API_KEY: 'secret 1' })
  assert.deepEqual([one.url, one.framesUrl, one.key], ['http://q:1', 'http://q:1', 'secret 1'])
  const two = read('list --url http://q:1 --frames-url https://g:2/x --key k', { API_KEY: 'secret 1' })
  assert.deepEqual([two.url, two.framesUrl, two.key], ['http://q:1', 'https://g:2/x', 'k'])
})

const bad: [line: string, message: RegExp][] = [
  ['delete', /no command delete/],
  ['list 0-1-2', /list takes no names/],
  ['list --reason bad_luck', /no reason bad_luck: unreadable_record/],
  ['list --limit 0', /--limit/],
  ['list --limit many', /--limit/],
  ['list --all', /list has no option --all/],
  ['list --url localhost:7410', /--url is not an http/],
  ['list --colour', /--colour/],
  ['show', /one letter/],
  ['show 0-1-2 0-1-3', /one letter/],
  ['show 17', /17 is no letter's name/],
  ['replay', /either names/],
  ['replay 0-1-2 --all', /either names/],
  ['replay --reason key_collision --all', /either names/],
  ['replay --project p', /either names/],
  ['replay 0-1-2 --project p', /--project is of no use/],
]
for (const [line, message] of bad) {
  test(`refused: ${line}`, () => {
    assert.throws(
      () => read(line),
      (error) => error instanceof BadUsage && message.test(error.message),
    )
  })
}
