import { randomBytes } from 'node:crypto'
import { carry, type Joint, type JointBlockParts, type Outcome, type Passenger, patienceMs } from './joint-block.ts'

/** A place in a joint block. */
export type Passage = {
  /** Names the block; to be committed with the range whose points are to go in it. */
  readonly joint: string
  insert(passenger: Passenger): Promise<Outcome>
  /** To be called at last, however it went. Who has not come may have committed its range under the block's name, so nobody goes in that one. */
  leave(): void
}

/**
 * Blocks in which points of several partitions of a process go into the store together. A block costs the store much beside its rows, and again
 * when it is merged; sixteen partitions that each insert for themselves took what two processors have.
 *
 * A partition may go to another reader while such a block is on its way, and others of the block stay. The new reader knows the block's name from
 * the range's intent, and settles it before it inserts the range under a token of its own. So those that stay may take the block as stored only if
 * none of its partitions had a new reader before it was: after it is sent each of them has the log take a commit. If one cannot, all settle it
 * too and go on by themselves.
 */
export type JointInserts = {
  /** A place in the block that is boarding, for so many rows. Whoever else has points is called to come along. */
  board(rows: number): Passage
  /** `call` is called when a block begins to board. Returns the way out. */
  follow(call: () => void): () => void
}

export type JointParts = JointBlockParts & {
  /** Rows at which nobody else boards. */
  readonly mostRows: number
  readonly name?: () => string
}

/** Blocks on their way at a time: rows of one are made while another is inserted. */
const lanes = 2
/** How full a block must be to go beside another. A smaller one waits for it, and for others to board. */
const worthALane = 0.4

export function createJointInserts(parts: JointParts): JointInserts {
  const { mostRows, name = () => randomBytes(12).toString('base64url') } = parts
  const followers = new Set<() => void>()
  /** In the order in which they began to board. */
  const waiting: Joint[] = []
  let underWay = 0

  function boardingOne(): Joint {
    const last = waiting.at(-1)
    if (last && !last.broken && last.rows < mostRows) return last
    const fresh: Joint = { name: name(), passengers: [], rows: 0, missing: 0, broken: false }
    waiting.push(fresh)
    return fresh
  }

  function departWhenReady(): void {
    while (underWay < lanes) {
      const leastRows = underWay === 0 ? 0 : mostRows * worthALane
      const ready = waiting.findIndex((joint) => joint.missing === 0 && joint.rows >= leastRows)
      if (ready < 0) return
      const [joint] = waiting.splice(ready, 1)
      underWay++
      void carry(parts, joint!).finally(() => {
        underWay--
        // Those of the block that is through can go with one that has waited for it: in step with the others they take the store fewer blocks.
        setImmediate(() => {
          if (waiting.length > 0) callFollowers()
          departWhenReady()
        })
      })
    }
  }

  function callFollowers(): void {
    for (const call of [...followers]) call()
  }

  /** Who has a place in it and has not come goes by itself, and so do all others. */
  function giveUp(joint: Joint): void {
    joint.broken = true
    joint.missing = 0
    departWhenReady()
  }

  return {
    board(rows) {
      const joint = boardingOne()
      const isFirst = joint.rows === 0
      joint.rows += rows
      joint.missing++
      const timer = setTimeout(() => giveUp(joint), patienceMs)
      if (isFirst) callFollowers()
      let hasCome = false
      let left = () => {}
      return {
        joint: joint.name,
        async insert(passenger) {
          hasCome = true
          clearTimeout(timer)
          if (joint.broken) return 'unsent'
          return await new Promise((tell, fail) => {
            const leaving = new Promise<void>((resolve) => {
              left = resolve
            })
            joint.passengers.push({ ...passenger, tell, fail, left: leaving })
            joint.missing--
            departWhenReady()
          })
        },
        leave() {
          clearTimeout(timer)
          left()
          if (!hasCome) giveUp(joint)
        },
      }
    },
    follow(call) {
      followers.add(call)
      return () => void followers.delete(call)
    },
  }
}
