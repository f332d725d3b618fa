import type { DeadReason, LetterPlace } from '../../schema/dead-letters.ts'
import { limits } from '../../schema/limits.ts'
import { type Binder, createBinder, type Statement } from './text.ts'

export type LettersQuestion = {
  readonly project: string | undefined
  readonly run: string | undefined
  readonly reason: DeadReason | undefined
  readonly places: readonly LetterPlace[] | undefined
  readonly after: LetterPlace | undefined
  readonly rows: number
}

const place = 'partition, offset, block'

/**
 * A page of letters in log order: `place*, project, run, cause, detail, receivedMs, bytes`. The places are found first, so that only the frames of the page
 * are read for their lengths.
 */
export function lettersPage(question: LettersQuestion): Statement {
  const { parameters, bind } = createBinder()
  const { project, run, reason, places, after } = question
  const conditions = ['1']
  if (project !== undefined) conditions.push(`project = ${bind('String', project)}`)
  if (run !== undefined) conditions.push(`run = ${bind('String', run)}`)
  if (reason !== undefined) conditions.push(`reason = ${bind('String', reason)}`)
  if (places !== undefined) conditions.push(isOneOf(places, bind))
  if (after !== undefined) {
    const bound = `${bind('UInt32', after.partition)}, ${bind('Int64', after.offset)}, ${bind('UInt32', after.block)}`
    conditions.push(`(${place}) > (${bound})`)
  }
  const sql = `
SELECT toUInt64(partition) AS placePartition, offset AS placeOffset, toUInt64(block) AS placeBlock, project, run,
  CAST(reason AS String) AS cause, detail, toUnixTimestamp64Milli(received) AS receivedMs, length(frame) AS bytes
FROM dead_letters FINAL
WHERE (${place}) IN (
  SELECT ${place} FROM dead_letters FINAL WHERE ${conditions.join(' AND ')} ORDER BY ${place} LIMIT ${bind('UInt32', question.rows)}
)
ORDER BY ${place}`
  return { sql, parameters }
}

/** Frames of letters: `placePartition, placeOffset, placeBlock, frameText`. */
export function letterFrames(places: readonly LetterPlace[]): Statement {
  const { parameters, bind } = createBinder()
  const sql = `
SELECT toUInt64(partition) AS placePartition, offset AS placeOffset, toUInt64(block) AS placeBlock, base64Encode(frame) AS frameText
FROM dead_letters FINAL WHERE ${isOneOf(places, bind)}`
  return { sql, parameters }
}

/** How many letters there are: `project, cause, letters, oldestMs, newestMs`. */
export function letterCounts(project: string | undefined, rows: number): Statement {
  const { parameters, bind } = createBinder()
  const condition = project === undefined ? '1' : `project = ${bind('String', project)}`
  const sql = `
SELECT project, CAST(reason AS String) AS cause, count() AS letters,
  toUnixTimestamp64Milli(min(received)) AS oldestMs, toUnixTimestamp64Milli(max(received)) AS newestMs
FROM dead_letters FINAL WHERE ${condition}
GROUP BY project, cause ORDER BY letters DESC, project, cause LIMIT ${bind('UInt32', rows)}`
  return { sql, parameters }
}

/**
 * Sequence numbers of the replays of these letters' runs: `project, run, sequences`, the last a JSON list of `[writer, [floor, from, to, …]]` as the sink
 * keeps it, without the run's own writers, which may be many.
 */
export function replaySequences(places: readonly LetterPlace[], writerStart: string): Statement {
  const { parameters, bind } = createBinder()
  const start = bind('String', `["${writerStart}`)
  const sql = `
SELECT project, run,
  concat('[', arrayStringConcat(arrayFilter(item -> startsWith(item, ${start}), JSONExtractArrayRaw(writers)), ','), ']') AS sequences
FROM run_state FINAL
WHERE (project, run) IN (SELECT project, run FROM dead_letters WHERE ${isOneOf(places, bind)})`
  return { sql, parameters }
}

/**
 * How many letters of each project and of one of these reasons were not replayed, as far as sequences say so: `project, cause, open`. A letter is
 * held against the sequence of its writer, `[floor, from, to, from, to, …]`, as `stateIn` does for a few.
 */
export function openCounts(
  project: string | undefined,
  reasons: readonly DeadReason[],
  writerStart: string,
): Statement {
  const { parameters, bind } = createBinder()
  const ofProject = project === undefined ? '1' : `project = ${bind('String', project)}`
  const chosen = `${ofProject} AND reason IN ${bind('Array(String)', reasons)}`
  const start = bind('String', writerStart)
  const sql = `
SELECT project, cause, countIf(empty(sequence) OR (seq >= sequence[1] AND NOT arrayExists(
  at -> sequence[at] <= seq AND seq <= sequence[at + 1], range(2, toUInt64(length(sequence)), 2)))) AS open
FROM (
  SELECT project, CAST(reason AS String) AS cause, offset * ${limits.blocksPerRecord + 1} + block AS seq,
    replays.2[indexOf(replays.1, concat(${start}, toString(partition), '-', reason))] AS sequence
  FROM (SELECT project, run, partition, offset, block, reason FROM dead_letters FINAL WHERE ${chosen}) AS letters
  LEFT ANY JOIN (
    SELECT project, run,
      arrayFilter(item -> startsWith(item.1, ${start}), JSONExtract(writers, 'Array(Tuple(String, Array(UInt64)))')) AS found,
      (arrayMap(item -> item.1, found), arrayMap(item -> item.2, found)) AS replays
    FROM run_state FINAL WHERE (project, run) IN (SELECT project, run FROM dead_letters WHERE ${chosen})
  ) AS states USING (project, run)
)
GROUP BY project, cause`
  return { sql, parameters }
}

/** The first two conditions are for the index, which has no use for the third. */
function isOneOf(places: readonly LetterPlace[], bind: Binder['bind']): string {
  const column = (name: keyof LetterPlace) =>
    bind(
      'Array(UInt64)',
      places.map((one) => one[name]),
    )
  const [partitions, offsets, blocks] = [column('partition'), column('offset'), column('block')]
  return `partition IN ${partitions} AND offset IN ${offsets}
  AND (toUInt64(partition), offset, toUInt64(block)) IN (SELECT arrayJoin(arrayZip(${partitions}, ${offsets}, ${blocks})))`
}
