import { runKey } from '../../schema/keys.ts'
import { pick, type Random, whole } from '../../test/random.ts'
import {
  type FrameBody,
  type MetricSet,
  type ParamValue,
  type RunName,
  runStates,
  type Update,
} from '../record/record.ts'
import { createRecordWriter, putFrame, recordBytes } from '../record/writer.ts'
import { randomBlock } from './blocks.fixture.ts'

/** A record of one frame of a run, of what of it is given. */
export function recordOf(run: string, frame: Partial<FrameBody>): Uint8Array {
  const writer = createRecordWriter()
  const body = { writer: undefined, seq: undefined, update: undefined, blocks: [], ...frame }
  putFrame(writer, { project: 'p', run }, body, 1_000)
  return Uint8Array.from(recordBytes(writer))
}

/** What the producers of a model send: records of frames of some runs. */
export type Producer = {
  /** The next record: a few frames of a few runs; rarely bytes that are no record at all. */
  record(): Uint8Array
}

/** Which of the rarer frames there are. */
export type Mix = {
  readonly runs: number
  /** Updates that add keys without end, so that a run meets its limit of entries. */
  readonly manyEntries: boolean
  /** How often a record is no record. */
  readonly unreadable: number
}

type RunPlan = {
  readonly name: RunName
  readonly sets: MetricSet[]
  readonly seqs: Map<string, number>
  readonly sent: FrameBody[]
  step: number
}

/** Arrival of the first frame, ms; a clock that ticks with each. */
const startMs = 1_700_000_000_000

/** `mine`: which runs it sends, by their keys; absent: any. */
export function createProducer(random: Random, mix: Mix, mine: (key: bigint) => boolean = () => true): Producer {
  const runs: RunPlan[] = []
  for (let i = 0; runs.length < mix.runs; i++) {
    const run = planRun(random, `run ${i}`)
    if (mine(runKey(run.name.project, run.name.run))) runs.push(run)
  }
  let now = startMs

  function record(): Uint8Array {
    if (random() < mix.unreadable) return Uint8Array.from([9, 9, 9, whole(random, 0, 255)])
    const writer = createRecordWriter(64)
    for (let frames = whole(random, 1, 6); frames > 0; frames--) {
      // Some runs are busy, others nearly idle, so that idle ones leave memory and come back.
      const run = runs[Math.floor(random() ** 2 * runs.length)]!
      now += whole(random, 0, 20)
      putFrame(writer, run.name, nextFrame(random, mix, run, now), now)
    }
    return Uint8Array.from(recordBytes(writer))
  }

  return { record }
}

function planRun(random: Random, run: string): RunPlan {
  const sets = Array.from({ length: whole(random, 1, 3) }, (_, i) => {
    return { names: Array.from({ length: whole(random, 1, 8) }, (_, m) => `metric ${i + m * 2}`) }
  })
  return {
    name: { project: pick(random, ['p', 'q']), run },
    sets,
    seqs: new Map(),
    sent: [],
    step: whole(random, -9, 9),
  }
}

function nextFrame(random: Random, mix: Mix, run: RunPlan, now: number): FrameBody {
  if (run.sent.length > 0 && random() < 0.12) return pick(random, run.sent)
  const frame: FrameBody = {
    ...nextSequence(random, run),
    update: random() < 0.15 || mix.manyEntries ? randomUpdate(random, mix) : undefined,
    blocks: Array.from({ length: pick(random, [1, 1, 1, 2]) }, () => nextBlock(random, run, now)),
  }
  run.sent.push(frame)
  if (run.sent.length > 20) run.sent.shift()
  return frame
}

function nextSequence(random: Random, run: RunPlan): { writer: string | undefined; seq: number | undefined } {
  if (random() < 0.3) return { writer: undefined, seq: undefined }
  const writer = random() < 0.1 ? `w${whole(random, 2, 9)}` : pick(random, ['w0', 'w1'])
  const next = run.seqs.get(writer) ?? 0
  // A frame that overtakes leaves a gap; a late one fills it.
  if (next > 0 && random() < 0.2) return { writer, seq: whole(random, Math.max(0, next - 30), next - 1) }
  const seq = next + (random() < 0.3 ? whole(random, 1, 3) : 0)
  run.seqs.set(writer, seq + 1)
  return { writer, seq }
}

function nextBlock(random: Random, run: RunPlan, now: number) {
  const set = random() < 0.02 ? tooMany(random) : pick(random, run.sets)
  const count = pick(random, [1, 1, 1, 3, 40])
  const firstStep = random() < 0.1 ? run.step - whole(random, 0, 20) : run.step + 1
  const block = randomBlock(random, { set, count, firstStep, timeMs: now - whole(random, 0, 500) })
  // Steps are at most 3 and a third apart.
  run.step = Math.max(run.step, firstStep + count * 4)
  return block
}

/** Names that, with those the run has, are sometimes too many. */
function tooMany(random: Random): MetricSet {
  return { names: Array.from({ length: whole(random, 4, 30) }, (_, i) => `wide ${i + whole(random, 0, 1)}.${i}`) }
}

const params: readonly ParamValue[] = ['text', '', 'NaN', 'Infinity', '日本 "\'\n', true, false, 0, 1.5, -1e-310, null]
const numbers = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MAX_VALUE]

export function randomUpdate(random: Random, mix: Pick<Mix, 'manyEntries'>): Update {
  const keys = mix.manyEntries
    ? Array.from({ length: 12 }, (_, i) => `key ${i}`)
    : ['lr', 'a.b', '__proto__', 'constructor', '7', '07', '-1', 'ключ', "quote's"]
  const remove = mix.manyEntries ? 0.45 : 0.2
  const entries = <V>(value: () => V) =>
    new Map(
      Array.from(
        { length: whole(random, 1, 4) },
        () => [pick(random, keys), random() < remove ? null : value()] as const,
      ),
    )
  return {
    ...(random() < 0.3 ? { name: pick(random, ['', 'a name', 'another']) } : {}),
    ...(random() < 0.3 ? { state: pick(random, runStates) } : {}),
    ...(random() < 0.7 ? { params: entries(() => pick(random, [...params, ...numbers])) } : {}),
    ...(random() < 0.5 ? { tags: entries(() => pick(random, ['x', '', 'y\tz'])) } : {}),
  }
}
