/** Frames that were acknowledged and cannot be stored: made from outside, then listed, shown and replayed by the command, against real servers. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openEmbeddedLog } from '../ingest/log/embedded.ts'
import { packageFile } from '../schema/files.ts'
import { createLogger } from '../telemetry/logger.ts'
import { type Server, startServer, withDataDir, withServer } from './harness.ts'
import { ask, metricValue, type Point, readPoints, readRun } from './read-back.ts'
import { type Frame, float64, int64, postMsgpack } from './wire.ts'

const project = 'dead letters'
type Ended = { readonly code: number | null; readonly lines: string[]; readonly errors: string }

function command(server: Server, words: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(
    process.execPath,
    [packageFile('dist/tools/dead-letters/main.js'), ...words, '--url', server.url],
    {
      env: { ...process.env, API_KEY: '', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let [output, errors] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    output += piece
  })
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    errors += piece
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, lines: output.split('\n').filter(Boolean), errors }))
  })
}

type Letter = {
  id: string
  project: string
  run: string
  reason: string
  received: string
  bytes: number
  replay: string
}

async function list(server: Server, ...words: string[]): Promise<Letter[]> {
  const { code, lines, errors } = await command(server, ['list', '--json', '--limit', '10000', ...words])
  assert.deepEqual([code, errors], [0, ''])
  return lines.map((line) => JSON.parse(line) as Letter)
}

/** Sends frames that the gateway takes, and waits until the sink has. */
async function send(server: Server, ...frames: Frame[]): Promise<string> {
  const { status, error, at } = await postMsgpack(server, frames)
  assert.equal(status, 200, JSON.stringify(error))
  await ask(server, 'query ($at: String) { projects(at: $at) { nodes { name } } }', { at })
  return at
}

async function pointsOf(server: Server, run: string, metrics: readonly string[]): Promise<Map<string, Point[]>> {
  const { server: state } = await ask<{ server: { watermark: string } }>(server, '{ server { watermark } }')
  return readPoints(server, { project, run, metrics, at: state.watermark })
}

/** Frames of one point that leave gaps, as many as a writer may have and so many more: what then comes below 2 x `more` is below the horizon. */
const gaps = (run: string, more: number): Frame[] =>
  Array.from({ length: 64 + more }, (_, i) => {
    return { project, run, writer: 'w', seq: 2 * i, log: [{ step: 2 * i, metrics: { a: 2 * i } }] }
  })

const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 5e-324]

test('letters of every reason that clients can cause are listed, shown, and replayed once for good', async () => {
  await withDataDir(async (dataDir) => {
    let server = await startServer(dataDir)
    try {
      const wide = Array.from({ length: 10_000 }, (_, i) => `m${i}`)
      const half = (from: number): Frame => {
        const names = wide.slice(from, from + 5_000)
        return { project, run: 'wide', sets: [[0, names]], cols: [[0, 1, null, float64(...names.keys())]] }
      }
      await send(server, half(0), half(5_000), ...gaps('late', 3))
      await server.stop()

      // A gateway that starts anew has not seen the run's metrics; the sink has.
      server = await startServer(dataDir)
      await send(server, { project, run: 'wide', log: [{ step: 2, metrics: { 'one too many': 1 } }] })
      await send(
        server,
        {
          project,
          run: 'late',
          writer: 'w',
          seq: 1,
          sets: [[7, ['odd']]],
          cols: [[7, [1, 1, 5], null, float64(...odd)]],
        },
        {
          project,
          run: 'late',
          writer: 'w',
          seq: 3,
          log: [{ step: 1_000, metrics: { last: 3 } }],
          update: { tags: { t: 'x' } },
        },
      )
      const params = (from: number, count: number) =>
        Object.fromEntries(Array.from({ length: count }, (_, i) => [`param ${from + i}`, -0]))
      const full = [0, 1, 2, 3, 4].map(
        (i): Frame => ({ project, run: 'full', update: { params: params(i * 1_000, 1_000) } }),
      )
      await send(server, ...full, {
        ...{ project, run: 'full', update: { params: params(5_000, 1) }, log: [{ step: 1, metrics: { a: 1 } }] },
      })
      await server.stop()

      // Nobody can send this one, but a disk or a newer version can leave it.
      const log = await openEmbeddedLog({
        directory: join(dataDir, 'log'),
        maximumBytes: 2 ** 30,
        logger: createLogger('silent'),
      })
      const junk = Buffer.from('this is no record'.repeat(20))
      await log.append(0, junk)
      await log.close()
      server = await startServer(dataDir)

      const letters = await list(server)
      assert.deepEqual(
        letters.map(({ run, reason, replay }) => [run, reason, replay]),
        [
          ['wide', 'too_many_metrics', 'OPEN'],
          ['late', 'sequence_horizon', 'OPEN'],
          ['late', 'sequence_horizon', 'OPEN'],
          ['full', 'too_many_entries', 'OPEN'],
          ['', 'unreadable_record', 'IMPOSSIBLE'],
        ],
      )
      const [metricsLetter, oddLetter, lastLetter, entriesLetter, junkLetter] = letters.map(({ id }) => id) as [
        string,
        string,
        string,
        string,
        string,
      ]
      assert.deepEqual(
        (await list(server, '--reason', 'sequence_horizon', '--project', project)).map(({ id }) => id),
        [oddLetter, lastLetter],
      )
      const table = await command(server, ['list', '--limit', '2'])
      assert.equal(table.lines.length, 4)
      assert.match(table.lines[0]!, /^ID +RECEIVED +PROJECT +RUN +REASON +BYTES +REPLAY +DETAIL/)
      assert.match(
        table.lines[1]!,
        new RegExp(`^${metricsLetter} .* wide +too_many_metrics +\\d+ +OPEN +the run has 10000 metrics`),
      )
      assert.match(table.lines[3]!, /--limit is 2/)

      const shown = JSON.parse((await command(server, ['show', oddLetter])).lines.join('\n'))
      assert.deepEqual([shown.frame.writer, shown.frame.seq, shown.frame.received], ['w', 1, shown.received])
      assert.deepEqual(shown.frame.blocks, [
        {
          values: 'float64',
          steps: [1, 2, 3, 4, 5],
          times: 'as received',
          metrics: { odd: ['NaN', 'Infinity', '-Infinity', '-0', 5e-324] },
        },
      ])
      const unreadable = await command(server, ['show', junkLetter])
      assert.match(
        unreadable.lines.join('\n'),
        /cannot be replayed.*\n00000000 {2}74 68 69 73 20 69 73 20 6e 6f .* {2}this is no recor\n/s,
      )
      const raw = join(dataDir, 'raw')
      assert.equal((await command(server, ['show', junkLetter, '--raw', raw])).code, 0)
      assert.deepEqual(await readFile(raw), junk)
      const twice = await command(server, ['show', junkLetter, '--raw', raw])
      assert.deepEqual([twice.code, /cannot write .*EEXIST/.test(twice.errors)], [1, true])

      const dry = await command(server, ['replay', '--all', '--dry-run'])
      assert.equal(dry.lines.filter((line) => /would be sent$/.test(line)).length, 2)
      assert.equal(dry.lines.at(-1), '0 stored, 0 came back, 0 refused, 3 skipped, 2 left')
      assert.deepEqual(await list(server), letters)

      // What keeps them out is still there: both come back, and are told by name.
      const stuck = await command(server, ['replay', '--all'])
      assert.equal(stuck.code, 1)
      assert.equal(stuck.lines.at(-1), '0 stored, 2 came back, 0 refused, 3 skipped')
      assert.match(
        stuck.lines.join('\n'),
        new RegExp(`${metricsLetter} .* came back as \\d+-\\d+-\\d+, too_many_metrics: the run has 10000`),
      )
      const entriesAgain = new RegExp(`${entriesLetter} .* came back as (\\S+), too_many_entries`).exec(
        stuck.lines.join('\n'),
      )![1]!
      const after = await list(server)
      assert.deepEqual(
        after.map(({ replay }) => replay),
        ['REPLAYED', 'OPEN', 'OPEN', 'REPLAYED', 'IMPOSSIBLE', 'OPEN', 'OPEN'],
      )

      // Two at once: whoever is later is a duplicate.
      const both = await Promise.all([1, 2].map(() => command(server, ['replay', oddLetter, lastLetter])))
      for (const { code, errors } of both) assert.deepEqual([code, errors], [0, ''])
      const checkLate = async () => {
        const points = await pointsOf(server, 'late', ['odd', 'last'])
        assert.deepEqual(
          points.get('odd')!.map(([step, value]) => [step, float64(value).toString('hex')]),
          odd.map((value, i) => [i + 1, float64(value).toString('hex')]),
        )
        assert.deepEqual(points.get('last'), [[1_000, 3]])
      }
      await checkLate()
      const times = await ask<{ run: { tags: object; metrics: { name: string; lastTime: string; count: number }[] } }>(
        server,
        `query ($at: String, $project: String!) { run(project: $project, run: "late", at: $at) { tags metrics(names: ["odd", "last"]) { name lastTime count } } }`,
        {
          project,
          at: (await ask<{ server: { watermark: string } }>(server, '{ server { watermark } }')).server.watermark,
        },
      )
      assert.deepEqual(times.run, {
        tags: { t: 'x' },
        metrics: [
          { name: 'last', lastTime: letters[2]!.received, count: 1 },
          { name: 'odd', lastTime: letters[1]!.received, count: 5 },
        ],
      })

      // Room is made, so the letter that came back can be stored; the first one was replayed and is left alone.
      await send(server, { project, run: 'full', update: { params: { 'param 7': null } } })
      const entries = await command(server, ['replay', '--reason', 'too_many_entries'])
      assert.deepEqual([entries.code, entries.lines.at(-1)], [0, '1 stored, 0 came back, 0 refused, 1 skipped'])
      assert.match(entries.lines.join('\n'), new RegExp(`^${entriesAgain} .* stored$`, 'm'))
      const run = await readRun(server, project, 'full')
      assert.deepEqual([Object.keys(run!.params).length, 'param 5000' in run!.params], [5_000, true])
      assert.deepEqual((await pointsOf(server, 'full', ['a'])).get('a'), [[1, 1]])
      assert.equal(await metricValue(server, 'stepstream_dead_letters_total{reason="too_many_entries"}'), 1)

      // All of it is known after a crash.
      await server.kill()
      server = await startServer(dataDir)
      const again = await command(server, ['replay', oddLetter, lastLetter, entriesAgain])
      assert.deepEqual([again.code, again.lines.at(-1)], [0, '0 stored, 0 came back, 0 refused, 3 skipped'])
      await checkLate()
    } finally {
      await server.kill()
    }
  })
})

test('letters replayed from the youngest on are refused a guess, and stored once in the end', async () => {
  await withServer({}, async (server) => {
    await send(server, ...gaps('many', 70))
    const steps = Array.from({ length: 70 }, (_, i) => 2 * i + 1)
    // Frames of another run lie between them, or their numbers would have no gaps.
    const frames = steps.flatMap((seq): Frame[] => [
      {
        project,
        run: 'many',
        writer: 'w',
        seq,
        sets: [[0, ['b']]],
        cols: [[0, int64(seq), [seq * 1_000, 0], float64(seq)]],
      },
      { project, run: 'between', log: [{ step: seq, metrics: { a: 1 } }] },
    ])
    await send(server, ...frames)
    const ids = (await list(server)).map(({ id }) => id)
    assert.equal(ids.length, 70)
    const [oldest, ...younger] = ids as [string, ...string[]]
    const most = await command(server, ['replay', ...younger])
    assert.equal(most.lines.at(-1), '69 stored, 0 came back, 0 refused, 0 skipped', most.errors)
    const states = (await list(server)).map(({ replay }) => replay)
    assert.equal(states[0], 'FORGOTTEN')
    assert.equal(states.filter((state) => state === 'REPLAYED').length, 64)

    const rest = await command(server, ['replay', '--reason', 'sequence_horizon'])
    assert.equal(rest.lines.at(-1), '0 stored, 0 came back, 0 refused, 70 skipped')
    const named = await command(server, ['replay', oldest])
    const back = /came back as (\S+), sequence_horizon/.exec(named.lines.join('\n'))?.[1]
    assert.ok(back, named.lines.join('\n'))
    assert.deepEqual(
      (await pointsOf(server, 'many', ['b'])).get('b'),
      steps.slice(1).map((step) => [step, step]),
    )
    assert.equal((await command(server, ['replay', back])).lines.at(-1), '1 stored, 0 came back, 0 refused, 0 skipped')
    assert.deepEqual(
      (await pointsOf(server, 'many', ['b'])).get('b'),
      steps.map((step) => [step, step]),
    )
  })
})

test('a hundred letters that all come back are enough', async () => {
  await withServer({}, async (server) => {
    const params = (from: number, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`param ${from + i}`, 1]))
    const update = (from: number, count: number): Frame => ({
      project,
      run: 'full',
      update: { params: params(from, count) },
    })
    await send(server, ...[0, 1, 2, 3, 4].map((i) => update(i * 1_000, 1_000)))
    await send(server, ...Array.from({ length: 130 }, (_, i) => update(5_000 + i, 1)))
    const { code, lines } = await command(server, ['replay', '--all'])
    assert.deepEqual([code, lines.at(-1)], [1, '0 stored, 100 came back, 0 refused, 0 skipped, 30 left'])
    assert.match(lines.at(-2)!, /30 more were not sent/)
    const all = await command(server, ['replay', '--all', '--keep-going'])
    assert.equal(all.lines.at(-1), '0 stored, 130 came back, 0 refused, 100 skipped')
  })
})

test('the command says what is wrong in one line', async () => {
  await withServer({ API_KEY: 'a secret key' }, async (server) => {
    const rows: [words: string[], environment: Record<string, string>, code: number, says: RegExp][] = [
      [['list'], {}, 1, /^unauthorized: .*\n$/],
      [['list', '--key', 'a secret key'], {}, 0, /^$/],
      [['list'], { API_KEY: 'a secret key' }, 0, /^$/],
      [['show', '0-5-0', '--key', 'a secret key'], {}, 1, /^there is no dead letter 0-5-0\n$/],
      [['replay', '0-5-0', '--key', 'a secret key'], {}, 1, /^there is no dead letter 0-5-0; nothing was sent\n$/],
      [['replay'], {}, 2, /^replay takes either names of letters.*\n\nnpm run dead-letters/],
    ]
    for (const [words, environment, code, says] of rows) {
      const ended = await command(server, words, environment)
      assert.equal(ended.code, code, words.join(' '))
      assert.match(ended.errors, says)
    }
  })
})
