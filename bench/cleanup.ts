/** What must be undone when the process ends, however it ends: last in, first out. */
const steps: (() => void)[] = []

/** Registers an undoing, which must be synchronous; the returned function does it now instead. It happens once. */
export function onExit(step: () => void): () => void {
  steps.push(step)
  return () => {
    const index = steps.indexOf(step)
    if (index < 0) return
    steps.splice(index, 1)
    step()
  }
}

function runAll(): void {
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    try {
      step()
    } catch (error) {
      process.stderr.write(`while cleaning up: ${String(error)}\n`)
    }
  }
}

process.on('exit', runAll)
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.on(signal, () => process.exit(code))
}
