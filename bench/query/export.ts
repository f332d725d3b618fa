/** The export of all points of runs: told as missing for as long as this benchmark cannot ask for it. */
import type { Progress } from '../progress.ts'
import type { Skipped } from './verify.ts'

export async function hasExport(url: string): Promise<boolean> {
  const response = await fetch(new URL('/v1/export', url))
  await response.arrayBuffer()
  return response.status !== 404
}

export function exportSkipped(isThere: boolean, progress: Progress): Skipped {
  const why = isThere
    ? 'the server has /v1/export, but this benchmark has no measurement of it'
    : 'not there: no /v1/export'
  const question = 'export of the longest series to Parquet'
  progress.step(`NOT MEASURED: ${question}: ${why}`)
  return { id: 'export', question, why, failed: false }
}
