/**
 * `npm test`: every compiled `*.test.js` whose source is still there. Unit tests run three side by side, as they wait a fifth of their time; the
 * whole-system tests of `test/` come after them, two at a time, so that no deadline of theirs is missed because neighbours were busy; last those
 * that break things, two at a time as well.
 * Arguments: parts of file names to run alone; what begins with `-` goes to node.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { fileMs } from './hung.ts'

const dist = dirname(import.meta.dirname)
const root = dirname(dist)
const options = process.argv.slice(2).filter((argument) => argument.startsWith('-'))
const filters = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))

const files = readdirSync(dist, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.js'))
  .map((file) => file.split(sep).join('/'))
  .filter((file) => existsSync(join(root, sourceOf(file))))
  .filter((file) => filters.length === 0 || filters.some((filter) => sourceOf(file).includes(filter)))
  .sort()
const isSystemTest = (file: string) => file.startsWith('test/')
const isFaultTest = (file: string) => /^test\/(faults|split)/.test(file)
const groups: [concurrency: number, files: string[]][] = [
  [3, files.filter((file) => !isSystemTest(file))],
  [2, files.filter((file) => isSystemTest(file) && !isFaultTest(file))],
  [2, files.filter(isFaultTest)],
]

const totals = new Map<string, number>()
const failures = mkdtempSync(join(tmpdir(), 'stepstream-test-'))
let failed = files.length === 0
if (failed) console.error(`no test file matches ${filters.join(' ')}`)
for (const [number, [concurrency, group]] of groups.entries()) {
  if (group.length > 0 && !(await runFiles(group, concurrency, join(failures, String(number))))) failed = true
}
for (const [name, count] of totals) console.log(`# ${name} ${count}`)
for (const file of readdirSync(failures).sort()) process.stdout.write(readFileSync(join(failures, file), 'utf8'))
rmSync(failures, { recursive: true })
process.exitCode = failed ? 1 : 0

function sourceOf(file: string): string {
  return file.replace(/\.js$/, '.ts')
}

/** Runs test files with node's own runner, shows what it prints and adds up its last lines; true when all passed. What failed goes into a file too. */
function runFiles(group: readonly string[], concurrency: number, failuresFile: string): Promise<boolean> {
  const reporters = [
    `--test-reporter=${process.stdout.isTTY ? 'spec' : 'tap'}`,
    '--test-reporter-destination=stdout',
    `--test-reporter=${pathToFileURL(join(dist, 'test/failures.js'))}`,
    `--test-reporter-destination=${failuresFile}`,
  ]
  const paths = group.map((file) => relative(process.cwd(), join(dist, file)))
  const preload = `--import=${pathToFileURL(join(dist, 'test/hung.js'))}`
  const limits = [`--test-concurrency=${concurrency}`, `--test-timeout=${fileMs}`]
  const child = spawn(process.execPath, [preload, '--test', ...limits, ...reporters, ...options, ...paths], {
    stdio: ['inherit', 'pipe', 'inherit'],
    env: process.stdout.isTTY ? { FORCE_COLOR: '1', ...process.env } : process.env,
  })
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    process.stdout.write(text)
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) count(line)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      count(rest)
      resolve(code === 0)
    })
  })
}

/** The runner ends with `# pass 12` (`ℹ pass 12` on a terminal). */
function count(line: string): void {
  const match = /^[#ℹ] (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([0-9.]+)/u.exec(
    stripVTControlCharacters(line),
  )
  if (match) totals.set(match[1]!, (totals.get(match[1]!) ?? 0) + Number(match[2]))
}
