import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageFile } from '../files.ts'

/**
 * The tables of `schema/tables` for a cluster of shards and replicas: `<table>_local` holds a shard's rows, and `<table>` is
 * where questions and inserts go. Refreshes the files beside this one:
 *
 *     node dist/schema/cluster/generate.js
 */
export const clusterFolder = packageFile('schema/cluster')
const tablesFolder = packageFile('schema/tables')

/**
 * What decides on which shard a row lives. All rows of a run, and so all versions of a row that is replaced, live on one;
 * FINAL, which looks at one shard at a time, stays right by that.
 */
const shardingKeys: Readonly<Record<string, string>> = {
  points: 'run',
  runs: 'key',
  series: 'run_key',
  tiles: 'run',
  tile_seals: 'run',
  late_points: 'run',
  run_state: 'run_key',
  metric_figures: 'run_key',
  run_records: 'key',
  dead_letters: 'partition',
  sources: 'cityHash64(log)',
  source_partitions: 'cityHash64(log)',
  migrations: 'cityHash64(name)',
}

/** Tokens that a shard remembers, and for how long; the server's own default of the time has been as short as an hour. */
const rememberedTokens = 'replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000'

const migrationsTable = `-- Which of the tables there are, as every process of ours checks it at its start.
CREATE TABLE migrations
(
    name String,
    checksum String,
    applied DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
ORDER BY name
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
`

/** Replicated tables have their own window of tokens. */
const singleServerOnly = /^(?:--.*\n)*ALTER TABLE \w+ MODIFY SETTING non_replicated_deduplication_window = \d+\n$/

/** The files of this folder, by name. */
export function clusterFiles(): Map<string, string> {
  const names = readdirSync(tablesFolder).filter((name) => name.endsWith('.sql'))
  const sources = names.sort().map((name) => ({ name, sql: readFileSync(join(tablesFolder, name), 'utf8') }))
  const spread = sources.filter(({ sql }) => !singleServerOnly.test(sql))
  const files = new Map(spread.map(({ name, sql }) => [name, clusterSql(sql, `schema/tables/${name}`)]))
  const rows = sources.map(({ name, sql }) => `    ('${name}', '${createHash('sha256').update(sql).digest('hex')}')`)
  const last = Number(sources.at(-1)!.name.slice(0, 4))
  files.set(
    `${String(last + 1).padStart(4, '0')}_migrations.sql`,
    `${clusterSql(migrationsTable, 'schema/tables')}
INSERT INTO migrations (name, checksum) SETTINGS distributed_foreground_insert = 1 VALUES
${rows.join(',\n')};
`,
  )
  return files
}

/** A view of all rows or of a shard's own, or rows that go from one table over all shards into another; undefined for other statements. */
function filling(sql: string): string | undefined {
  const insert = /^(?:--.*\n)*INSERT INTO (\w+)\nSELECT [\s\S]+\nFROM (\w+)\n$/.exec(sql)
  if (insert?.slice(1).every((table) => shardingKeys[table] !== undefined)) return `${sql.trimEnd()};\n`
  const plain = /^((?:--.*\n)*CREATE VIEW IF NOT EXISTS \w+)\n(AS SELECT [\s\S]+\nFROM (\w+))\n$/.exec(sql)
  if (plain && shardingKeys[plain[3]!] !== undefined) return `${plain[1]} ON CLUSTER '{cluster}'\n${plain[2]};\n`
  const view =
    /^(?<head>(?:--.*\n)*CREATE MATERIALIZED VIEW IF NOT EXISTS \w+) TO (?<to>\w+)\n(?<select>AS SELECT [\s\S]+\nFROM )(?<from>\w+)\n$/.exec(
      sql,
    )?.groups
  if (!view || shardingKeys[view.to!] === undefined || shardingKeys[view.from!] === undefined) return undefined
  return `${view.head} ON CLUSTER '{cluster}' TO ${view.to}_local\n${view.select}${view.from}_local;\n`
}

/**
 * The same for the shards' own tables, undefined for other statements. Where columns come or go the table over all shards is made anew after them; a change of
 * rows is waited for on every replica, however long it takes.
 */
function altering(sql: string): string | undefined {
  const pattern =
    /^(?<comment>(?:--.*\n)*)ALTER TABLE (?<table>\w+)\n(?<commands>(?: {4}(?:MODIFY|ADD STATISTICS|ADD COLUMN|DROP COLUMN|UPDATE) .+\n)+)(?<settings>SETTINGS .+\n)?$/
  const { comment, table, commands, settings } = pattern.exec(sql)?.groups ?? {}
  const shardingKey = table === undefined ? undefined : shardingKeys[table]
  if (shardingKey === undefined) return undefined
  const told = commands!.startsWith('    UPDATE ') ? untilDone : settings
  const local = `${comment}ALTER TABLE ${table}_local ON CLUSTER '{cluster}'\n${commands!}${told ?? ''}`
    .trimEnd()
    .concat(';\n')
  if (!/^ {4}(?:ADD|DROP) COLUMN /m.test(commands!)) return local
  return `${local}\n${spread('CREATE OR REPLACE TABLE', table!, shardingKey)}`
}

/** The table over all shards, with the columns of a shard's own. */
const spread = (
  create: string,
  table: string,
  shardingKey: string,
) => `${create} ${table} ON CLUSTER '{cluster}' AS ${table}_local
ENGINE = Distributed('{cluster}', currentDatabase(), ${table}_local, ${shardingKey});
`

const untilDone = 'SETTINGS mutations_sync = 2, distributed_ddl_task_timeout = -1'

/**
 * Made of a CREATE TABLE, of an ALTER TABLE with a line for each of its commands, of a view of a table, also one that
 * fills another, or of an INSERT that does so once.
 * @throws Error when the statement is of another shape than those have here
 */
export function clusterSql(sql: string, source: string): string {
  const head = `-- Made from ${source} by schema/cluster/generate.ts.`
  const filled = filling(sql)
  if (filled !== undefined) return `${head}\n${filled}`
  const altered = altering(sql)
  if (altered !== undefined) return `${head}\n${altered}`
  const pattern =
    /^(?<comment>(?:--.*\n)*)CREATE TABLE (?<table>\w+)\n(?<columns>\([\s\S]*?\n\))\nENGINE = (?<engine>\w+)(?:\((?<version>\w+)\))?\nORDER BY (?<order>.+)\nSETTINGS (?<settings>.+)\n$/
  const { comment, table, columns, engine, version, order, settings } = pattern.exec(sql)?.groups ?? {}
  const shardingKey = table === undefined ? undefined : shardingKeys[table]
  if (shardingKey === undefined) throw new Error(`${source}: not a table that this knows how to spread over a cluster`)
  const place = [`'/clickhouse/tables/{shard}/{database}/${table}'`, "'{replica}'", ...(version ? [version] : [])]
  const kept = settings!.split(', ').filter((setting) => !setting.startsWith('non_replicated_deduplication_window'))
  return `${head}
${comment}CREATE TABLE IF NOT EXISTS ${table}_local ON CLUSTER '{cluster}'
${columns}
ENGINE = Replicated${engine}(${place.join(', ')})
ORDER BY ${order}
SETTINGS ${[rememberedTokens, ...kept].join(', ')};

${spread('CREATE TABLE IF NOT EXISTS', table!, shardingKey)}`
}

if (process.argv[1] === import.meta.filename) {
  const files = clusterFiles()
  // The last one has another number whenever a table is added.
  for (const name of readdirSync(clusterFolder))
    if (name.endsWith('.sql') && !files.has(name)) rmSync(join(clusterFolder, name))
  for (const [name, sql] of files) writeFileSync(join(clusterFolder, name), sql)
}
