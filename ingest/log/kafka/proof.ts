/**
 * Since when the coordinator counts the member: from the moment a request went out that it granted. An answer may have lain
 * in a buffer while the process was stopped, so a heartbeat counts from the one before it, after which it was sent.
 */
export function createProof(sessionTimeoutMs: number) {
  let provenMs = Number.NEGATIVE_INFINITY
  let previousMs = Number.NEGATIVE_INFINITY
  let joiningMs = Number.NEGATIVE_INFINITY
  return {
    joining() {
      joiningMs = performance.now()
      provenMs = Number.NEGATIVE_INFINITY
    },
    joined() {
      provenMs = joiningMs
      previousMs = joiningMs
    },
    heartbeat() {
      provenMs = Math.max(provenMs, previousMs)
      previousMs = performance.now()
    },
    committed(calledMs: number) {
      provenMs = Math.max(provenMs, calledMs)
    },
    fresh: () => performance.now() - provenMs < sessionTimeoutMs,
  }
}

/** A promise and its end. */
export function createDeferred() {
  let isSettled = false
  let release = () => {}
  const promise = new Promise<void>((resolve) => {
    release = resolve
  })
  return {
    promise,
    settled: () => isSettled,
    resolve() {
      isSettled = true
      release()
    },
  }
}
