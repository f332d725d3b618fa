import type { Settings } from './settings.ts'

/** What a person who just started the server wants to know, with lines to paste. */
export function describeDoors(settings: Settings, port: number): string[] {
  const host = settings.HOST === '0.0.0.0' ? 'localhost' : settings.HOST
  const base = `http://${host}:${port}`
  const key = settings.API_KEY === undefined ? '' : ` -H "authorization: Bearer $API_KEY"`
  const json = `-H 'content-type: application/json'`
  const frame =
    '{"project":"demo","run":"r1","log":[{"step":1,"metrics":{"loss":0.5}},{"step":2,"metrics":{"loss":0.25}}]}'
  const question =
    '{"query":"{ series(input: {project: \\"demo\\", runs: [\\"r1\\"], metrics: [\\"loss\\"]}) { run metric steps values } }"}'
  const frames = ['', '  Send a frame:', `  curl${key} ${json} ${base}/v1/frames -d '${frame}'`]
  const questions = ['', '  Ask for its curve:', `  curl${key} ${json} ${base}/graphql -d '${question}'`]
  const takesFrames = settings.role === 'all' || settings.role === 'gateway'
  const answers = settings.role === 'all' || settings.role === 'query'
  return [
    '',
    ...(takesFrames ? [`  frames    POST ${base}/v1/frames   or   ws://${host}:${port}/v1/stream`] : []),
    ...(answers ? [`  GraphQL   ${base}/graphql   (open it in a browser for GraphiQL)`] : []),
    `  health    ${base}/healthz  /readyz  /metrics`,
    ...(takesFrames ? frames : []),
    ...(answers ? questions : []),
    '',
  ]
}
