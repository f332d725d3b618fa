import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BadSettings } from './bad-settings.ts'
import { readCanary } from './canary.ts'
import { readSettings } from './read-settings.ts'
import type { Role } from './settings.ts'

const kafka = { LOG: 'kafka', KAFKA_BROKERS: 'a:9092' }
const split = { KAFKA_BROKERS: 'a:9092', STORE_URL: 'http://store:8123' }

const good: [sentence: string, role: Role, environment: Record<string, string>, shown: Record<string, unknown>][] = [
  ['nothing set: everything in one process', 'all', {}, { LOG: 'embedded', PORT: 7410, STORE_URL: undefined }],
  ['all in one on Kafka and a store of its own', 'all', { ...kafka, ...split }, { LOG: 'kafka', PORT: 7410 }],
  ['a gateway', 'gateway', { KAFKA_BROKERS: 'a:1,b:2' }, { LOG: 'kafka', PORT: 7410, KAFKA_BROKERS: 'a:1,b:2' }],
  ['a sink', 'sink', split, { LOG: 'kafka', PORT: 7430, KAFKA_PARTITIONS: 4, KAFKA_RETENTION_HOURS: undefined }],
  ['a query server', 'query', { ...split, PORT: '9' }, { PORT: 9, STORE_USER: 'default', STORE_DATABASE: 'default' }],
  ['an empty variable is one that is not set', 'query', { ...split, PORT: '', LOG: '' }, { LOG: 'kafka', PORT: 7420 }],
]
for (const [sentence, role, environment, shown] of good) {
  test(`settings: ${sentence}`, () => {
    const settings = readSettings(environment, role) as Record<string, unknown>
    for (const [name, value] of Object.entries(shown)) assert.equal(settings[name], value, name)
    assert.equal(settings.role, role)
  })
}

const bad: [sentence: string, role: Role, environment: Record<string, string>, message: RegExp][] = [
  ['a gateway on the embedded log', 'gateway', { LOG: 'embedded' }, /^ {2}LOG: a gateway is one process of several/m],
  ['a sink on the embedded log', 'sink', { ...split, LOG: 'embedded' }, /^ {2}LOG: a sink/m],
  ['a sink without a store', 'sink', kafka, /^ {2}STORE_URL: a sink is one process of several/m],
  ['a query server without a store', 'query', kafka, /^ {2}STORE_URL: a query/m],
  ['Kafka without brokers', 'gateway', {}, /^ {2}KAFKA_BROKERS: LOG=kafka needs/m],
  ['a broker without a port', 'gateway', { KAFKA_BROKERS: 'a:1,b' }, /^ {2}KAFKA_BROKERS: each is host:port/m],
  ['a store that is no URL', 'all', { STORE_URL: 'store:8123' }, /^ {2}STORE_URL: /m],
  ['more copies needed than made', 'all', { KAFKA_MIN_INSYNC: '2' }, /^ {2}KAFKA_MIN_INSYNC: /m],
  ['certificates without TLS', 'all', { KAFKA_TLS_CA: 'ca.pem' }, /^ {2}KAFKA_TLS: /m],
  ['a certificate without its key', 'all', { KAFKA_TLS: 'true', KAFKA_TLS_CERT: 'c' }, /^ {2}KAFKA_TLS_KEY: /m],
  ['TLS that is neither true nor false', 'all', { KAFKA_TLS: 'yes' }, /^ {2}KAFKA_TLS: /m],
  [
    'a login without a password',
    'all',
    { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'u' },
    /^ {2}KAFKA_SASL_MECHANISM: /m,
  ],
  ['a password without a way to log in', 'all', { KAFKA_SASL_PASSWORD: 'p' }, /^ {2}KAFKA_SASL_USERNAME: /m],
  ['two faults, both named', 'sink', {}, /STORE_URL: [^\n]*\n {2}KAFKA_BROKERS: /],
]
for (const [sentence, role, environment, message] of bad) {
  test(`bad settings: ${sentence}`, () => {
    assert.throws(
      () => readSettings(environment, role),
      (error) => error instanceof BadSettings && message.test(error.message),
    )
  })
}

test('a canary is taken in tests only, and only one that there is', () => {
  assert.equal(readCanary({}), undefined)
  assert.equal(readCanary({ STEPSTREAM_CANARY: 'skip_token', STEPSTREAM_TEST: '1' }), 'skip_token')
  assert.throws(() => readCanary({ STEPSTREAM_CANARY: 'skip_token' }), BadSettings)
  assert.throws(() => readCanary({ STEPSTREAM_CANARY: 'other', STEPSTREAM_TEST: '1' }), /there is no other, only/)
})
