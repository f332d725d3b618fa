import { AssignerProtocol, type PartitionAssigner } from 'kafkajs'

export type Member = {
  /** The partitions it has, told to whoever shares them out. */
  held(): readonly number[]
  /** Called before it asks to join. */
  joining(): void
}

/**
 * Shares the partitions out so that as few as possible move: a sink keeps what it has up to its share, for it has their
 * runs in memory. Members say what they have when they join.
 */
export function createStickyAssigner(topic: string, partitions: number, member: Member): PartitionAssigner {
  const version = 1
  return () => ({
    name: 'StepstreamSticky',
    version,
    protocol({ topics }) {
      member.joining()
      const userData = Buffer.from(JSON.stringify(member.held()))
      return { name: this.name, metadata: AssignerProtocol.MemberMetadata.encode({ version, topics, userData }) }
    },
    async assign({ members }) {
      const held = new Map(members.map(({ memberId, memberMetadata }) => [memberId, readHeld(memberMetadata)]))
      return [...shareOut(partitions, held)].map(([memberId, share]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version,
          assignment: { [topic]: share },
          userData: Buffer.alloc(0),
        }),
      }))
    },
  })
}

function readHeld(memberMetadata: Buffer): number[] {
  try {
    const userData = AssignerProtocol.MemberMetadata.decode(memberMetadata)?.userData
    const held: unknown = JSON.parse(String(userData))
    return Array.isArray(held) ? held.filter((partition) => Number.isInteger(partition)) : []
  } catch {
    return []
  }
}

/** @param held what each member has now @returns what each member gets: every partition once, shares that differ by one at most */
export function shareOut(partitions: number, held: ReadonlyMap<string, readonly number[]>): Map<string, number[]> {
  // Those with most keep one more where it does not come out even; names settle the rest, so that the answer is definite.
  const members = [...held.keys()].sort((a, b) => held.get(b)!.length - held.get(a)!.length || (a < b ? -1 : 1))
  const least = Math.floor(partitions / members.length)
  const withOneMore = partitions % members.length
  const free = new Set(Array.from({ length: partitions }, (_, partition) => partition))
  const shares = new Map<string, number[]>()
  members.forEach((member, index) => {
    const quota = least + (index < withOneMore ? 1 : 0)
    const kept = [...new Set(held.get(member))].filter((partition) => free.has(partition)).slice(0, quota)
    for (const partition of kept) free.delete(partition)
    shares.set(member, kept)
  })
  members.forEach((member, index) => {
    const share = shares.get(member)!
    const quota = least + (index < withOneMore ? 1 : 0)
    for (const partition of free) {
      if (share.length >= quota) break
      free.delete(partition)
      share.push(partition)
    }
  })
  return shares
}
