/**
 * Operations known by the SHA-256 of their text: stored ones, which whoever runs the server trusts, and such that a client sent once
 * (automatic registration). So a long document travels once, and a question fits in the URL of a GET.
 */
import { createHash } from 'node:crypto'
import { limits } from '../schema/limits.ts'
import { requestFailure } from './failures.ts'
import { createLastUsed } from './last-used.ts'

export type PersistedSettings = {
  /** Texts by their hash, 64 hexadecimal digits. */
  readonly documents: ReadonlyMap<string, string>
  /** Only the stored ones are answered. */
  readonly only: boolean
}

/** What a request says of its operation; each as it came. */
export type OperationRequest = {
  readonly query?: unknown
  /** `sha256:<hash>`, as the GraphQL over HTTP drafts have it; or the hash alone. */
  readonly documentId?: unknown
  /** `{ persistedQuery: { version: 1, sha256Hash } }`, as Apollo's clients and urql send. */
  readonly extensions?: unknown
}

/** A text, and whether it is known by a hash. */
export type Operation = { readonly text: string; readonly hash: string }

export type PersistedOperations = {
  /** The operation that a request means; undefined when it names none by hash. @throws requestFailure */
  find(request: OperationRequest): Operation | undefined
}

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

export function createPersistedOperations({ documents, only }: PersistedSettings): PersistedOperations {
  const registered = createRegister()
  return {
    find(request) {
      const hash = hashOf(request)
      if (only && (hash === undefined || !documents.has(hash))) {
        throw requestFailure('PERSISTED_ONLY', 'this server answers only the operations that are stored with it')
      }
      if (hash === undefined) return undefined
      if (typeof request.query !== 'string') {
        const text = documents.get(hash) ?? registered.get(hash)
        // Clients know this case by these words.
        if (text === undefined) throw requestFailure('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound')
        return { text, hash }
      }
      if (sha256(request.query) !== hash)
        throw requestFailure('PERSISTED_QUERY_MISMATCH', 'the SHA-256 of the query is not the one that came with it')
      if (!documents.has(hash)) registered.keep(hash, request.query)
      return { text: request.query, hash }
    },
  }
}

function hashOf({ documentId, extensions }: OperationRequest): string | undefined {
  if (documentId !== undefined && documentId !== null) {
    const hash = typeof documentId === 'string' ? /^(?:sha256:)?([0-9a-f]{64})$/.exec(documentId)?.[1] : undefined
    if (hash === undefined)
      throw requestFailure('BAD_REQUEST', 'documentId must be sha256: and 64 lower-case hexadecimal digits')
    return hash
  }
  const persisted = (extensions as { persistedQuery?: unknown } | null | undefined)?.persistedQuery
  if (persisted === undefined || persisted === null) return undefined
  const { version, sha256Hash } = persisted as { version?: unknown; sha256Hash?: unknown }
  if (version !== 1 || typeof sha256Hash !== 'string' || !/^[0-9a-f]{64}$/.test(sha256Hash)) {
    throw requestFailure(
      'BAD_REQUEST',
      'extensions.persistedQuery must have version 1 and a sha256Hash of 64 lower-case hexadecimal digits',
    )
  }
  return sha256Hash
}

/** What clients registered: the latest used, bounded in number and bytes. What is forgotten, its client sends again. */
const createRegister = () =>
  createLastUsed<string>(
    (texts, bytes) => texts <= limits.registeredOperations && bytes <= limits.registeredBytes,
    Buffer.byteLength,
  )
