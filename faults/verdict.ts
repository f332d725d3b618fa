/** One thing that is not as it must be. */
export type Difference = {
  readonly what: 'missing' | 'duplicated' | 'mismatched' | 'unsent' | 'summary' | 'metadata' | 'api' | 'dead letter'
  readonly run: string
  readonly metric?: string
  readonly step?: number
  readonly expected: string
  readonly found: string
}

/** What the judge found; numbers of points unless said otherwise. */
export type Verdict = {
  /** Rows of the store's table of points. */
  stored: number
  /** Acknowledged, or part of a frame that is stored in part, and not there. */
  missing: number
  /** There more often than once; each surplus row counts. */
  duplicated: number
  /** There with another value, step or time bits than sent. */
  mismatched: number
  /** There and never sent. */
  unsent: number
  /** Given up on by their writer and stored all the same, which is allowed. */
  abandonedStored: number
  /** Summaries (of series and runs, in the store or as the API shows them) that are not what the raw points come to. */
  wrongSummaries: number
  /** Runs whose name, state, params or tags are not the last written. */
  wrongMetadata: number
  /** Answers of the API that differ from the store's points. */
  wrongAnswers: number
  deadLetters: number
  readonly differences: Difference[]
}

const differencesKept = 20

export function createVerdict(): Verdict {
  return {
    ...{ stored: 0, missing: 0, duplicated: 0, mismatched: 0, unsent: 0, abandonedStored: 0 },
    ...{ wrongSummaries: 0, wrongMetadata: 0, wrongAnswers: 0, deadLetters: 0 },
    differences: [],
  }
}

export function note(verdict: Verdict, difference: Difference): void {
  if (verdict.differences.length < differencesKept) verdict.differences.push(difference)
}

export function isClean(verdict: Verdict): boolean {
  const { missing, duplicated, mismatched, unsent, wrongSummaries, wrongMetadata, wrongAnswers, deadLetters } = verdict
  const sums = [missing, duplicated, mismatched, unsent, wrongSummaries, wrongMetadata, wrongAnswers, deadLetters]
  return sums.every((sum) => sum === 0)
}

export function describe({ what, run, metric, step, expected, found }: Difference): string {
  const place = [run, metric, step === undefined ? undefined : `step ${step}`].filter((part) => part !== undefined)
  return `${what}: ${place.join(', ')}: expected ${expected}, found ${found}`
}
