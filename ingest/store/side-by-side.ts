/** At most `count` calls are under way; the others wait, first come, first served. */
export function sideBySide<A extends unknown[]>(
  count: number,
  work: (...call: A) => Promise<void>,
): (...call: A) => Promise<void> {
  const waiting: (() => void)[] = []
  let underWay = 0
  return async (...call) => {
    if (underWay === count) await new Promise<void>((resolve) => waiting.push(resolve))
    else underWay++
    try {
      await work(...call)
    } finally {
      // The place goes over to the one that waits longest.
      const next = waiting.shift()
      if (next) next()
      else underWay--
    }
  }
}
