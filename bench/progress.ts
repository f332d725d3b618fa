/** Lines about what is under way: on a terminal the last one is rewritten, elsewhere one every few seconds. */
export type Progress = {
  readonly step: (text: string) => void
  readonly update: (text: string) => void
}

const quietMs = 5_000

export function createProgress(output: NodeJS.WriteStream): Progress {
  let lastMs = 0
  let open = false
  function end(): void {
    if (open) output.write('\n')
    open = false
  }
  return {
    step(text) {
      end()
      output.write(`${text}\n`)
      lastMs = performance.now()
    },
    update(text) {
      if (output.isTTY) {
        output.write(`\r\x1b[2K  ${text}`)
        open = true
      } else if (performance.now() - lastMs > quietMs) {
        output.write(`  ${text}\n`)
        lastMs = performance.now()
      }
    },
  }
}
