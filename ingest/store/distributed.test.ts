import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Session } from 'chdb'
import { clusterStatements } from './cluster.fixture.ts'
import { createFileInserter } from './insert.ts'
import { type BlockColumn, placeType } from './native-block.ts'

/** A cluster of two shards that are both this process, and so one table. */
const shard = '<shard><replica><host>127.0.0.1</host><port>9000</port></replica></shard>'
const config = `<clickhouse><tcp_port>9000</tcp_port><remote_servers><both>${shard}${shard}</both></remote_servers></clickhouse>`

/** What the files for a cluster make of `points`, as far as there is no keeper for replicas here. */
function pointsStatements(): string[] {
  return clusterStatements()
    .map(({ statement }) => statement.trim())
    .filter((text) => /^(?:CREATE|ALTER)[\w ]* TABLE (?:IF NOT EXISTS )?points(?:_local)? /.test(text))
    .filter((text) => !text.includes('    UPDATE '))
    .map((text) =>
      text
        .replaceAll(" ON CLUSTER '{cluster}'", '')
        .replaceAll('{cluster}', 'both')
        .replace(/ReplicatedMergeTree\(.*\)/, 'MergeTree')
        .replace(/replicated_deduplication_window\w* = \d+, /g, ''),
    )
}

test('points whose places are in a dictionary go through the table over all shards, which needs the run of each to choose', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'stepstream-shards-'))
  await writeFile(join(directory, 'config.xml'), config)
  const connectionArgs = [`--config-file=${join(directory, 'config.xml')}`, '--tcp_port=9000']
  const session = new Session(join(directory, 'store'), { connectionArgs })
  const ask = async (sql: string) => (await session.queryAsync(sql, { format: 'TabSeparated' })).text()
  const inserter = createFileInserter(async (sql) => void (await ask(sql)), directory)
  try {
    for (const statement of pointsStatements()) await ask(statement)
    const keys = [2n ** 64n - 1n, 7n, 8n]
    const places = keys.flatMap((run, i) => [run, BigInt(-i), 1_700_000_000_000n + BigInt(i), 65_536n * BigInt(i)])
    const columns: BlockColumn[] = [
      {
        ...{ name: 'place', type: placeType, data: Uint16Array.of(1, 2, 2, 3) },
        dictionary: BigInt64Array.from([0n, 0n, 0n, 0n, ...places]),
      },
      { name: 'step_offset', type: 'UInt16', data: Uint16Array.of(0, 0, 65_535, 1) },
      { name: 'time_offset', type: 'UInt16', data: Uint16Array.of(9, 0, 65_535, 0) },
      { name: 'metric', type: 'UInt64', data: BigUint64Array.of(5n, 5n, 6n, 5n) },
      { name: 'code', type: 'UInt64', data: BigUint64Array.of(1n, 2n, 3n, 4n) },
    ]
    await inserter.insertBlock('points', 4, columns)
    const stored = 'SELECT run, metric, step, toUnixTimestamp64Milli(time), code, ord FROM points_local ORDER BY code'
    assert.equal(
      await ask(stored),
      [
        `${2n ** 64n - 1n}\t5\t0\t1700000000009\t1\t0`,
        '7\t5\t-1\t1700000000001\t2\t65536',
        '7\t6\t65534\t1700000065536\t3\t65536',
        '8\t5\t-1\t1700000000002\t4\t131072\n',
      ].join('\n'),
    )
    // Through the table over all shards each of the two gives every row.
    assert.equal(await ask('SELECT count() FROM points'), '8\n')
  } finally {
    await inserter.close()
    session.close()
    await rm(directory, { recursive: true, force: true })
  }
})
