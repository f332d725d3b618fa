/** The house rules that a machine can hold. They only tighten: when a number below can go down, it does. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { test } from 'node:test'
import { errors } from '../schema/errors.ts'
import { packageFile } from '../schema/files.ts'
import { limits } from '../schema/limits.ts'
import { describeSettings } from '../server/settings.ts'

const root = dirname(packageFile('package.json'))
const apart = new Set(['node_modules', 'dist', 'data', '.git', '.venv', '__pycache__'])

/** Every file of ours, by its path from the root. */
function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (apart.has(entry.name)) return []
    const path = posix.join(folder, entry.name)
    return entry.isDirectory() ? filesIn(path) : [path]
  })
}

const files = filesIn('')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const sources = files.filter((path) => /\.c?ts$/.test(path)).map((path) => ({ path, text: read(path) }))
const isTest = (path: string) =>
  /\.(test|fixture|oracle|fuzz|bench|smoke)\.ts$|(^|\/)fixture\.ts$|simulated-disk|^test\//.test(path)
/** What measures and tries the product from outside, over the wire. */
const isOutside = (path: string) => path.startsWith('bench/') || path.startsWith('faults/')
/** What makes files that are checked in; no part of any running program. */
const isGenerator = (path: string) => path.startsWith('client/generator/')
const isGenerated = (path: string) => path.startsWith('client/typescript/generated/')
const product = sources.filter(({ path }) => !isTest(path) && !isOutside(path))

const importPattern =
  /^\s*(?:import|export)\b[^'"\n]*?from '([^']+)'|^\s*import '([^']+)'|\bimport\('([^']+)'\)|^} from '([^']+)'/gm
function importsOf(text: string): string[] {
  return [...text.matchAll(importPattern)].map((match) => (match[1] ?? match[2] ?? match[3] ?? match[4])!)
}
/** Our own files that a file imports. */
const ownImports = ({ path, text }: { path: string; text: string }) =>
  importsOf(text)
    .filter((name) => name.startsWith('.'))
    .map((name) => posix.join(posix.dirname(path), name))
const folderOf = (path: string) => path.split('/')[0]!

/** Which folders a folder's files may import from, besides itself. */
const mayImport: Record<string, readonly string[]> = {
  schema: [],
  telemetry: ['schema'],
  http: ['schema'],
  ingest: ['schema', 'telemetry', 'http'],
  query: ['schema', 'telemetry'],
  server: ['schema', 'telemetry', 'http', 'ingest', 'query'],
  bench: ['schema', 'infra'],
  infra: ['schema', 'telemetry', 'ingest'],
  faults: ['schema', 'infra', 'bench', 'test'],
  tools: ['schema', 'ingest'],
  client: ['schema', 'query'],
  test: ['schema', 'server', 'infra', 'client'],
}
/** What tests of any folder may import. */
const sharedByTests: readonly string[] = [
  'test/random.ts',
  'infra/kafka/fixture.ts',
  'infra/kafka/launcher.ts',
  'infra/kafka/tied.ts',
  'test/harness.ts',
]
/** What stands beside the rule, file by file, each for a reason. */
const exceptions: Record<string, readonly string[]> = {
  'query/fixture.ts': ['ingest/store/store.ts', 'ingest/store/server.fixture.ts'],
  'query/leaderboards.bench.ts': ['bench/query/runs-data.ts'],
  'query/tiled.fixture.ts': ['ingest/sink/tiles/build.ts'],
  'bench/acks.test.ts': ['ingest/gateway/acks.ts'],
  'bench/raw.ts': ['ingest/store/native-block.ts', 'ingest/store/store.ts'],
  'bench/rows.ts': ['ingest/store/native-block.ts'],
  'bench/store.ts': ['ingest/store/store.ts'],
  'bench/verification.test.ts': ['ingest/store/store.ts'],
  'faults/judge.test.ts': ['ingest/store/store.ts'],
  // Two brokers on one folder would spoil it as two logs would.
  'infra/kafka/broker.ts': ['ingest/log/lock.ts'],
  'test/abuse-questions.test.ts': ['query/abuse/corpus.fixture.ts'],
  'test/questions.test.ts': ['query/examples.ts'],
  'test/dead-letters.test.ts': ['ingest/log/embedded.ts', 'telemetry/logger.ts'],
}

test('each folder imports only from those it may', () => {
  const wrong = sources.flatMap((source) =>
    ownImports(source)
      .filter((target) => folderOf(target) !== folderOf(source.path))
      .filter((target) => !mayImport[folderOf(source.path)]?.includes(folderOf(target)))
      .filter((target) => !exceptions[source.path]?.includes(target))
      .filter((target) => !(isTest(source.path) && sharedByTests.includes(target)))
      .map((target) => `${source.path} imports ${target}`),
  )
  assert.deepEqual(wrong, [])
})

test('imports go round in no circle', () => {
  const targets = new Map(sources.map((source) => [source.path, ownImports(source)]))
  const clear = new Set<string>()
  function circleFrom(path: string, way: readonly string[]): string | undefined {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path].join(' -> ')
    if (clear.has(path)) return undefined
    for (const target of targets.get(path) ?? []) {
      const circle = circleFrom(target, [...way, path])
      if (circle !== undefined) return circle
    }
    clear.add(path)
    return undefined
  }
  assert.deepEqual(new Set(sources.flatMap(({ path }) => circleFrom(path, []) ?? [])), new Set())
})

test('the client that others take stands alone', () => {
  const own = sources.filter(({ path }) => path.startsWith('client/typescript/') && !isTest(path))
  assert.ok(own.length > 5)
  const outside = own.flatMap((source) =>
    ownImports(source).filter((target) => !target.startsWith('client/typescript/')),
  )
  const packages = own.flatMap(({ text }) => importsOf(text).filter((name) => !name.startsWith('.')))
  assert.deepEqual([...outside, ...packages], [])
})

test('gateway and sink meet only at the log, and tools know its records alone', () => {
  const stages: Record<string, readonly string[]> = {
    'ingest/gateway': ['ingest/bytes.ts', 'ingest/record', 'ingest/log/log.ts', 'http', 'schema', 'telemetry'],
    'ingest/log': ['schema', 'telemetry'],
    'ingest/record': ['ingest/bytes.ts', 'schema'],
    'ingest/sink': ['ingest/record', 'ingest/log/log.ts', 'ingest/store', 'schema', 'telemetry'],
    'ingest/store': ['ingest/bytes.ts', 'schema', 'telemetry'],
    'infra/store': ['ingest/store', 'telemetry', 'schema/bundle.ts'],
    tools: ['ingest/bytes.ts', 'ingest/record', 'schema'],
  }
  const wrong = sources.flatMap((source) => {
    const stage = Object.keys(stages).find((folder) => source.path.startsWith(`${folder}/`))
    if (stage === undefined || isTest(source.path)) return []
    return ownImports(source)
      .filter((target) => ![stage, ...stages[stage]!].some((to) => target === to || target.startsWith(`${to}/`)))
      .map((target) => `${source.path} imports ${target}`)
  })
  assert.deepEqual(wrong, [])
})

test('every exception is still needed', () => {
  for (const [path, targets] of Object.entries(exceptions)) {
    const source = sources.find((one) => one.path === path)
    assert.ok(source, `${path} is gone`)
    for (const target of targets) assert.ok(ownImports(source).includes(target), `${path} does not import ${target}`)
  }
})

/** The folder that may import a package; tests, the bench and the faults may import any. */
const packageFolders: Record<string, string> = {
  '@clickhouse/client': 'ingest/store',
  '@node-rs/crc32': 'ingest/log/kafka',
  chdb: 'ingest/store',
  kafkajs: 'ingest/log/kafka',
  graphql: 'query',
  'graphql-yoga': 'query',
  'graphql-ws': 'query',
  '@graphql-yoga/render-graphiql': 'query',
  msgpackr: 'ingest/gateway',
  pino: 'telemetry',
  'prom-client': 'telemetry',
  'uWebSockets.js': 'http',
  birpc: 'server',
  zod: 'server',
  esbuild: 'infra',
}

test('each package is imported from one folder', () => {
  const running = product.filter(({ path }) => !isGenerator(path))
  const wrong = running.flatMap(({ path, text }) =>
    importsOf(text)
      .filter((name) => !name.startsWith('.') && !name.startsWith('node:'))
      .map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/'))
      .filter((name) => packageFolders[name] === undefined || !path.startsWith(`${packageFolders[name]}/`))
      .map((name) => `${path} imports ${name}`),
  )
  assert.deepEqual(wrong, [])
})

test('files are short', () => {
  const longest = 330
  const written = product.filter(({ path }) => !isGenerated(path))
  const lengths = written.concat(sources.filter(({ path }) => isOutside(path) && !isTest(path)))
  const lines = lengths.map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
  assert.deepEqual(
    lines.filter((one) => one.lines > longest),
    [],
  )
  const long = lines.filter((one) => one.lines > 200).map((one) => one.path)
  assert.ok(long.length <= 4, `over 200 lines: ${long}`)
  const median = lines.map((one) => one.lines).sort((a, b) => a - b)[lines.length >> 1]!
  assert.ok(median <= 85, `the median file has ${median} lines`)
})

test('nothing is of type any', () => {
  const excused = [
    'test/viewers.ts',
    'query/fixture.ts',
    'query/runs.test.ts',
    'query/series.fuzz.ts',
    'query/tiled.fuzz.ts',
  ]
  const wrong = sources
    .filter(({ path }) => !excused.includes(path) && path !== 'test/tidy.test.ts')
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .map((line, i) => ({ at: `${path}:${i + 1}`, line: line.replace(/^\s*(\/\/|\/?\*).*|\s\/\/ .*/, '') }))
        .filter(({ line }) => /(:|\bas|<|,|\|)\s*any\b(?!\s+\w)/.test(line)),
    )
  assert.deepEqual(wrong, [])
})

test('no path of one machine and no registry host is in any file', () => {
  const hosts = ['registry.npmjs', 'npmmirror', 'artifactory', 'verdaccio'].map((host) => host.slice(0, -1))
  const folders = ['work', 'root', 'home', 'Users'].map((name) => `/${name}/`)
  const wrong = files.flatMap((path) => {
    if (path === 'test/tidy.test.ts') return []
    const text = read(path)
    const found = folders.filter((folder) => new RegExp(`(^|["'\`\\s=(:])${folder}`, 'm').test(text))
    if (path === 'package-lock.json' && /"resolved": "http/.test(text)) found.push('resolved')
    return [...found, ...hosts.filter((host) => text.includes(host))].map((what) => `${path}: ${what}`)
  })
  assert.deepEqual(wrong, [])
})

test('every limit has a reason beside it and is used', () => {
  const lines = read('schema/limits.ts').split('\n')
  for (const name of Object.keys(limits)) {
    const at = lines.findIndex((line) => line.startsWith(`  ${name}:`))
    const before = lines.slice(0, at).reverse()
    // A pair of limits may share a comment.
    const above = before.find((line) => !/^ {2}\w+:/.test(line) || line.startsWith('  /**'))
    assert.match(above ?? '', /^ {2}(\/\*\*|\*\/| \*)/, `limits.${name} has no comment`)
    const used = product.some(({ path, text }) => path !== 'schema/limits.ts' && text.includes(`limits.${name}`))
    assert.ok(used, `limits.${name} is not used`)
  }
})

test('every error code is used', () => {
  for (const code of Object.keys(errors)) {
    const used = product.some(({ path, text }) => path !== 'schema/errors.ts' && text.includes(`'${code}'`))
    assert.ok(used, `${code} is not used`)
  }
})

test("the README's table of settings is that of the code", () => {
  assert.ok(existsSync(join(root, 'README.md')), 'there is no README.md')
  const rows = read('README.md')
    .split('\n')
    .map((line) => /^\|\s*`([A-Z_]+)`\s*\|\s*(?:`([^`]*)`)?\s*\|\s*(.+?)\s*\|$/.exec(line))
    .filter((match) => match !== null)
  for (const { name, fallback } of describeSettings()) {
    const matching = rows.filter((row) => row[1] === name)
    assert.equal(matching.length, 1, `README.md has ${matching.length} rows for ${name}`)
    assert.equal(matching[0]![2] ?? '', fallback, `the default of ${name}`)
  }
  const known = new Set(describeSettings().map((setting) => setting.name))
  assert.deepEqual(
    rows.map((row) => row[1]!).filter((name) => !known.has(name)),
    [],
  )
})

test('a statement is made of constants, of what functions make, and of bound parameters', () => {
  /** Members that are constants or pieces of SQL; a member of what a client sent is none, and belongs into `bind`. */
  const pieces = /^(limits\.\w+( \+ 1)?|order\.(rank|key)|figures\[field\]\.\w+|derived\.field === '\w+' \? '<' : '>')$/
  const statements = product.filter(({ path }) => path.startsWith('query/sql/') && path !== 'query/sql/text.ts')
  assert.ok(statements.length > 10)
  const wrong = statements.flatMap(({ path, text }) =>
    [...text.matchAll(/\$\{([^{}]*)\}/g)]
      .map((match) => match[1]!.trim())
      .filter((piece) => /^\w+[.[]/.test(piece) && !piece.endsWith(')') && !pieces.test(piece))
      .map((piece) => `${path}: ${piece}`),
  )
  assert.deepEqual(wrong, [])
})

test('migrations are numbered without gaps', () => {
  const names = readdirSync(join(root, 'schema/tables')).sort()
  names.forEach((name, i) => {
    assert.match(name, new RegExp(`^${String(i + 1).padStart(4, '0')}_[a-z_]+\\.sql$`))
  })
})

test('every folder says in a README what it is', () => {
  const folders = [
    'bench',
    'faults',
    'http',
    'query',
    'schema',
    'test',
    'tools',
    'ingest/sink',
    'ingest/sink/tiles',
    'query/tiles',
    'infra',
    'infra/kafka',
  ]
  for (const folder of folders) assert.ok(existsSync(join(root, folder, 'README.md')), `${folder}/README.md`)
})

test('the lock file names the optional packages of every platform, without which npm ci refuses it', () => {
  type Entry = { optionalDependencies?: Record<string, string>; resolved?: string }
  const { packages } = JSON.parse(readFileSync(packageFile('package-lock.json'), 'utf8')) as {
    packages: Record<string, Entry>
  }
  for (const [path, entry] of Object.entries(packages)) {
    assert.equal(entry.resolved, undefined, path)
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      assert.ok(packages[`node_modules/${name}`] ?? packages[`${path}/node_modules/${name}`], `${path} needs ${name}`)
    }
  }
})
