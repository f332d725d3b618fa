import type { PathResult } from './measure.ts'

/** What a peer never keeps, and what this run shows of it. */
export function lostInWords(always: string, result: PathResult): string {
  const { comparison, points, sentPoints } = result
  const { missing, largestRelativeError } = comparison
  const inexact = comparison.points - comparison.exact - missing.nan - missing.infinite - missing.finite
  const words = [always]
  if (points !== sentPoints) words.push(`${sentPoints - points} of ${sentPoints} points not found`)
  if (missing.infinite > 0) words.push(`${missing.infinite} infinities of the sample`)
  if (missing.finite > 0) words.push(`${missing.finite} finite values of the sample`)
  if (inexact > 0) {
    const error = Number.isFinite(largestRelativeError) ? largestRelativeError.toExponential(1) : 'not finite'
    words.push(`${inexact} of ${comparison.points} sampled values differ (largest relative error ${error})`)
  }
  return words.filter((one) => one !== '').join('; ')
}
