import type { Session } from '../../ingest/store/sessions.ts'
import { quoted } from '../../ingest/store/text.ts'

export type Answer = { readonly bytes: Uint8Array; readonly format: string; readonly summary: Record<string, string> }

/** Makes a database the one whose tables a statement names. */
export async function enter(session: Session, database: string): Promise<void> {
  if (database !== 'default') await session.queryAsync(`USE ${quoted(database)}`)
}

type Result = { readonly elapsed: number; readonly rowsRead: number; readonly bytesRead: number }

/** What `X-ClickHouse-Summary` says. */
export function summaryOf({ elapsed, rowsRead, bytesRead }: Result, written: number): Record<string, string> {
  return {
    read_rows: String(rowsRead),
    read_bytes: String(bytesRead),
    written_rows: String(written),
    written_bytes: String(written === 0 ? 0 : bytesRead),
    total_rows_to_read: '0',
    result_rows: '0',
    result_bytes: '0',
    elapsed_ns: String(Math.round(elapsed * 1e9)),
  }
}
