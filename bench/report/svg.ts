/** Pieces of pictures: numbers to places, and text that is safe in markup. */

export function escaped(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
  return text.replace(/[&<>"']/g, (sign) => entities[sign]!)
}

export type Scale = { readonly place: (value: number) => number; readonly ticks: readonly number[] }

/** From 0 to a round number at or above `highest`. */
export function linearScale(highest: number, from: number, to: number, wanted = 5): Scale {
  const step = roundStep((highest || 1) / wanted)
  const count = Math.max(1, Math.ceil((highest || 1) / step - 1e-9))
  const ticks = Array.from({ length: count + 1 }, (_, i) => i * step)
  return { ticks, place: (value) => from + ((to - from) * value) / (count * step) }
}

/** From the power of ten below `lowest` to the one above `highest`; what is lower lies at its begin. */
export function logScale(lowest: number, highest: number, from: number, to: number): Scale {
  const begin = Math.floor(Math.log10(Math.max(lowest, 1e-3)))
  const end = Math.max(begin + 1, Math.ceil(Math.log10(Math.max(highest, 1e-3)) - 1e-9))
  const ticks = Array.from({ length: end - begin + 1 }, (_, i) => 10 ** (begin + i))
  const part = (value: number) => (Math.log10(Math.max(value, 10 ** begin)) - begin) / (end - begin)
  return { ticks, place: (value) => from + (to - from) * part(value) }
}

function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  return [1, 2, 2.5, 5, 10].find((one) => one * power >= least * (1 - 1e-9))! * power
}

/** `1.5 M`, `250 k`, `0.05`. */
export function shortNumber(value: number): string {
  const size = Math.abs(value)
  if (size >= 1e9) return `${trimmed(value / 1e9)} G`
  if (size >= 1e6) return `${trimmed(value / 1e6)} M`
  if (size >= 1e3) return `${trimmed(value / 1e3)} k`
  return trimmed(value)
}

const trimmed = (value: number): string => String(Number(value.toPrecision(3)))

export function place(value: number): string {
  return String(Math.round(value * 10) / 10)
}
