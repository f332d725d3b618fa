import { setImmediate } from 'node:timers/promises'
import type { KeptCommit } from './commit-metadata.ts'

export type PartitionCommit = KeptCommit & { readonly partition: number }

/** Commits that go in one request. */
type Together = {
  readonly generation: number
  readonly partitions: PartitionCommit[]
  readonly done: Promise<void>
}

/**
 * Commits of one turn of the event loop go in one request, which costs broker and sink as much as that of one partition: where partitions insert
 * together, they commit together too. `generation`: under which a commit was allowed; if it is another when the request is to go out, nothing is
 * committed. `commit`: takes the generation of the moment it is called.
 */
export function createCommits(
  generation: () => number,
  commit: (partitions: readonly PartitionCommit[]) => Promise<void>,
): (one: PartitionCommit) => Promise<void> {
  let together: Together | undefined

  function begin(): Together {
    const since = generation()
    const partitions: PartitionCommit[] = []
    const done = setImmediate().then(() => {
      if (together?.partitions === partitions) together = undefined
      // Nothing may come between this and the call.
      if (generation() !== since) throw new Error('the group was shared out anew')
      return commit(partitions)
    })
    return { generation: since, partitions, done }
  }

  return (one) => {
    if (together?.generation !== generation()) together = begin()
    together.partitions.push(one)
    return together.done
  }
}
