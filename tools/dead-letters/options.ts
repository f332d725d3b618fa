import { parseArgs } from 'node:util'
import { type DeadReason, deadReasons, parseLetterId } from '../../schema/dead-letters.ts'
import { BadUsage } from './trouble.ts'

export const usage = `npm run dead-letters -- <command> [options]

  list                  frames that were acknowledged and could not be stored, in log order
    --reason R          only of this reason: ${deadReasons.join(', ')}
    --project P         only of this project
    --limit N           at most so many (default 100)
    --json              one JSON object a line
  show ID               one letter with its frame taken apart, as JSON
    --raw FILE          write its bytes to a new file instead
  replay ID…            send letters again, as frames that are stored once however often they are sent
  replay --reason R     all of this reason; --project P: only of this project
  replay --all          all, except those of sequence_horizon, which may be stored already
    --dry-run           say what would be sent
    --keep-going        do not stop when every letter of a hundred comes back

  --url URL             where GraphQL is (default http://127.0.0.1:7410)
  --frames-url URL      where frames go (default: the same)
  --key KEY             API key (default: the variable API_KEY)
`

type Places = { readonly url: string; readonly framesUrl: string; readonly key: string | undefined }
type Filter = { readonly reason: DeadReason | undefined; readonly project: string | undefined }
export type ListOptions = Filter & { readonly limit: number; readonly json: boolean }
export type ShowOptions = { readonly id: string; readonly raw: string | undefined }
export type ReplayOptions = Filter & {
  /** Letters by name; undefined: by the filter. */
  readonly ids: readonly string[] | undefined
  readonly dryRun: boolean
  readonly keepGoing: boolean
}
export type Options = Places &
  (
    | { readonly command: 'help' }
    | { readonly command: 'list'; readonly list: ListOptions }
    | { readonly command: 'show'; readonly show: ShowOptions }
    | { readonly command: 'replay'; readonly replay: ReplayOptions }
  )

const text = { type: 'string' } as const
const flag = { type: 'boolean', default: false } as const
const known = {
  ...{ url: text, 'frames-url': text, key: text, help: flag },
  ...{ reason: text, project: text, limit: text, json: flag, raw: text },
  ...{ all: flag, 'dry-run': flag, 'keep-going': flag },
}
const common = ['url', 'frames-url', 'key', 'help']
/** Which options each command has, besides those of all. */
const ownOptions = {
  list: ['reason', 'project', 'limit', 'json'],
  show: ['raw'],
  replay: ['reason', 'project', 'all', 'dry-run', 'keep-going'],
} as const

/** @throws BadUsage naming what is wrong */
export function readOptions(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Options {
  const { values, positionals } = parse(words)
  const url = readUrl('url', values.url ?? 'http://127.0.0.1:7410')
  const framesUrl = values['frames-url'] === undefined ? url : readUrl('frames-url', values['frames-url'])
  const places = { url, framesUrl, key: values.key || environment.API_KEY || undefined }
  const [command, ...names] = positionals
  if (values.help || command === undefined || command === 'help') return { ...places, command: 'help' }
  if (command !== 'list' && command !== 'show' && command !== 'replay')
    throw new BadUsage(`there is no command ${command}: list, show or replay`)
  for (const [name, value] of Object.entries(values)) {
    const allowed = [...common, ...ownOptions[command]].includes(name)
    if (value !== false && !allowed) throw new BadUsage(`${command} has no option --${name}`)
  }
  const ids = names.map(readId)
  const filter = { reason: readReason(values.reason), project: values.project }
  if (command === 'list') {
    if (names.length > 0) throw new BadUsage('list takes no names; see show')
    return { ...places, command, list: { ...filter, limit: readLimit(values.limit ?? '100'), json: values.json } }
  }
  if (command === 'show') {
    if (ids.length !== 1) throw new BadUsage('show takes the name of one letter')
    return { ...places, command, show: { id: ids[0]!, raw: values.raw } }
  }
  const ways = [ids.length > 0, filter.reason !== undefined, values.all].filter(Boolean).length
  if (ways !== 1) throw new BadUsage('replay takes either names of letters, or --reason, or --all')
  if (ids.length > 0 && filter.project !== undefined) throw new BadUsage('--project is of no use with names of letters')
  const chosen = ids.length > 0 ? [...new Set(ids)] : undefined
  const replay = { ...filter, ids: chosen, dryRun: values['dry-run'], keepGoing: values['keep-going'] }
  return { ...places, command, replay }
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: known, allowPositionals: true })
  } catch (error) {
    throw new BadUsage((error as Error).message)
  }
}

function readUrl(name: string, value: string): string {
  if (!/^https?:\/\//.test(value) || !URL.canParse(value))
    throw new BadUsage(`--${name} is not an http or https address: ${value}`)
  return value.replace(/\/+$/, '')
}

function readReason(value: string | undefined): DeadReason | undefined {
  if (value === undefined) return undefined
  const reason = deadReasons.find((one) => one === value.toLowerCase())
  if (reason === undefined) throw new BadUsage(`there is no reason ${value}: ${deadReasons.join(', ')}`)
  return reason
}

function readLimit(value: string): number {
  const limit = Number(value)
  if (!Number.isSafeInteger(limit) || limit < 1) throw new BadUsage(`--limit is not a number from 1 on: ${value}`)
  return limit
}

function readId(value: string): string {
  if (parseLetterId(value) === undefined)
    throw new BadUsage(`${value} is no letter's name: <partition>-<offset>-<block>, as list shows it`)
  return value
}
