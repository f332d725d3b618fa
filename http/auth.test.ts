import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusal } from '../schema/errors.ts'
import { createAuthorizer } from './auth.ts'

type Verdict = 'in' | 'unauthorized' | 'forbidden_origin'

const keys: [name: string, key: string | undefined, authorization: string | undefined, verdict: Verdict][] = [
  ['without a key everyone may come in', undefined, undefined, 'in'],
  ['without a key a header does no harm', undefined, 'Bearer anything', 'in'],
  ['the key opens', 'secret', 'Bearer secret', 'in'],
  ['a key of other scripts opens', 'schlüssel', 'Bearer schlüssel', 'in'],
  ['no header does not', 'secret', undefined, 'unauthorized'],
  ['an empty header does not', 'secret', '', 'unauthorized'],
  ['a wrong key of the same length does not', 'secret', 'Bearer secreT', 'unauthorized'],
  ['a beginning of the key does not', 'secret', 'Bearer secre', 'unauthorized'],
  ['the key and more does not', 'secret', 'Bearer secret1', 'unauthorized'],
  ['the bare key does not', 'secret', 'secret', 'unauthorized'],
  ['another scheme does not', 'secret', 'Basic secret', 'unauthorized'],
]
const origins: [name: string, origin: string | undefined, host: string | undefined, verdict: Verdict][] = [
  ['programs send no origin', undefined, 'localhost:7410', 'in'],
  ['a page of this server', 'http://localhost:7410', 'localhost:7410', 'in'],
  ['a page of this server behind TLS', 'https://metrics.example', 'metrics.example', 'in'],
  ['a page of another host', 'http://evil.example', 'localhost:7410', 'forbidden_origin'],
  ['a page of another port', 'http://localhost:3000', 'localhost:7410', 'forbidden_origin'],
  ['a host that only begins alike', 'http://localhost:7410.evil.example', 'localhost:7410', 'forbidden_origin'],
  ['a host in the user part', 'http://localhost:7410@evil.example', 'localhost:7410', 'forbidden_origin'],
  ['a sandboxed page or a file', 'null', 'localhost:7410', 'forbidden_origin'],
  ['a browser extension', 'chrome-extension://localhost:7410', 'localhost:7410', 'forbidden_origin'],
  ['an empty origin', '', 'localhost:7410', 'forbidden_origin'],
  ['no host to compare with', 'http://localhost:7410', undefined, 'forbidden_origin'],
]

function judge(key: string | undefined, headers: Record<string, string | undefined>): Verdict {
  const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined)
  try {
    createAuthorizer(key)(new Map(given))
    return 'in'
  } catch (error) {
    assert.ok(error instanceof Refusal)
    return error.code as Verdict
  }
}

for (const [name, key, authorization, verdict] of keys) {
  test(`key: ${name}`, () => assert.equal(judge(key, { authorization }), verdict))
}
for (const [name, origin, host, verdict] of origins) {
  test(`origin: ${name}`, () => {
    assert.equal(judge(undefined, { origin, host }), verdict)
    const withKey = { origin, host, authorization: 'Bearer secret' }
    assert.equal(judge('secret', withKey), verdict, 'the key does not change it')
  })
}
