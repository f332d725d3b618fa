/**
 * The user who asks the questions of users at a ClickHouse server: may read one database and nothing else, no file, no URL, no other server, and
 * no question of it takes more of the machine than this. `node dist/infra/clickhouse/reader.js` writes `reader.sql`.
 */
import { writeFileSync } from 'node:fs'
import { packageFile } from '../../schema/files.ts'
import { limits } from '../../schema/limits.ts'

const GiB = 1024 ** 3

/**
 * Settings of the profile: the value when a question says nothing, and between what it may say. A query server sends its own
 * (`QUERY_TIMEOUT_MS`, `QUERY_MEMORY_BYTES`, `QUERY_RESULT_BYTES`) with each question; one above a maximum is refused by ClickHouse.
 */
const settings: readonly string[] = [
  // Reads; and settings, within these bounds: our statements choose how they are to be run.
  'readonly = 2',
  'max_execution_time = 10 MAX 600',
  "timeout_overflow_mode = 'throw'",
  // Of one question. 0 would be without end.
  `max_memory_usage = ${2 * GiB} MIN 1 MAX ${8 * GiB}`,
  // Of an answer that is held as a whole. An export says 0, without end: it is passed on as it is made.
  `max_result_bytes = ${GiB / 2} MAX ${GiB}`,
  // A bucket can be some points, and an answer's points come from several statements.
  `max_result_rows = ${10 * limits.pointsPerAnswer} MAX ${10 * limits.pointsPerAnswer}`,
  "result_overflow_mode = 'throw'",
  // No bound for rows to read: how many a question covers says little, since most are skipped by the index or summed up at 100 M a second. Time bounds it.
  'max_concurrent_queries_for_user = 256',
  // The text is ours, its parameters are bounded by `limits.questionTextBytes`.
  'max_query_size = 1048576 MAX 4194304',
  'max_ast_elements = 200000 MAX 200000',
  // A question whose asker has gone away ends.
  'cancel_http_readonly_queries_on_client_close = 1',
]

/** What all questions together may take in a minute: a bound for a client that runs wild, far above what a machine can do. */
const quota = 'queries = 600000, errors = 60000, execution_time = 36000'

export type ReaderNames = { readonly user: string; readonly database: string; readonly cluster?: string }

/** The statements, each of which may be repeated. @throws Error for a name that is not one of letters, digits and underscores */
export function readerStatements({ user, database, cluster }: ReaderNames): string[] {
  for (const name of [user, database, ...(cluster === undefined ? [] : [cluster])])
    if (!/^[A-Za-z_]\w*$/.test(name)) throw new Error(`not a name: ${name}`)
  const on = cluster === undefined ? '' : ` ON CLUSTER '${cluster}'`
  return [
    `CREATE SETTINGS PROFILE IF NOT EXISTS ${user}_limits${on} SETTINGS\n    ${settings.join(',\n    ')}`,
    `CREATE ROLE IF NOT EXISTS ${user}_role${on} SETTINGS PROFILE '${user}_limits'`,
    `GRANT${on} SELECT ON ${database}.* TO ${user}_role`,
    // Nobody can log in as it until it has a password.
    `CREATE USER IF NOT EXISTS ${user}${on} IDENTIFIED WITH no_password HOST NONE DEFAULT DATABASE ${database}`,
    `GRANT${on} ${user}_role TO ${user}`,
    `CREATE QUOTA IF NOT EXISTS ${user}_quota${on} KEYED BY user_name FOR INTERVAL 1 minute MAX ${quota} TO ${user}_role`,
  ]
}

export const readerFile = packageFile('infra/clickhouse/reader.sql')

const head = `-- Made by reader.ts from limits of this repository: node dist/infra/clickhouse/reader.js
-- For another user, database or a cluster: READER_USER, READER_DATABASE, READER_CLUSTER in the environment, which prints instead of writing.
-- Then give it a password: ALTER USER stepstream_reader IDENTIFIED WITH sha256_password BY '...' HOST ANY;
`

export function readerSql(names: ReaderNames): string {
  return `${head}\n${readerStatements(names).join(';\n\n')};\n`
}

export const usualNames: ReaderNames = { user: 'stepstream_reader', database: 'default' }

if (process.argv[1] === import.meta.filename) {
  const { READER_USER, READER_DATABASE, READER_CLUSTER } = process.env
  const chosen = {
    user: READER_USER || usualNames.user,
    database: READER_DATABASE || usualNames.database,
    ...(READER_CLUSTER ? { cluster: READER_CLUSTER } : {}),
  }
  if (READER_USER || READER_DATABASE || READER_CLUSTER) process.stdout.write(readerSql(chosen))
  else writeFileSync(readerFile, readerSql(chosen))
}
