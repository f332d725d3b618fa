import type { Shape } from '../../metrics.ts'
import { csvColumns } from '../formats/csv.ts'
import type { WritePath } from '../peer.ts'

/** Frames have 1000 points when dense and 100 when sparse; requests of 10,000 points are what its own agent sends. */
const base = { headers: {}, gzip: false, oneRun: false, connections: 2 } as const
const denseBatch = { framesPerBody: 10 }
const sparseBatch = { framesPerBody: 100 }

const jsonLines: Omit<WritePath, 'framesPerBody'> = {
  ...base,
  name: '/api/v1/import, JSON lines',
  format: 'jsonLines',
  endpoint: () => '/api/v1/import',
}

const jsonLinesGzip = { ...jsonLines, name: '/api/v1/import, JSON lines, gzip', gzip: true }

const remoteWrite: Omit<WritePath, 'framesPerBody'> = {
  ...base,
  name: '/api/v1/write, remote write (protobuf, snappy)',
  format: 'remoteWrite',
  endpoint: () => '/api/v1/write',
  headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
}

const influx: Omit<WritePath, 'framesPerBody'> = {
  ...base,
  name: '/write, InfluxDB lines',
  format: 'influxLines',
  endpoint: () => '/write?precision=ms',
}

const csv: Omit<WritePath, 'framesPerBody'> = {
  ...base,
  name: '/api/v1/import/csv',
  format: 'csv',
  endpoint: (dataset) => `/api/v1/import/csv?format=${encodeURIComponent(csvColumns(dataset))}`,
}

const prometheus: Omit<WritePath, 'framesPerBody'> = {
  ...base,
  name: '/api/v1/import/prometheus, text',
  format: 'prometheusText',
  endpoint: () => '/api/v1/import/prometheus',
}

const all = [remoteWrite, jsonLines, jsonLinesGzip, influx, csv, prometheus]

export const paths: Readonly<Record<Shape, readonly WritePath[]>> = {
  dense: all.map((path) => ({ ...path, ...denseBatch })),
  sparse: all.map((path) => ({ ...path, ...sparseBatch })),
}
