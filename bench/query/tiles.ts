/** The server makes tiles of long series in the background, which a server that has stood for a while has done. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Progress } from '../progress.ts'
import type { Target } from '../target.ts'
import { curveProjects, type Plan } from './plan.ts'

export type Tiles = {
  /** Of which tiles were made since the server started. */
  readonly points: number
  /** Of its work, without pauses; and of waiting for it. */
  readonly workSeconds: number
  readonly waitedSeconds: number
}

/** Series of so many points get tiles whatever the server's settings are by default. */
const longPoints = 100_000
const pollMs = 500
/** Nothing new for so long is the end: of what had tiles already, and of work, between two pieces of which the server pauses for seconds. */
const quietMs = { before: 10_000, after: 30_000 }

/** Waits for them. Undefined: the server says nothing of tiles. */
export async function untilTiled(target: Target, plan: Plan, progress: Progress): Promise<Tiles | undefined> {
  const series = curveProjects(plan).flatMap(({ curves }) => curves.filter(({ steps }) => steps >= longPoints)).length
  const began = performance.now()
  let changedAt = began
  let last = ''
  for (;;) {
    const now = await figuresAt(target.questionsUrl)
    if (now === undefined) return undefined
    const state = JSON.stringify(now)
    if (state !== last) changedAt = performance.now()
    last = state
    const isQuiet = performance.now() - changedAt > (now.builds === 0 ? quietMs.before : quietMs.after)
    const isDone = now.waiting === 0 && (now.builds >= series || isQuiet)
    if (isDone) {
      const waitedSeconds = (performance.now() - began) / 1_000
      return { points: now.points, workSeconds: now.workSeconds, waitedSeconds }
    }
    progress.update(
      `waiting for tiles: of ${(now.points / 1e6).toFixed(1)} M points in ${now.builds} of ${series} series`,
    )
    await sleep(pollMs)
  }
}

async function figuresAt(url: string) {
  const response = await fetch(new URL('/metrics', url))
  const text = await response.text()
  const figure = (name: string): number | undefined => {
    const match = new RegExp(`^${name} ([0-9.e+-]+)`, 'm').exec(text)
    return match ? Number(match[1]) : undefined
  }
  const waiting = figure('stepstream_tile_waiting_series')
  if (waiting === undefined) return undefined
  return {
    waiting,
    points: figure('stepstream_tile_points_total') ?? 0,
    builds: figure('stepstream_tile_build_seconds_count') ?? 0,
    workSeconds: figure('stepstream_tile_build_seconds_sum') ?? 0,
  }
}
