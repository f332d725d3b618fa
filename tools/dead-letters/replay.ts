import { replaySeq } from '../../schema/dead-letters.ts'
import { formatToken, parseToken, type Token } from '../../schema/token.ts'
import type { Doors } from './doors.ts'
import { frameOf, isReplayOf, replayBody } from './frames.ts'
import { chunks, currentToken, fetchFrames, findLetters, type Letter, whyNever } from './letters.ts'
import type { ReplayOptions } from './options.ts'
import { clean, type Print } from './show.ts'
import { Trouble } from './trouble.ts'

/** What became of the letters that were chosen. */
export type ReplayCounts = { stored: number; cameBack: number; refused: number; skipped: number; toSend: number }

/** Letters sent before it is looked at what became of them. */
const lettersAtOnce = 100

/**
 * Sends letters again, the oldest first, as the sequence numbers of replays want it; then waits until the sink has taken them and looks
 * whether one came back as a new letter. Those that the sink knows as replayed are not sent. Stops when all of a hundred came back: what keeps
 * them out is still there, and each one that is sent makes one letter more.
 */
export async function replayLetters(doors: Doors, options: ReplayOptions, print: Print): Promise<ReplayCounts> {
  const counts: ReplayCounts = { stored: 0, cameBack: 0, refused: 0, skipped: 0, toSend: 0 }
  const due: Letter[] = []
  for (const letter of await chosenLetters(doors, options)) {
    const reason = whyNot(letter, options)
    if (reason === undefined) due.push(letter)
    else {
      counts.skipped++
      print(line(letter, `not sent: ${reason}`))
    }
  }
  if (options.dryRun) for (const letter of due) print(line(letter, 'would be sent'))
  if (options.dryRun) return { ...counts, toSend: due.length }
  const batches = chunks(due, lettersAtOnce)
  for (const [index, batch] of batches.entries()) {
    const outcomes = await replayBatch(doors, batch, print)
    for (const { kind } of outcomes) counts[kind]++
    const rest = due.length - (index + 1) * lettersAtOnce
    if (rest > 0 && !options.keepGoing && outcomes.every(({ kind }) => kind !== 'stored')) {
      counts.toSend = rest
      print(
        `none of these ${batch.length} letters could be stored; ${rest} more were not sent (--keep-going sends them all the same)`,
      )
      break
    }
  }
  return counts
}

/** In log order. Snapshot: letters that come back meanwhile are not among them. */
async function chosenLetters(doors: Doors, { ids, reason, project }: ReplayOptions): Promise<Letter[]> {
  const at = await currentToken(doors)
  const letters: Letter[] = []
  for await (const letter of findLetters(doors, ids ? { ids, at } : { reason, project, at })) letters.push(letter)
  const missing = ids?.find((id) => !letters.some((letter) => letter.id === id))
  if (missing !== undefined) throw new Trouble(`there is no dead letter ${missing}; nothing was sent`)
  return letters.sort((a, b) => a.partition - b.partition || replaySeq(a) - replaySeq(b))
}

function whyNot(letter: Letter, { ids, reason }: ReplayOptions): string | undefined {
  if (letter.replay === 'REPLAYED') return 'it was replayed before'
  const never = whyNever(letter)
  if (never !== undefined) return never
  // By name it is sent all the same: the sink refuses to guess, and it comes back as a letter of sequence_horizon.
  if (letter.replay === 'FORGOTTEN' && ids === undefined)
    return 'younger letters of its run were replayed since, and it may have been too; give its name to send it'
  if (letter.reason === 'sequence_horizon' && ids === undefined && reason === undefined)
    return 'it may be stored already; give its name, or --reason sequence_horizon, to send it'
  return undefined
}

type Outcome = { readonly kind: 'stored' | 'cameBack' | 'refused' }
type Sent = { readonly letter: Letter; readonly token: Token }

async function replayBatch(doors: Doors, batch: readonly Letter[], print: Print): Promise<Outcome[]> {
  const before = readToken(await currentToken(doors))
  const frames = await fetchFrames(
    doors,
    batch.map(({ id }) => id),
  )
  const outcomes: Outcome[] = []
  const sent: Sent[] = []
  for (const letter of batch) {
    const verdict = await doors.send(replayBody(letter, frameOf(frames.get(letter.id)!)))
    if (verdict.kind === 'durable') sent.push({ letter, token: readToken(verdict.at) })
    else {
      outcomes.push({ kind: 'refused' })
      print(line(letter, `refused by the gateway, ${verdict.code}: ${verdict.message}`))
    }
  }
  const returned = await findReturned(doors, sent, before)
  for (const { letter } of sent) {
    const again = returned.get(letter.id)
    outcomes.push({ kind: again ? 'cameBack' : 'stored' })
    print(line(letter, again ? `came back as ${again.id}, ${again.reason}: ${again.detail}` : 'stored'))
  }
  return outcomes
}

/**
 * Letters that replays became, by the id of the letter replayed, once the sink has taken all that was sent. They are letters of the same run and lie
 * behind what could be seen before anything was sent; the frames of those tell whose replays they are.
 */
async function findReturned(doors: Doors, sent: readonly Sent[], before: Token): Promise<Map<string, Letter>> {
  const returned = new Map<string, Letter>()
  if (sent.length === 0) return returned
  const at = latest(sent.map(({ token }) => token))
  // The youngest letter of each run: what comes back lies behind it.
  const runs = new Map(sent.map(({ letter }) => [`${letter.project}\0${letter.run}`, letter]))
  const candidates: Letter[] = []
  for (const { project, run, cursor } of runs.values()) {
    for await (const letter of findLetters(doors, { project, run, after: cursor, at })) {
      if (letter.offset > (before.offsets.get(letter.partition) ?? -1)) candidates.push(letter)
    }
  }
  const frames = await fetchFrames(
    doors,
    candidates.map(({ id }) => id),
  )
  for (const candidate of candidates) {
    const frame = frameOf(frames.get(candidate.id)!)
    const origin = sent.find(({ letter }) => isReplayOf(letter, frame))
    if (origin) returned.set(origin.letter.id, candidate)
  }
  return returned
}

function readToken(at: string): Token {
  const token = parseToken(at)
  if (token) return token
  throw new Trouble('the gateway answered without a token; it was sent, but what became of it cannot be told')
}

/** One token that stands for all of them. */
function latest(tokens: readonly Token[]): string {
  const offsets = new Map<number, number>()
  for (const token of tokens) {
    for (const [partition, offset] of token.offsets)
      offsets.set(partition, Math.max(offset, offsets.get(partition) ?? 0))
  }
  return formatToken({ log: tokens[0]!.log, offsets })
}

function line({ id, project, run, reason }: Letter, what: string): string {
  return clean(`${id}  ${project}/${run}  ${reason}  ${what}`)
}
