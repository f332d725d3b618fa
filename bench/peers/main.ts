import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onExit } from '../cleanup.ts'
import { machine, versions } from '../system.ts'
import { peerDataset, valueKinds } from './data.ts'
import { help, type PeerCommand, parsePeerCommand, UsageError } from './options.ts'
import { measureOwnBytes, type OwnBytes, ownBytesInWords } from './own-bytes.ts'
import { measurePeer, measurePeerBytes, type PeerResult, peerSpec, stepsMultiple } from './peers.ts'
import { table } from './table.ts'

type Titled = { readonly title: string; readonly results: PeerResult[]; readonly own?: OwnBytes }

async function main(args: string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(help)
    return 0
  }
  const command = parsePeerCommand(args)
  const tables = command.bytes ? await measureBytes(command) : await measureShape(command)
  const result = { command: args.join(' '), machine: machine(), versions: versions(), tables }
  if (command.json !== undefined) writeFileSync(command.json, `${JSON.stringify(result, null, 2)}\n`)
  for (const { title, results, own } of tables) {
    process.stdout.write(`\n${title}\n\n${table(results)}\n${own ? `\n${ownBytesInWords(own)}\n` : ''}`)
  }
  return 0
}

async function measureShape(command: PeerCommand): Promise<Titled[]> {
  const { shape, points, runs, seed } = command
  const results: PeerResult[] = []
  const options = peerOptions(command)
  for (const name of command.names) results.push(await measurePeer(name, peerSpec(shape, points, runs, seed), options))
  return [{ title: `${shape}, ${runs} runs`, results }]
}

async function measureBytes(command: PeerCommand): Promise<Titled[]> {
  const { series, clockNoiseMs } = command
  const steps = stepsMultiple * Math.floor(command.points / series / stepsMultiple)
  const clocks = clockNoiseMs === undefined ? 'perfect clocks' : `clocks good to ${clockNoiseMs} ms`
  const tables: Titled[] = []
  for (const values of valueKinds) {
    const results: PeerResult[] = []
    for (const name of command.names) {
      results.push(await measurePeerBytes(name, values, { ...peerOptions(command), series, steps, clockNoiseMs }))
    }
    const options = peerOptions(command)
    options.progress('stepstream: the same points')
    const dataset = peerDataset({ kind: 'values', values, seed: 1, series, steps, clockNoiseMs })
    const own = await measureOwnBytes(dataset, options.workDirectory)
    tables.push({ title: `${values}, ${series} series of ${steps} points, ${clocks}`, results, own })
  }
  return tables
}

function peerOptions({ cacheDirectory, workDirectory, maximumPoints, connections, paths }: PeerCommand) {
  return {
    ...(cacheDirectory === undefined ? {} : { cacheDirectory }),
    ...(maximumPoints === undefined ? {} : { maximumPoints }),
    ...(connections === undefined ? {} : { connections }),
    workDirectory: workDirectory ?? temporaryDirectory(),
    paths,
    progress: (text: string) => void process.stderr.write(`${text}\n`),
  }
}

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'stepstream-peers-'))
  onExit(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

try {
  process.exit(await main(process.argv.slice(2)))
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\n${help}`)
    process.exit(2)
  }
  process.stderr.write(`\npeers: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
