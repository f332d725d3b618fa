/** When frames are due in the open loop: stretches of time, in each of which the rate goes in a straight line. */
export type Stretch = {
  readonly seconds: number
  /** Units a second at its begin and at its end. */
  readonly fromRate: number
  readonly toRate: number
}

export type Schedule = readonly Stretch[]

export function constantRate(rate: number, seconds: number): Stretch {
  return { seconds, fromRate: rate, toRate: rate }
}

/** Frames that are due in a stretch. */
function framesIn({ seconds, fromRate, toRate }: Stretch): number {
  return (seconds * (fromRate + toRate)) / 2
}

/** Whole frames of all stretches. */
export function framesOf(schedule: Schedule): number {
  return Math.max(1, Math.floor(schedule.reduce((sum, stretch) => sum + framesIn(stretch), 0)))
}

export function scaled(schedule: Schedule, factor: number): Schedule {
  return schedule.map(({ seconds, fromRate, toRate }) => ({
    seconds,
    fromRate: fromRate * factor,
    toRate: toRate * factor,
  }))
}

export type Clock = {
  /** Seconds after the begin at which a frame, counted from 0, is due. */
  readonly dueSeconds: (frame: number) => number
  /** The stretch in which it is due. */
  readonly stretchOf: (frame: number) => number
}

export function createClock(schedule: Schedule): Clock {
  const begins: { readonly frame: number; readonly second: number }[] = []
  let frame = 0
  let second = 0
  for (const stretch of schedule) {
    begins.push({ frame, second })
    frame += framesIn(stretch)
    second += stretch.seconds
  }
  function stretchOf(frame: number): number {
    let index = begins.length - 1
    while (index > 0 && begins[index]!.frame > frame) index--
    return index
  }
  return {
    stretchOf,
    dueSeconds(frame) {
      const index = stretchOf(frame)
      const { seconds, fromRate, toRate } = schedule[index]!
      const begin = begins[index]!
      // After t seconds of the stretch, fromRate t + (toRate - fromRate) t² / 2 seconds frames are due; solved for t without cancellation.
      const wanted = frame - begin.frame
      const growth = (toRate - fromRate) / seconds
      const root = Math.sqrt(Math.max(0, fromRate * fromRate + 2 * growth * wanted))
      return begin.second + (wanted === 0 ? 0 : (2 * wanted) / (fromRate + root))
    },
  }
}
