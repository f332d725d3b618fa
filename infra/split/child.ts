import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { spawnTied } from '../kafka/tied.ts'

export type ChildPlan = {
  /** Stands before each line that it prints. */
  readonly name: string
  /** Program of Node's, and its arguments. */
  readonly program: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly print: (line: string) => void
  /** Pauses before it is started again, ms. */
  readonly pauseMs?: { readonly first: number; readonly most: number }
}

export type KeptChild = {
  /** Process number of now; undefined between two lives. */
  pid(): number | undefined
  /** Resolves when a life of it has printed that it is ready. */
  readonly ready: Promise<void>
  /** Asks it to end and waits; ends it by force when it takes too long. It is not started again. */
  stop(): Promise<void>
}

const patienceMs = 30_000
/** A life of this length was a good one: the next death is answered quickly again. */
const goodLifeMs = 30_000

/** Starts a process and starts it again whenever it ends, until it is stopped. */
export function keepChild(plan: ChildPlan): KeptChild {
  const { name, program, print } = plan
  const pauseMs = plan.pauseMs ?? { first: 500, most: 10_000 }
  const stopping = new AbortController()
  let child: ChildProcess | undefined
  let isReady = () => {}
  const ready = new Promise<void>((resolve) => {
    isReady = resolve
  })

  function show(stream: Readable | null): void {
    if (!stream) return
    createInterface({ input: stream }).on('line', (line) => {
      print(`${name} | ${line}`)
      if (/"msg":"ready"/.test(line)) isReady()
    })
  }

  async function live(): Promise<void> {
    for (let deaths = 0; !stopping.signal.aborted; deaths++) {
      const began = performance.now()
      const own = spawnTied(process.execPath, program, 'pipe', { ...process.env, ...plan.environment })
      child = own
      show(own.stdout)
      show(own.stderr)
      const [code, signal] = (await once(own, 'exit')) as [number | null, string | null]
      child = undefined
      if (stopping.signal.aborted) return
      if (performance.now() - began > goodLifeMs) deaths = 0
      const pause = Math.min(pauseMs.most, pauseMs.first * 2 ** deaths)
      print(`${name} | ended unasked (${signal ?? `exit code ${code}`}); starting it again in ${pause} ms`)
      await sleep(pause, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }
  const living = live()

  return {
    pid: () => child?.pid,
    ready,
    async stop() {
      stopping.abort()
      child?.kill('SIGTERM')
      const late = setTimeout(() => child?.kill('SIGKILL'), patienceMs)
      await living
      clearTimeout(late)
    },
  }
}
