/** Why the process is not ready: each part says what it lacks. */
export type Readiness = {
  /** `missing` answers what is missing, undefined when nothing is; a later one of the same name replaces it. */
  require(name: string, missing: () => string | undefined | Promise<string | undefined>): void
  /** What is missing now, a line each; empty: ready. */
  missing(): Promise<string[]>
}

export function createReadiness(): Readiness {
  const checks = new Map<string, () => string | undefined | Promise<string | undefined>>()
  return {
    require: (name, missing) => void checks.set(name, missing),
    async missing() {
      const lines = await Promise.all(
        [...checks].map(async ([name, missing]) => {
          const line = await missing()
          return line === undefined ? undefined : `${name}: ${line}`
        }),
      )
      return lines.filter((line) => line !== undefined)
    },
  }
}
