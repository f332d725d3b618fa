/**
 * The client as a process of its own. It renders every body into memory, says so, and on the word to go sends them over so many kept-open
 * connections, so that the peer is never waiting for numbers to be written down; what that took is told apart from the sending.
 */
import { Agent, request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { type PeerData, peerDataset } from './data.ts'
import { bodies } from './formats/format.ts'
import { type FormatName, formats } from './formats/formats.ts'

export type SendJob = {
  readonly data: PeerData
  readonly format: FormatName
  readonly framesPerBody: number
  readonly oneRun: boolean
  readonly gzip: boolean
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly connections: number
  /** What the peer calls each run, where it gives the names. */
  readonly runIds: readonly string[]
}

export type Sent = {
  readonly seconds: number
  readonly cpuSeconds: number
  readonly bodies: number
  readonly bytes: number
}

export type SenderMessage =
  | { readonly kind: 'ready'; readonly cpuSeconds: number }
  | ({ readonly kind: 'done' } & Sent)
  | { readonly kind: 'failed'; readonly reason: string }

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

function render(job: SendJob): Buffer[] {
  const dataset = peerDataset(job.data)
  const rendered = [...bodies(dataset, formats[job.format], job, job.runIds)]
  return job.gzip ? rendered.map((body) => gzipSync(body, { level: 1 })) : rendered
}

function post(job: SendJob, agent: Agent, body: Buffer): Promise<void> {
  const headers = {
    ...job.headers,
    'content-length': body.length,
    ...(job.gzip ? { 'content-encoding': 'gzip' } : {}),
  }
  return new Promise((resolve, reject) => {
    const sending = request(job.url, { method: 'POST', agent, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      response.once('error', reject)
      response.once('end', () => {
        const status = response.statusCode ?? 0
        if (status >= 200 && status < 300) resolve()
        else reject(new Error(`${job.url} answered ${status}: ${text.slice(0, 500)}`))
      })
    })
    sending.once('error', reject)
    sending.end(body)
  })
}

async function send(job: SendJob, rendered: readonly Buffer[]): Promise<Sent> {
  const agent = new Agent({ keepAlive: true, maxSockets: job.connections })
  const cpuBefore = cpuSeconds()
  const startMs = performance.now()
  let next = 0
  let bytes = 0
  const connection = async () => {
    while (next < rendered.length) {
      const body = rendered[next++]!
      await post(job, agent, body)
      bytes += body.length
    }
  }
  await Promise.all(Array.from({ length: job.connections }, connection))
  agent.destroy()
  const seconds = (performance.now() - startMs) / 1_000
  return { seconds, cpuSeconds: cpuSeconds() - cpuBefore, bodies: rendered.length, bytes }
}

function main(): void {
  const say = (message: SenderMessage): void => void process.send?.(message)
  const fail = (error: unknown) => {
    say({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) })
    process.disconnect()
  }
  process.once('message', (job: SendJob) => {
    try {
      const rendered = render(job)
      process.once('message', () => {
        send(job, rendered)
          .then((sent) => {
            say({ kind: 'done', ...sent })
            process.disconnect()
          })
          .catch(fail)
      })
      say({ kind: 'ready', cpuSeconds: cpuSeconds() })
    } catch (error) {
      fail(error)
    }
  })
}

main()
