import { groupBy } from './group-by.ts'

/**
 * Gathers the keys that one turn of the executor asks for and loads them together, so that a field of N runs is one question to the store.
 * `load` answers in the order of its keys. Nothing is kept: a batcher lives as long as its request.
 */
export function createBatcher<Key, Value>(
  load: (keys: readonly Key[]) => Promise<readonly Value[]>,
): (key: Key) => Promise<Value> {
  type Waiting = { key: Key; resolve: (value: Value) => void; reject: (error: unknown) => void }
  let waiting: Waiting[] = []

  async function dispatch(): Promise<void> {
    const batch = waiting
    waiting = []
    try {
      const values = await load(batch.map(({ key }) => key))
      for (const [i, { resolve }] of batch.entries()) resolve(values[i]!)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  return (key) =>
    new Promise((resolve, reject) => {
      // After every promise callback that is due now: by then the resolvers of all siblings have run.
      if (waiting.length === 0) setImmediate(dispatch)
      waiting.push({ key, resolve, reject })
    })
}

/** The same for keys of several kinds: those that are alike are loaded together, the kinds side by side. */
export function createGroupBatcher<Key, Value>(
  alike: (key: Key) => string,
  load: (group: readonly Key[]) => Promise<readonly Value[]>,
): (key: Key) => Promise<Value> {
  return createBatcher(async (keys) => {
    const groups = groupBy(keys.keys(), (index) => alike(keys[index]!))
    const values: Value[] = new Array(keys.length)
    const loadGroup = async (indexes: readonly number[]) => {
      const loaded = await load(indexes.map((index) => keys[index]!))
      for (const [i, index] of indexes.entries()) values[index] = loaded[i]!
    }
    await Promise.all([...groups.values()].map(loadGroup))
    return values
  })
}
