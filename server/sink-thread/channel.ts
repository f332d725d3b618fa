import type { MessagePort, Transferable, Worker } from 'node:worker_threads'
import { type BirpcReturn, createBirpc } from 'birpc'
import { PartitionLost } from '../../ingest/log/log.ts'

/** One end of what joins two threads. */
export type Port = Pick<MessagePort | Worker, 'postMessage'> & {
  on(event: 'message', listener: (message: unknown) => void): unknown
}

/** What goes with a value into the other thread, by the value. */
const going = new WeakMap<object, readonly ArrayBuffer[]>()

/** Marks memory in a value, an argument or an answer of a call, to be handed over instead of copied: nobody here may use it any more. */
export function handOver<T extends object>(value: T, memory: readonly ArrayBuffer[]): T {
  going.set(value, memory)
  return value
}

type Message = { readonly a?: readonly unknown[]; readonly r?: unknown; readonly e?: unknown }

/**
 * Calls from thread to thread: functions of the other side as if they were here. A call waits as long as it takes; what it throws is thrown here, with the
 * fields and, where somebody looks at it, the class that it had.
 */
export function openChannel<Theirs extends object, Ours extends object>(
  port: Port,
  ours: Ours,
): BirpcReturn<Theirs, Ours> {
  return createBirpc<Theirs, Ours>(ours, {
    post(message: Message) {
      const values = [...(message.a ?? []), message.r].filter((value) => typeof value === 'object' && value !== null)
      port.postMessage(message, values.flatMap((value) => going.get(value as object) ?? []) as Transferable[])
    },
    on: (listener) => void port.on('message', listener),
    serialize: (message: Message) => ('e' in message ? { ...message, e: errorToSend(message.e) } : message),
    deserialize: (message: Message) =>
      'e' in message ? { ...message, e: errorSent(message.e as SentError) } : message,
    bind: 'functions',
    timeout: -1,
  })
}

/** Classes of errors that somebody tells apart. */
const classes = { PartitionLost }

export type SentError = {
  readonly error: unknown
  readonly className: string | undefined
  readonly fields: Readonly<Record<string, unknown>>
}

/** An error as it can be copied: of its own fields those that are texts and numbers, such as ClickHouse's code. */
export function errorToSend(error: unknown): SentError {
  if (!(error instanceof Error)) return { error: String(error), className: undefined, fields: {} }
  const fields = Object.fromEntries(
    Object.entries(error).filter(([, value]) => ['string', 'number'].includes(typeof value)),
  )
  const plain = new Error(error.message)
  plain.name = error.name
  if (error.stack !== undefined) plain.stack = error.stack
  return { error: plain, className: error.constructor.name, fields }
}

export function errorSent({ error, className, fields }: SentError): unknown {
  if (!(error instanceof Error)) return error
  const Class = Object.entries(classes).find(([name]) => name === className)?.[1]
  if (Class) Object.setPrototypeOf(error, Class.prototype)
  return Object.assign(error, fields)
}
