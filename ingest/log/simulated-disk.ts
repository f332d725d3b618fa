import type { FileSystem, LogFile } from './file-system.ts'

/**
 * A disk for tests that can lose power. Like a real one it promises only what was synced: of the rest each 512-byte sector,
 * each file's size and each directory entry is kept or lost on its own, in any order; space that was never written holds
 * garbage. A failed sync forgets what it did not write and reports success the next time, as Linux does.
 */
export type SimulatedDisk = {
  /** The disk as the next process sees it. Calls of earlier processes never return. */
  readonly mount: () => FileSystem
  /** Cuts the power, or only kills the process, in the middle of the nth call from now; resolves when that has happened. */
  readonly endAfter: (calls: number, how: 'power' | 'kill') => Promise<void>
  /** Chance that a write, a sync or a truncation fails. */
  setFailureChance(chance: number): void
}

/** Numbers from 0 to 1. */
export type Random = () => number

const sectorBytes = 512
const capacityBytes = 512 * 1024

type Inode = {
  /** What a process reads. */
  readonly seen: Buffer
  seenBytes: number
  /** What is left after a power cut. */
  readonly kept: Buffer
  keptBytes: number
  readonly dirtySectors: Set<number>
  dirtySize: boolean
}

export function createSimulatedDisk(random: Random): SimulatedDisk {
  let seen = new Map<string, Inode>()
  const kept = new Map<string, Inode>()
  let process = 0
  let callsLeft = Number.POSITIVE_INFINITY
  let onEnd = () => {}
  let how: 'power' | 'kill' = 'power'
  let failureChance = 0

  const chance = (probability: number) => random() < probability
  const failure = () => {
    const code = chance(0.5) ? 'EIO' : 'ENOSPC'
    return Object.assign(new Error(code), { code })
  }

  function emptyInode(): Inode {
    const garbage = () => Buffer.alloc(capacityBytes, Math.floor(random() * 256))
    return {
      seen: Buffer.alloc(capacityBytes),
      seenBytes: 0,
      kept: garbage(),
      keptBytes: 0,
      dirtySectors: new Set(),
      dirtySize: false,
    }
  }

  function keepSector(inode: Inode, sector: number): void {
    const start = sector * sectorBytes
    inode.seen.copy(inode.kept, start, start, start + sectorBytes)
  }

  /** Writes down each dirty thing with a probability, and forgets that it was dirty. */
  function settle(inode: Inode, probability: number): void {
    for (const sector of inode.dirtySectors) if (chance(probability)) keepSector(inode, sector)
    inode.dirtySectors.clear()
    const share = chance(probability) ? 1 : chance(probability) ? random() : 0
    if (inode.dirtySize) inode.keptBytes += Math.floor(share * (inode.seenBytes - inode.keptBytes))
    inode.dirtySize = false
  }

  function setSize(inode: Inode, bytes: number): void {
    if (bytes === inode.seenBytes) return
    inode.seen.fill(0, Math.min(bytes, inode.seenBytes))
    const first = Math.floor(Math.min(bytes, inode.seenBytes) / sectorBytes)
    for (let at = first; at * sectorBytes < Math.max(bytes, inode.seenBytes); at++) inode.dirtySectors.add(at)
    inode.seenBytes = bytes
    inode.dirtySize = true
  }

  function cut(): void {
    // All, none and anything between are different cases, so each must come up often.
    const probability = [0, 1, 0.5, random()][Math.floor(random() * 4)]!
    for (const inode of new Set([...seen.values(), ...kept.values()])) settle(inode, probability)
    for (const name of new Set([...seen.keys(), ...kept.keys()])) if (chance(probability)) keepEntry(name)
    seen = new Map(kept)
    for (const inode of seen.values()) {
      inode.kept.copy(inode.seen)
      inode.seenBytes = inode.keptBytes
      inode.seen.fill(0, inode.seenBytes)
    }
  }

  function end(): void {
    if (how === 'power') cut()
    callsLeft = Number.POSITIVE_INFINITY
    process++
    onEnd()
  }

  function keepEntry(name: string): void {
    const inode = seen.get(name)
    if (inode) kept.set(name, inode)
    else kept.delete(name)
  }

  /** Every call takes a while, may be the one in which the power goes, and never returns once it has gone. */
  async function call<T>(owner: number, change: () => void, finish: () => T): Promise<T> {
    await elapse(owner)
    change()
    if (--callsLeft <= 0) end()
    await elapse(owner)
    return finish()
  }

  async function elapse(owner: number): Promise<void> {
    do await new Promise(setImmediate)
    while (chance(0.3))
    if (owner !== process) await new Promise(() => {})
  }

  function simulatedFile(owner: number, inode: Inode): LogFile {
    const nothing = () => {}
    const sync = () => settle(inode, 1)
    const failSync = () => {
      settle(inode, random())
      throw failure()
    }
    return {
      size: () => call(owner, nothing, () => inode.seenBytes),
      read: (target, position) =>
        call(owner, nothing, () => inode.seen.copy(target, 0, position, Math.max(position, inode.seenBytes))),
      write(source, position) {
        const fails = chance(failureChance)
        const bytes = fails ? Math.floor(random() * source.length) : source.length
        const change = () => {
          if (position + bytes > inode.seenBytes) setSize(inode, position + bytes)
          source.copy(inode.seen, position, 0, bytes)
          for (let at = Math.floor(position / sectorBytes); at * sectorBytes < position + bytes; at++)
            inode.dirtySectors.add(at)
        }
        return call(owner, change, fails ? failSync : sync)
      },
      truncate(bytes) {
        const fails = chance(failureChance)
        const change = () => {
          if (!fails) setSize(inode, bytes)
        }
        const finish = () => {
          if (fails) throw failure()
        }
        return call(owner, change, finish)
      },
      sync: () => call(owner, nothing, chance(failureChance) ? failSync : sync),
      close: () => call(owner, nothing, nothing),
    }
  }

  return {
    mount() {
      const owner = process
      const nothing = () => {}
      return {
        makeDirectory: async () => {},
        list: () => call(owner, nothing, () => [...seen.keys()].map((path) => path.slice(path.lastIndexOf('/') + 1))),
        async open(path, mode) {
          const open = () => {
            const there = seen.get(path)
            if (mode === 'create' && there) setSize(there, 0)
            if (mode === 'create' && !there) seen.set(path, emptyInode())
          }
          return call(owner, open, () => simulatedFile(owner, seen.get(path)!))
        },
        remove: (path) => call(owner, () => void seen.delete(path), nothing),
        syncDirectory: () =>
          call(owner, nothing, () => {
            for (const name of new Set([...seen.keys(), ...kept.keys()])) keepEntry(name)
          }),
        lock: async () => async () => {},
      }
    },
    endAfter(calls, kind) {
      callsLeft = calls
      how = kind
      return new Promise((resolve) => {
        onEnd = resolve
      })
    },
    setFailureChance(chance) {
      failureChance = chance
    },
  }
}
