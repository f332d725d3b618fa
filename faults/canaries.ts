import type { Progress } from '../bench/progress.ts'
import type { Options } from './options.ts'
import { type Report, runScenario } from './run.ts'

/** What a server does wrong on purpose, and the damage that follows. */
export const canaries = {
  ack_before_append: 'missing',
  skip_token: 'duplicated',
  commit_before_insert: 'missing',
} as const
export type Canary = keyof typeof canaries

export type CanaryResult = {
  readonly scenario: 'canaries'
  /** All of them were found. */
  readonly clean: boolean
  readonly canaries: readonly {
    readonly canary: Canary
    readonly found: boolean
    readonly tries: number
    readonly report: Report
  }[]
}

const triesAtMost = 10
const loadSeconds = 3

/** Proves that the judge sees damage: runs worlds that are broken on purpose and wants it found in each. */
export async function runCanaries(options: Options, progress: Progress): Promise<CanaryResult> {
  const results: CanaryResult['canaries'][number][] = []
  for (const canary of Object.keys(canaries) as Canary[]) results.push(await runCanary(canary, options, progress))
  return { scenario: 'canaries', clean: results.every((one) => one.found), canaries: results }
}

/** A kill must fall into the moment that the canary leaves open; where none did, the next seed may. */
async function runCanary(canary: Canary, options: Options, progress: Progress) {
  for (let tries = 1; ; tries++) {
    const report = await runScenario({
      // A steady stream, so that acknowledgements and inserts are under way at any moment; and inserts without a pause.
      options: {
        ...{ ...options, scenario: 'kills', seed: options.seed + tries - 1, keep: false },
        rate: options.rate ?? Math.ceil(options.points / loadSeconds),
      },
      environment: {
        STEPSTREAM_TEST: '1',
        STEPSTREAM_CANARY: canary,
        INSERT_INTERVAL_MS: '1',
        FLUSH_INTERVAL_MS: '600000',
      },
      ...{ progress, damaged: 'discard' },
    })
    const found = report[canaries[canary]] > 0
    progress.step(`${canary}: ${report[canaries[canary]]} points ${canaries[canary]}, try ${tries}`)
    if (found || tries === triesAtMost) return { canary, found, tries, report }
  }
}

export function summarizeCanaries({ canaries: results, clean }: CanaryResult): string {
  const lines = results.map(({ canary, found, tries, report }) => {
    const damage = `${report.missing} missing, ${report.duplicated} duplicated, ${report.mismatched} mismatched`
    return `  ${found ? 'found    ' : 'NOT FOUND'} ${canary} (${damage}; ${tries} ${tries === 1 ? 'try' : 'tries'})`
  })
  return [`canaries: ${clean ? 'the judge finds each' : 'the judge is blind'}`, ...lines].join('\n')
}
