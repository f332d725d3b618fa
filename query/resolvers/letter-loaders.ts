import {
  canReplay,
  type DeadReason,
  formatLetterId,
  type LetterPlace,
  replaySeq,
  replayWriter,
  replayWriterStart,
} from '../../schema/dead-letters.ts'
import type { ReadOptions, StoreReader } from '../../schema/store.ts'
import { createBatcher } from '../batch.ts'
import { letterFrames, replaySequences } from '../sql/dead-letters.ts'
import { ask, numbers, texts } from '../sql/read.ts'

export type ReplayState = 'OPEN' | 'REPLAYED' | 'FORGOTTEN' | 'IMPOSSIBLE'
export type Letter = LetterPlace & { readonly project: string; readonly run: string; readonly reason: DeadReason }

/** Fields of many letters, one question to the store for each. */
export type LetterLoaders = {
  /** Base64 of the stored bytes. */
  readonly frame: (letter: Letter) => Promise<string>
  readonly replay: (letter: Letter) => Promise<ReplayState>
}

export function createLetterLoaders(reader: StoreReader, options: ReadOptions): LetterLoaders {
  async function loadFrames(letters: readonly Letter[]): Promise<string[]> {
    const answer = await ask(reader, letterFrames(distinct(letters)), options)
    const [partitions, offsets] = [numbers(answer, 'placePartition'), numbers(answer, 'placeOffset')]
    const blocks = numbers(answer, 'placeBlock')
    const frames = new Map(
      texts(answer, 'frameText').map((frame, row) => {
        return [formatLetterId({ partition: partitions[row]!, offset: offsets[row]!, block: blocks[row]! }), frame]
      }),
    )
    return letters.map((letter) => frames.get(formatLetterId(letter)) ?? '')
  }

  async function loadReplays(letters: readonly Letter[]): Promise<ReplayState[]> {
    const answer = await ask(reader, replaySequences(distinct(letters), replayWriterStart), options)
    const [projects, runs] = [texts(answer, 'project'), texts(answer, 'run')]
    const byRun = new Map(
      texts(answer, 'sequences').map((sequences, row) => {
        const writers = new Map(JSON.parse(sequences) as [writer: string, sequence: number[]][])
        return [`${projects[row]}\0${runs[row]}`, writers]
      }),
    )
    return letters.map((letter) => {
      const sequence = byRun.get(`${letter.project}\0${letter.run}`)?.get(replayWriter(letter.partition, letter.reason))
      return sequence ? stateIn(sequence, replaySeq(letter)) : 'OPEN'
    })
  }

  const replay = createBatcher(loadReplays)
  return {
    frame: createBatcher(loadFrames),
    replay: (letter) => (canReplay(letter.reason) ? replay(letter) : Promise.resolve('IMPOSSIBLE')),
  }
}

/** What a writer's sequence, `[floor, from, to, from, to, …]`, says of one number: closed intervals that were seen, nothing known below the floor. */
function stateIn(sequence: readonly number[], seq: number): ReplayState {
  if (seq < sequence[0]!) return 'FORGOTTEN'
  for (let at = 1; at < sequence.length; at += 2) {
    if (sequence[at]! <= seq && seq <= sequence[at + 1]!) return 'REPLAYED'
  }
  return 'OPEN'
}

/** A letter may be in the answer twice, under two aliases. */
const distinct = (letters: readonly Letter[]) => [
  ...new Map(letters.map((letter) => [formatLetterId(letter), letter])).values(),
]
