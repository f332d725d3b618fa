/** Exports of the longest series: as fast as the client reads, with the server's memory watched, and what came held against what was logged. */
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { get } from 'node:http'
import { get as getSecurely } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Progress } from '../progress.ts'
import type { Target } from '../target.ts'
import { verifyParquet } from './export-check.ts'
import type { Plan } from './plan.ts'
import { WrongAnswer } from './question.ts'

export type ExportLine = {
  readonly id: string
  readonly question: string
  readonly points: number
  readonly bytes: number
  readonly seconds: number
  readonly firstByteMilliseconds: number
  readonly pointsPerSecond: number
  readonly mebibytesPerSecond: number
  /** Of the whole server: just before, and at most meanwhile. Null: of a server elsewhere. */
  readonly residentBytesBefore: number | null
  readonly residentBytes: number | null
  readonly asked: { readonly pointsPerSecond: number; readonly residentBytes: number } | null
  readonly met: boolean | null
  /** Points that were decoded, each held against what was logged; the count is of the whole file. 0: of this format only the bytes were counted. */
  readonly verified: number
}

const askedOfParquet = { pointsPerSecond: 3e6, residentBytes: 512 * 2 ** 20 }
const sampleMs = 20

type Source = Pick<Target, 'questionsUrl' | 'residentBytes'>

export async function measureExports(
  target: Source,
  apiKey: string | undefined,
  plan: Plan,
  progress: Progress,
): Promise<ExportLine[]> {
  const { project, curves } = plan.lengths.at(-1)!
  const curve = curves.reduce((longest, one) => (one.steps > longest.steps ? one : longest))
  const folder = await mkdtemp(join(tmpdir(), 'stepstream-export-'))
  const lines: ExportLine[] = []
  try {
    for (const format of ['parquet', 'arrow'] as const) {
      const question = `export of ${curve.steps.toLocaleString('en')} points to ${format === 'parquet' ? 'Parquet' : 'Arrow'}`
      progress.step(question)
      const search = new URLSearchParams({ project, format, filter: JSON.stringify({ run: { is: curve.run } }) })
      const url = new URL(`/v1/export?${search}`, target.questionsUrl)
      const residentBefore = serverBytes(target)
      let most = residentBefore ?? 0
      const timer = setInterval(() => {
        most = Math.max(most, serverBytes(target) ?? 0)
      }, sampleMs)
      const read = await readAll(url, apiKey).finally(() => clearInterval(timer))
      const pointsPerSecond = curve.steps / read.seconds
      const residentBytes = residentBefore === null ? null : most
      // The clock has stopped: the file comes once more, to be looked into.
      let verified = 0
      if (format === 'parquet') {
        const file = join(folder, 'points.parquet')
        await readAll(url, apiKey, file)
        verified = await verifyParquet(file, curve)
      }
      const asked = format === 'parquet' ? askedOfParquet : null
      lines.push({
        ...{ id: `export-${format}`, question, points: curve.steps, bytes: read.bytes, seconds: read.seconds },
        ...{
          firstByteMilliseconds: read.firstByteMs,
          pointsPerSecond,
          residentBytes,
          residentBytesBefore: residentBefore,
        },
        mebibytesPerSecond: read.bytes / 2 ** 20 / read.seconds,
        ...{ asked, verified },
        met:
          asked && residentBytes !== null
            ? pointsPerSecond >= asked.pointsPerSecond && residentBytes <= asked.residentBytes
            : null,
      })
      progress.update(exportWords(lines.at(-1)!))
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return lines
}

export function exportWords(line: ExportLine): string {
  const memory =
    line.residentBytes === null
      ? ''
      : `, server ${mebibytes(line.residentBytesBefore)} MiB before, ${mebibytes(line.residentBytes)} at most`
  const asked = line.met === null ? '' : line.met ? ': met' : ': MISSED (3 M points/s in 512 MiB were asked)'
  const speed = `${(line.pointsPerSecond / 1e6).toFixed(2)} M points/s, ${line.mebibytesPerSecond.toFixed(0)} MiB/s`
  return `${line.question}: ${speed} in ${line.seconds.toFixed(1)} s${memory}${asked}; ${line.verified.toLocaleString('en')} decoded and compared`
}

const mebibytes = (bytes: number | null) => ((bytes ?? 0) / 2 ** 20).toFixed(0)

function serverBytes(target: Source): number | null {
  const usage = target.residentBytes()
  return usage === undefined ? null : Object.values(usage).reduce((sum: number, bytes) => sum + (bytes ?? 0), 0)
}

async function readAll(url: URL, apiKey: string | undefined, file?: string) {
  const begin = performance.now()
  const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }
  const answer = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    const ask = url.protocol === 'https:' ? getSecurely : get
    ask(url, { headers, agent: false }, resolve).once('error', reject)
  })
  if (answer.statusCode !== 200) {
    const text = Buffer.concat(await answer.toArray()).toString('utf8')
    throw new WrongAnswer(`the export was answered with ${answer.statusCode}: ${text.slice(0, 300)}`)
  }
  let bytes = 0
  let firstByteMs = 0
  answer.on('data', (piece: Buffer) => {
    if (bytes === 0) firstByteMs = performance.now() - begin
    bytes += piece.length
  })
  if (file === undefined) await new Promise((resolve, reject) => answer.once('end', resolve).once('error', reject))
  else await pipeline(answer, createWriteStream(file))
  return { bytes, firstByteMs, seconds: (performance.now() - begin) / 1000 }
}
