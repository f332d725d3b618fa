import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { closeSync, constants, openSync, unlinkSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A way for bytes out of the engine that waits for its reader: some 64 KiB are on the way at any time. */
export type Pipe = {
  /** What the engine opens for writing; it is this pipe's until `end`. */
  readonly path: string
  /** Ends only after `end`, whatever the writer does. Somebody has to read it until then: a write into a full pipe cannot be called off. */
  readonly output: Socket
  /** The engine has let go of the path: `output` ends after what is in it. */
  end(): void
}

/** @throws Error where the system has no named pipes */
export async function openPipe(): Promise<Pipe> {
  const name = join(tmpdir(), `stepstream-${process.pid}-${randomUUID()}.pipe`)
  await promisify(execFile)('mkfifo', ['-m', '600', name])
  const readEnd = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK)
  // Held open, so that the pipe has a writer before the engine comes, and does not end when the engine fails.
  const writeEnd = openSync(name, constants.O_WRONLY | constants.O_NONBLOCK)
  // Without a name it cannot outlive the process, however that ends. Elsewhere than on Linux it has to keep one.
  const nameless = process.platform === 'linux'
  if (nameless) unlinkSync(name)
  const output = new Socket({ fd: readEnd, readable: true, writable: false })
  // Whoever reads hears of errors; nobody may be reading any more.
  output.on('error', () => {})
  let open = true
  return {
    path: nameless ? `/proc/self/fd/${writeEnd}` : name,
    output,
    end() {
      if (!open) return
      open = false
      closeSync(writeEnd)
      if (!nameless) unlinkSync(name)
    },
  }
}
