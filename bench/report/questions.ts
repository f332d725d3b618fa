import type { Line as Answered } from '../query/lines.ts'
import type { QueryResult } from '../query/results.ts'
import { type Line, linePlot } from './lines.ts'
import { page } from './page.ts'
import { percentTicks, toNines } from './plots.ts'
import { escaped, shortNumber } from './svg.ts'
import { type Cell, table } from './tables.ts'

const colors = 7
const groupTitles: Readonly<Record<string, string>> = {
  curves: 'Curves',
  chart: 'Many curves in a chart',
  runs: 'Leaderboards',
  bands: 'Bands',
}

/** A page of one result of the questions. */
export function questionsReport(result: QueryResult): string {
  const title = `Stepstream: questions, up to ${shortNumber(result.points)} points and ${shortNumber(result.runs)} runs`
  const { asked, met } = result.targets
  return page(title, [
    `<h1>${escaped(title)}</h1>`,
    `<p class="soft">${escaped(result.finishedAt)} · every answer given is as brute force has it</p>`,
    `<div class="tiles"><div><b>${met} of ${asked}</b><span>targets met</span></div></div>`,
    lengthPlot(result),
    ...Object.keys(groupTitles).map((group) => percentilePlot(result, group)),
    `<h2>Questions</h2><p class="soft">Milliseconds over HTTP until the last byte, warm, closed loop.</p>${lineTable(result)}`,
    peerTables(result),
    ...result.skipped.map(
      ({ question, why }) => `<p class="bad">Not measured: ${escaped(question)}: ${escaped(why)}</p>`,
    ),
    `<h2>What was measured, and on what</h2>${setupTable(result)}`,
  ])
}

/** Flat is what it should be. */
function lengthPlot({ lines }: QueryResult): string {
  const alone = lines.filter(({ clients, plot, group }) => clients === 1 && plot !== null && group === 'curves')
  const names = [...new Set(alone.map((line) => nameOf(line)))]
  const series = (name: string, figure: (line: Answered) => number | null): Line['points'] =>
    alone
      .filter((line) => nameOf(line) === name)
      .flatMap((line) => {
        const value = figure(line)
        return value === null ? [] : [[line.plot!.size, value] as const]
      })
  const drawn = names.flatMap((name, i): Line[] => [
    { name: `${name}, p50`, color: `c${i % colors}`, points: series(name, ({ measured }) => measured.p50) },
    {
      name: `${name}, p99`,
      color: `c${(i + names.length) % colors}`,
      points: series(name, ({ measured }) => measured.p99),
    },
  ])
  const scan = alone.find(({ rawScanMilliseconds }) => rawScanMilliseconds !== null)
  if (scan) {
    const points = series(nameOf(scan), ({ rawScanMilliseconds }) => rawScanMilliseconds)
    drawn.push({ name: 'plain scan, the whole series', color: 'c6', points })
  }
  return linePlot({
    ...{ title: 'One series', unit: 'ms, both axes logarithmic', xLabel: 'points of the series', lines: drawn },
    ...{ logarithmic: true, logarithmicX: true },
  })
}

const nameOf = ({ plot, ingest }: Answered) => `${plot?.line ?? ''}${ingest === null ? '' : ' *'}`

function percentilePlot({ lines }: QueryResult, group: string): string {
  const drawn = lines
    .filter((line) => line.group === group && line.clients === 1 && line.ingest === null)
    .slice(-colors)
    .map(({ question, measured }, i): Line => ({ name: question, color: `c${i}`, points: measured.curve.map(toNines) }))
  return linePlot({
    ...{ title: groupTitles[group]!, unit: 'ms, logarithmic', xLabel: 'percentile', logarithmic: true },
    ...{ lines: drawn, xTicks: percentTicks },
  })
}

function lineTable({ lines }: QueryResult): string {
  const head = [
    '',
    'clients',
    'p50',
    'p99',
    'asked',
    'met',
    'plain scan',
    'SELECT 1',
    'smallest',
    'CPU',
    'kB',
    'answers',
  ]
  const fixed = (value: number | null) => value?.toFixed(1) ?? null
  const rows = lines.map((line): Cell[] => [
    line.question + (line.ingest === null ? '' : ` *, ${shortNumber(line.ingest.pointsPerSecond)} points/s in`),
    line.clients,
    fixed(line.measured.p50),
    fixed(line.measured.p99),
    line.asked && `${line.asked.p50} / ${line.asked.p99}`,
    line.met === null ? null : line.met ? 'yes' : 'no',
    fixed(line.rawScanMilliseconds),
    fixed(line.selectOneMilliseconds),
    fixed(line.smallestQuestionMilliseconds),
    fixed(line.serverCpuSecondsPerQuestion && line.serverCpuSecondsPerQuestion * 1_000),
    Math.round(line.bytes / 1_000),
    line.samples,
  ])
  return table(head, rows)
}

function peerTables({ peers, lines }: QueryResult): string {
  const rows = Object.entries(peers).flatMap(([name, peer]): Cell[][] => {
    if ('unavailable' in peer) return [[name, peer.unavailable]]
    return peer.lines.map(({ question, ours, measured, bytes, note }) => {
      const own = lines.find(({ id, clients, ingest }) => id === ours && clients === 1 && ingest === null)
      const ratio = own && (measured.p50 / own.measured.p50).toFixed(2)
      const figures = [measured.p50.toFixed(1), measured.p99.toFixed(1), own?.measured.p50.toFixed(1), ratio]
      return [`${name}: ${question}`, ...figures, Math.round(bytes / 1_000), note]
    })
  })
  if (rows.length === 0) return ''
  return `<h2>Peers</h2>${table(['', 'p50', 'p99', 'ours, p50', 'to ours', 'kB', ''], rows)}`
}

function setupTable({ machine, versions, data, ...result }: QueryResult): string {
  const { built } = data
  const rows: [string, Cell][] = [
    ...data.curves.map(({ project, way, runs, steps }): [string, Cell] => [
      project,
      `${runs.toLocaleString('en')} runs, ${steps.toLocaleString('en')} steps, ${way === 'gateway' ? 'through the gateway' : 'straight into the store'}`,
    ]),
    ...data.leaderboards.map(({ project, runs }): [string, Cell] => [
      project,
      `${runs.toLocaleString('en')} runs, straight into the store`,
    ]),
    ['on disk, GB', built && (built.bytesOnDisk / 1e9).toFixed(2)],
    ['seconds of each line', result.seconds],
    ['seed', result.seed],
    ['server at most, MiB', result.peakResidentBytes?.server && Math.round(result.peakResidentBytes.server / 2 ** 20)],
    ['processor', `${machine.cpu}, ${machine.cores} cores`],
    ['memory', `${machine.memoryGiB} GiB`],
    ['system', machine.system],
    ['Stepstream', [versions.stepstream, versions.commit].filter((one) => one !== null).join(' ')],
    ['Node, ClickHouse', `${versions.node}, ${versions.engine ?? 'unknown'}`],
  ]
  return table(['', ''], rows)
}
