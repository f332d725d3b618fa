import { createLending } from './lending.ts'

/** At most `count` calls are under way; the others wait, first come, first served. */
export function sideBySide<A extends unknown[]>(
  count: number,
  work: (...call: A) => Promise<void>,
): (...call: A) => Promise<void> {
  const places = createLending(count, () => ({}))
  return async (...call) => {
    const place = await places.take()
    try {
      await work(...call)
    } finally {
      places.giveBack(place)
    }
  }
}
