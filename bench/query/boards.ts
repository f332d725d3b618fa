/** Leaderboards: each as GraphQL asks for it, as SQL would, and as what it means for one run. */
import { metrics, type RunRow, summaryOf } from './runs-data.ts'

export type Board = {
  readonly id: string
  readonly words: string
  readonly filter?: object
  readonly sort?: object
  readonly passes: (row: RunRow, run: number) => boolean
  /** A number, or a text that is compared byte by byte. */
  readonly key: (row: RunRow, run: number) => number | string
  readonly direction: 1 | -1
  /** Over `runs FINAL` joined with the summaries of `metrics` as `m0`, `m1` … */
  readonly where: string
  readonly orderBy: string
  readonly metrics: readonly string[]
  /** Whether it is also asked with the figures of some metrics of each run of the page. */
  readonly shows?: boolean
}

const summary = (run: number, metric: string) => summaryOf(run, metrics.indexOf(metric))
const parameter = (row: RunRow, name: string) => Number(row.params.get(name))

export const boards: readonly Board[] = [
  {
    id: 'newest',
    words: 'all of them, newest first',
    passes: () => true,
    key: (row) => row.createdMs,
    direction: -1,
    where: '1',
    orderBy: 'created DESC, runs.run DESC',
    metrics: [],
  },
  {
    id: 'best-finished',
    shows: true,
    words: 'finished, learning rate up to 0.01, lowest last val/loss first',
    filter: { state: ['FINISHED'], param: { name: 'lr', number: { lessOrEqual: 0.01 } } },
    sort: { by: { metric: { name: 'val/loss', field: 'LAST' } }, direction: 'ASCENDING' },
    passes: (row) => row.state === 'finished' && parameter(row, 'lr') <= 0.01,
    key: (_, run) => summary(run, 'val/loss').last,
    direction: 1,
    where: "state = 'finished' AND mapContains(params_number, 'lr') AND params_number['lr'] <= 0.01",
    orderBy: 'isNaN(m0.last), m0.last, runs.run',
    metrics: ['val/loss'],
  },
  {
    id: 'team-by-param',
    words: 'one team, by a param',
    filter: { tag: { name: 'team', text: { is: 'team-3' } } },
    sort: { by: { param: 'weight_decay' }, direction: 'DESCENDING' },
    passes: (row) => row.tags.get('team') === 'team-3',
    key: (row) => parameter(row, 'weight_decay'),
    direction: -1,
    where: "tags['team'] = 'team-3'",
    orderBy: "params_number['weight_decay'] DESC, runs.run DESC",
    metrics: [],
  },
  {
    id: 'nested',
    words: 'adamw or last val/accuracy above 0.9, not failed, by the lowest train/loss',
    filter: {
      or: [
        { param: { name: 'optimizer', text: { is: 'adamw' } } },
        { metric: { name: 'val/accuracy', field: 'LAST', number: { greater: 0.9 } } },
      ],
      not: { state: ['FAILED'] },
    },
    sort: { by: { metric: { name: 'train/loss', field: 'MIN' } }, direction: 'ASCENDING' },
    passes: (row, run) =>
      row.state !== 'failed' && (row.params.get('optimizer') === 'adamw' || summary(run, 'val/accuracy').last > 0.9),
    key: (_, run) => summary(run, 'train/loss').min,
    direction: 1,
    where: "state != 'failed' AND (params_text['optimizer'] = 'adamw' OR m0.last > 0.9)",
    orderBy: 'm1.min, runs.run',
    metrics: ['val/accuracy', 'train/loss'],
  },
  {
    id: 'name-by-max',
    words: 'name begins so, highest max of a metric first',
    filter: { name: { startsWith: 'model-7 ' }, metric: { name: 'metric/07', field: 'COUNT', number: { less: 500 } } },
    sort: { by: { metric: { name: 'metric/07', field: 'MAX' } }, direction: 'DESCENDING' },
    passes: (row, run) => row.name.startsWith('model-7 ') && summary(run, 'metric/07').count < 500,
    key: (_, run) => summary(run, 'metric/07').max,
    direction: -1,
    where: "startsWith(name, 'model-7 ') AND m0.count < 500",
    orderBy: 'm0.max DESC, runs.run DESC',
    metrics: ['metric/07'],
  },
  {
    id: 'text',
    words: 'all of them, by a text that is different in nearly each',
    sort: { by: { paramText: 'commit' } },
    passes: () => true,
    key: (row) => String(row.params.get('commit')),
    direction: 1,
    where: '1',
    orderBy: "params_text['commit'], runs.run",
    metrics: [],
  },
  {
    id: 'as-mlflow',
    shows: true,
    words: 'finished, one optimizer, lowest last val/loss first',
    filter: { state: ['FINISHED'], param: { name: 'optimizer', text: { is: 'adamw' } } },
    sort: { by: { metric: { name: 'val/loss', field: 'LAST' } }, direction: 'ASCENDING' },
    passes: (row) => row.state === 'finished' && row.params.get('optimizer') === 'adamw',
    key: (_, run) => summary(run, 'val/loss').last,
    direction: 1,
    where: "state = 'finished' AND params_text['optimizer'] = 'adamw'",
    orderBy: 'isNaN(m0.last), m0.last, runs.run',
    metrics: ['val/loss'],
  },
]
