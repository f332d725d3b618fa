import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageFile } from '../schema/files.ts'

export const faultsMain = packageFile('dist/faults/main.js')
type Counts = Readonly<Record<string, number>>
export type Ended = {
  readonly code: number
  readonly output: string
  readonly result: { readonly kills: Counts; readonly cuts: Counts } & Readonly<
    Record<'sent' | 'acked' | 'stored' | 'missing' | 'abandonedStored' | 'framesSentAgain', number>
  >
}

/** Runs the fault harness to its end, as its users do. */
export async function runFaults(args: readonly (string | number)[]): Promise<Ended> {
  const directory = mkdtempSync(join(tmpdir(), 'stepstream-faults-test-'))
  const json = join(directory, 'result.json')
  try {
    const given = [faultsMain, ...args.map(String), '--json', json]
    const ended = await new Promise<{ code: number; output: string }>((resolve) => {
      execFile(process.execPath, given, { maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), output: stderr + stdout })
      })
    })
    const result = ended.code < 2 ? JSON.parse(readFileSync(json, 'utf8')) : {}
    return { ...ended, result }
  } finally {
    rmSync(directory, { recursive: true })
  }
}
