import { clusterFiles } from '../../schema/cluster/generate.ts'

/** The statements of the files for a cluster, each with the name of its file and without comments. */
export const clusterStatements = () =>
  [...clusterFiles()].flatMap(([name, sql]) =>
    sql
      .replace(/^--.*\n/gm, '')
      .split(/;\n/)
      .filter((statement) => statement.trim() !== '')
      .map((statement) => ({ name, statement })),
  )
