import type { GraphiQLOptions } from 'graphql-yoga'

const seriesExample = `# A curve. \`at\` (optional) is the token that the acknowledgement of a write carried.
query Curve {
  series(input: { project: "demo", runs: ["r1"], metrics: ["loss"] }) {
    run
    metric
    steps
    values
    receipt { method bucketWidth pointsTotal pointsReturned nan firstNonFiniteStep }
  }
}`

const leaderboardExample = `# The ten best runs by their highest validation accuracy.
query Leaderboard {
  runs(
    project: "demo"
    filter: { state: [RUNNING, FINISHED] }
    sort: { by: { metric: { name: "val/accuracy", field: MAX } }, direction: DESCENDING }
    first: 10
  ) {
    totalCount
    nodes { run name state params metrics(names: ["val/accuracy", "loss"]) { name last max maxStep nan } }
    pageInfo { hasNextPage endCursor }
  }
}`

const projectsExample = `# What is there, and how current it is.
query Projects {
  projects { nodes { name runCount lastActivity } pageInfo { hasNextPage endCursor } }
  server { watermarkTime limits }
}`

/** The page at GET /graphql, with questions to begin with. */
export const graphiql: GraphiQLOptions = {
  title: 'Stepstream',
  defaultTabs: [{ query: seriesExample }, { query: leaderboardExample }, { query: projectsExample }],
}
