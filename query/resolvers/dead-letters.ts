import {
  canReplay,
  type DeadReason,
  deadReasons,
  formatLetterId,
  type LetterPlace,
  parseLetterId,
  replayWriterStart,
} from '../../schema/dead-letters.ts'
import { limits } from '../../schema/limits.ts'
import type { Context } from '../context.ts'
import { failure } from '../failures.ts'
import { letterCounts, lettersPage, openCounts } from '../sql/dead-letters.ts'
import { ask, numbers, texts } from '../sql/read.ts'
import { formatCursor, parseCursor } from '../sql/run-order.ts'
import { arrive } from './arrive.ts'
import { connection } from './connection.ts'
import { type Maybe, rowsIn } from './inputs.ts'
import type { Letter, ReplayState } from './letter-loaders.ts'

export type DeadLettersInput = {
  readonly project?: Maybe<string>
  readonly run?: Maybe<string>
  readonly reason?: Maybe<DeadReason>
  readonly ids?: Maybe<readonly string[]>
  readonly first?: Maybe<number>
  readonly after?: Maybe<string>
  readonly at?: Maybe<string>
}

type LetterRow = Letter & { readonly at: Maybe<string> }

/** How many letters are asked for. */
export function lettersIn({ ids, first }: DeadLettersInput): number {
  if (ids && ids.length > limits.pageRows)
    throw failure('BAD_INPUT', `there are ${ids.length} ids; at most ${limits.pageRows} are allowed`)
  return rowsIn(first, ids ? Math.max(1, ids.length) : 50)
}

/** A cursor is a place in the log, whatever was asked for. */
const list = ['deadLetters']

export async function resolveDeadLetters(_: unknown, input: DeadLettersInput, context: Context) {
  const rows = lettersIn(input)
  const after = typeof input.after === 'string' ? placeOfCursor(input.after) : undefined
  const places = input.ids?.map(placeOfId)
  if (typeof input.run === 'string' && typeof input.project !== 'string')
    throw failure('BAD_INPUT', 'run is of no use without project')
  await arrive(context, input.at, false)
  const question = {
    project: input.project ?? undefined,
    run: input.run ?? undefined,
    reason: input.reason ?? undefined,
    ...{ places, after, rows: rows + 1 },
  }
  const answer = await ask(context.reader, lettersPage(question), context.readOptions)
  const [partitions, offsets] = [numbers(answer, 'placePartition'), numbers(answer, 'placeOffset')]
  const [blocks, bytes] = [numbers(answer, 'placeBlock'), numbers(answer, 'bytes')]
  const [runs, reasons, details] = [texts(answer, 'run'), texts(answer, 'cause'), texts(answer, 'detail')]
  const received = numbers(answer, 'receivedMs')
  const edges = texts(answer, 'project').map((project, row) => {
    const place = { partition: partitions[row]!, offset: offsets[row]!, block: blocks[row]! }
    const id = formatLetterId(place)
    const node = {
      ...{ id, ...place, project },
      run: runs[row]!,
      reason: reasons[row]! as DeadReason,
      detail: details[row]!,
      received: timeOf(received[row]!),
      bytes: bytes[row]!,
      at: input.at,
    }
    return { node, cursor: formatCursor(list, { rank: 0, key: '', run: id }) }
  })
  return connection(edges, rows, after !== undefined)
}

export function resolveLetterFrame(letter: LetterRow, _: unknown, context: Context): Promise<string> {
  return context.letterLoaders.frame(letter)
}

export async function resolveReplay(letter: LetterRow, _: unknown, context: Context): Promise<ReplayState> {
  await arrive(context, letter.at, true)
  return await context.letterLoaders.replay(letter)
}

export type CountsInput = {
  readonly project?: Maybe<string>
  readonly first?: Maybe<number>
  readonly at?: Maybe<string>
}

export async function resolveDeadLetterCounts(_: unknown, input: CountsInput, context: Context) {
  const rows = rowsIn(input.first, 100)
  await arrive(context, input.at, false)
  const answer = await ask(context.reader, letterCounts(input.project ?? undefined, rows), context.readOptions)
  const [reasons, letters] = [texts(answer, 'cause'), numbers(answer, 'letters')]
  const [oldest, newest] = [numbers(answer, 'oldestMs'), numbers(answer, 'newestMs')]
  // For all rows at once, and only when asked for.
  let open: Promise<Map<string, number>> | undefined
  return texts(answer, 'project').map((project, row) => ({
    project,
    reason: reasons[row]!,
    letters: letters[row]!,
    open: async () => {
      open ??= countOpen(input, context)
      return (await open).get(`${project}\0${reasons[row]}`) ?? 0
    },
    oldest: timeOf(oldest[row]!),
    newest: timeOf(newest[row]!),
  }))
}

async function countOpen({ project, at }: CountsInput, context: Context): Promise<Map<string, number>> {
  await arrive(context, at, true)
  const statement = openCounts(project ?? undefined, deadReasons.filter(canReplay), replayWriterStart)
  const answer = await ask(context.reader, statement, context.readOptions)
  const [reasons, open] = [texts(answer, 'cause'), numbers(answer, 'open')]
  return new Map(texts(answer, 'project').map((name, row) => [`${name}\0${reasons[row]}`, open[row]!]))
}

/** A record that cannot be read has no time, which the table keeps as 0. */
function timeOf(ms: number): number | null {
  return ms === 0 ? null : ms
}

function placeOfId(id: string): LetterPlace {
  const place = parseLetterId(id)
  if (place) return place
  throw failure('BAD_INPUT', `${JSON.stringify(id.slice(0, 64))} is no letter's id: <partition>-<offset>-<block>`)
}

function placeOfCursor(cursor: string): LetterPlace {
  const place = parseLetterId(parseCursor(list, cursor).run)
  if (place) return place
  throw failure('BAD_CURSOR', 'the cursor is not one of this list')
}
