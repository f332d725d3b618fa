import { createHash, createHmac, pbkdf2 as pbkdf2Slowly, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { KafkaSasl } from './options.ts'
import {
  type Answer,
  int32,
  type RequestKind,
  requests,
  takeBytes,
  takeInt16,
  takeInt32,
  takeInt64,
  takeText,
  textBytes,
} from './protocol.ts'

const pbkdf2 = promisify(pbkdf2Slowly)

type Ask = (kind: RequestKind, body: readonly Uint8Array[]) => Promise<Answer>

/** Logs in with PLAIN or SCRAM (RFC 5802). @returns how long the broker takes it for, ms; 0: for ever */
export async function logIn(ask: Ask, { mechanism, username, password }: KafkaSasl): Promise<number> {
  const handshake = await ask(requests.saslHandshake, [textBytes(mechanism.toUpperCase())])
  if (takeInt16(handshake) !== 0) throw new Error(`Kafka does not let anybody log in with ${mechanism}`)
  if (mechanism === 'plain') return (await exchange(ask, `\0${username}\0${password}`)).lifetimeMs
  return await logInWithScram(ask, mechanism === 'scram-sha-256' ? 'sha256' : 'sha512', username, password)
}

async function logInWithScram(ask: Ask, hash: string, username: string, password: string): Promise<number> {
  const name = username.replaceAll('=', '=3D').replaceAll(',', '=2C')
  const nonce = randomBytes(18).toString('base64')
  const first = `n=${name},r=${nonce}`
  const challenge = (await exchange(ask, `n,,${first}`)).text
  const { r: bothNonces, s: salt, i: iterations } = fields(challenge)
  if (!bothNonces?.startsWith(nonce) || !salt || !(Number(iterations) >= 4096)) {
    throw new Error('Kafka answered a login with something else than a challenge')
  }
  const length = hash === 'sha256' ? 32 : 64
  const salted = await pbkdf2(password, Buffer.from(salt, 'base64'), Number(iterations), length, hash)
  const sign = (key: Buffer, text: string) => createHmac(hash, key).update(text).digest()
  const clientKey = sign(salted, 'Client Key')
  const storedKey = createHash(hash).update(clientKey).digest()
  const last = `c=biws,r=${bothNonces}`
  const spoken = `${first},${challenge},${last}`
  const signature = sign(storedKey, spoken)
  const proof = clientKey.map((byte, i) => byte ^ signature[i]!)
  const { text, lifetimeMs } = await exchange(ask, `${last},p=${Buffer.from(proof).toString('base64')}`)
  const theirs = Buffer.from(fields(text).v ?? '', 'base64')
  const expected = sign(sign(salted, 'Server Key'), spoken)
  if (theirs.length !== length || !timingSafeEqual(theirs, expected)) {
    throw new Error('who answers as Kafka does not know the password')
  }
  return lifetimeMs
}

async function exchange(ask: Ask, said: string): Promise<{ text: string; lifetimeMs: number }> {
  const bytes = Buffer.from(said)
  const answer = await ask(requests.saslAuthenticate, [int32(bytes.length), bytes])
  const error = takeInt16(answer)
  const message = takeText(answer)
  if (error !== 0) throw new Error(`Kafka refused the login: ${message || error}`)
  const text = String(takeBytes(answer, takeInt32(answer)))
  return { text, lifetimeMs: takeInt64(answer) }
}

function fields(text: string): Record<string, string | undefined> {
  return Object.fromEntries(text.split(',').map((field) => [field[0] ?? '', field.slice(2)]))
}
