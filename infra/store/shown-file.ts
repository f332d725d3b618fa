import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { identityOf, type ShownFile } from '../../ingest/store/spool.ts'
import { StoreError } from './error.ts'

/** Only what a process has open: what else lies on this machine's disks is no client's to name. */
const shownPattern = /^\/proc\/[1-9]\d{0,9}\/fd\/\d{1,9}$/

/**
 * The file that a client has open and shows us, held by us too: whatever becomes of the client, it stays what it is.
 * @throws StoreError 107 where this process finds no such file, or another one
 */
export async function openShown({ path, identity }: ShownFile, mostBytes: number): Promise<FileHandle> {
  if (!shownPattern.test(path)) throw notThere(path, 'it has to be /proc/<process>/fd/<number>')
  const flags = constants.O_RDONLY | constants.O_NONBLOCK
  const file = await open(path, flags).catch((error: NodeJS.ErrnoException) => {
    throw notThere(path, error.code ?? error.message)
  })
  try {
    const stat = await file.stat({ bigint: true })
    if (!stat.isFile() || identityOf(stat) !== identity) throw notThere(path, 'it is another file')
    if (stat.size > mostBytes) throw new StoreError(307, 'TOO_MANY_BYTES', `the file is larger than ${mostBytes} bytes`)
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

const notThere = (path: string, why: string) =>
  new StoreError(107, 'FILE_DOESNT_EXIST', `the store of this machine does not find ${path.slice(0, 100)}: ${why}`)
