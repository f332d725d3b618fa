/** A value of each kind of metric. `level`: how high its curve is; `left`: what is left of its way down, 0 to 1. */

export function lossOf(level: number, left: number, noise: number): number {
  return level * (0.05 + left) * (1 + 0.04 * noise)
}

export function normOf(level: number, left: number, spike: number): number {
  return level * (0.2 + left) * spike
}

/** Rounded half up to 4 digits, as programs print them. */
export function accuracyOf(left: number, noise: number): number {
  return Math.floor(Math.min(1, Math.max(0, 0.98 - 0.88 * left + 0.012 * noise)) * 10_000 + 0.5) / 10_000
}

export function timingOf(level: number, noise: number): number {
  return Math.floor(level + 6_000 * Math.abs(noise) + 0.5) / 1_000
}
