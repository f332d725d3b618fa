/**
 * Loaded into each test file's process before the file: what does not end says what it waits for before it is cut off. What keeps a process
 * that has nothing more to do, such as a connection or a timer, is among the handles; a call into an engine that never came back is a thread. Of one that says
 * nothing the main thread is busy for ever: in its own code, or in node's while the process exits.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A test file that has not ended by then never will; the slowest takes a fifth of it. */
export const fileMs = 300_000
const lookMs = fileMs - 30_000

type Handle = { readonly type: string; readonly is_active: boolean; readonly is_referenced: boolean }

/** What keeps this process, as lines of text. */
function whatKeeps(): string {
  const { libuv } = process.report.getReport() as unknown as { readonly libuv: readonly Handle[] }
  const handles = libuv.filter((handle) => handle.is_active && handle.is_referenced)
  const resources = process.getActiveResourcesInfo().join(' ')
  return [`resources: ${resources}`, ...handles.map((handle) => JSON.stringify(handle)), ...threads()].join('\n')
}

/** Name, state and system call's number of each thread of the process, where the system tells. */
function threads(): string[] {
  const folder = '/proc/self/task'
  try {
    return readdirSync(folder).map((id) => {
      const read = (file: string) => readFileSync(join(folder, id, file), 'latin1').trim()
      const state = read('stat').split(') ').at(-1)![0]
      return `thread ${id} ${read('comm')}: ${state}, call ${read('syscall').split(' ')[0]}`
    })
  } catch {
    return []
  }
}

if (process.env.NODE_TEST_CONTEXT !== undefined) {
  setTimeout(() => {
    process.stderr.write(`${process.argv[1]} has not ended after ${lookMs / 1000} s; it has\n${whatKeeps()}\n`)
  }, lookMs).unref()
}
