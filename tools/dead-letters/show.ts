import { writeFile } from 'node:fs/promises'
import type { Doors } from './doors.ts'
import { frameOf } from './frames.ts'
import { currentToken, fetchFrames, findLetters, type Letter, whyNever } from './letters.ts'
import type { ListOptions, ShowOptions } from './options.ts'
import { hexDump, readableFrame } from './readable.ts'
import { Trouble } from './trouble.ts'

/** Prints one line. */
export type Print = (line: string) => void

const columns = ['ID', 'RECEIVED', 'PROJECT', 'RUN', 'REASON', 'BYTES', 'REPLAY', 'DETAIL']

export async function listLetters(doors: Doors, options: ListOptions, print: Print): Promise<void> {
  const { reason, project, limit, json } = options
  const at = await currentToken(doors)
  const letters: Letter[] = []
  let more = false
  for await (const letter of findLetters(doors, { reason, project, at })) {
    more = letters.length === limit
    if (more) break
    letters.push(letter)
  }
  if (json) {
    for (const { cursor: _, ...letter } of letters) print(JSON.stringify(letter))
    return
  }
  if (letters.length === 0) return print('no dead letters')
  const rows = [columns, ...letters.map(rowOf)]
  // The last column may be as long as it likes.
  const widths = columns.map((_, i) => (i < columns.length - 1 ? Math.max(...rows.map((row) => row[i]!.length)) : 0))
  for (const row of rows) print(row.map((cell, i) => cell.padEnd(widths[i]!)).join('  '))
  if (more) print(`and more: --limit is ${limit}`)
}

function rowOf(letter: Letter): string[] {
  const { id, received, project, run, reason, bytes, replay, detail } = letter
  return [id, received ?? '-', project || '-', run || '-', reason, String(bytes), replay, detail].map(clean)
}

/** Without what a terminal would obey. */
export function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd')
}

/** Bytes of an unreadable record that are shown. */
const dumpedBytes = 256

export async function showLetter(doors: Doors, { id, raw }: ShowOptions, print: Print): Promise<void> {
  let letter: Letter | undefined
  for await (const found of findLetters(doors, { ids: [id], at: await currentToken(doors) })) letter = found
  if (!letter) throw new Trouble(`there is no dead letter ${id}`)
  const bytes = (await fetchFrames(doors, [id])).get(id)!
  if (raw !== undefined) {
    await writeNew(raw, bytes)
    return print(`${bytes.length} bytes of ${id} are in ${raw}`)
  }
  const { cursor: _, ...known } = letter
  if (letter.reason !== 'unreadable_record')
    return print(JSON.stringify({ ...known, frame: readableFrame(frameOf(bytes)) }, null, 2))
  print(JSON.stringify(known, null, 2))
  print(
    `It cannot be replayed: ${whyNever(letter)}. Its first ${Math.min(dumpedBytes, bytes.length)} bytes; all of them with --raw FILE:`,
  )
  for (const line of hexDump(bytes, dumpedBytes)) print(line)
}

async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(path, bytes, { flag: 'wx' })
  } catch (error) {
    throw new Trouble(`cannot write ${path}: ${(error as Error).message}`)
  }
}
