import type { GraphiQLOptions } from 'graphql-yoga'
import { readTabs } from '../examples.ts'

/** The page at GET /graphql, with the questions of `docs/questions.md` to begin with: a tab for each chapter. */
export const graphiql: GraphiQLOptions = {
  title: 'Stepstream',
  defaultTabs: readTabs().map(({ query }) => ({ query })),
}
