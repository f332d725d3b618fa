import { escaped, linearScale, place, shortNumber } from './svg.ts'

export type Bar = {
  readonly name: string
  readonly parts: readonly { readonly name: string; readonly color: string; readonly value: number }[]
}

const width = 720
const frame = { left: 92, right: 640 }
const rowHeight = 34

/** Bars of parts that add up, from left to right, each with its sum at its end. */
export function stackedBars(title: string, unit: string, bars: readonly Bar[]): string {
  if (bars.length === 0) return ''
  const sums = bars.map((bar) => bar.parts.reduce((sum, part) => sum + part.value, 0))
  const scale = linearScale(Math.max(...sums), frame.left, frame.right)
  const height = bars.length * rowHeight + 34
  const grid = scale.ticks.map((tick) => {
    const x = place(scale.place(tick))
    const label = `<text class="tick middle" x="${x}" y="${height - 6}">${shortNumber(tick)}</text>`
    return `<line class="grid" x1="${x}" x2="${x}" y1="4" y2="${height - 24}"/>${label}`
  })
  const rows = bars.map((bar, i) => row(bar, sums[i]!, i * rowHeight + 8, scale.place))
  const names = new Map(bars.flatMap((bar) => bar.parts.map((part) => [part.name, part.color] as const)))
  const keys = [...names].map(([name, color]) => `<span><i class="key ${color}"></i>${escaped(name)}</span>`)
  return `<figure><figcaption>${escaped(title)} <span>${escaped(unit)}</span></figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">${grid.join('')}${rows.join('')}</svg>
<p class="legend">${keys.join('')}</p></figure>`
}

function row({ name, parts }: Bar, sum: number, y: number, at: (value: number) => number): string {
  let begin = 0
  const pieces = parts.map((part) => {
    const [left, right] = [at(begin), at(begin + part.value)]
    begin += part.value
    const text = part.value.toFixed(3)
    // A gap of a pixel keeps neighbours apart; a number stands inside where it has room.
    const piece = `<rect class="part ${part.color}" x="${place(left)}" y="${y}" width="${place(Math.max(0.5, right - left - 1))}" height="22" rx="2"/>`
    const label =
      right - left > 44
        ? `<text class="inside middle" x="${place((left + right) / 2)}" y="${y + 15}">${text}</text>`
        : ''
    return `<g><title>${escaped(part.name)} ${text}</title>${piece}${label}</g>`
  })
  const label = `<text class="name end" x="${frame.left - 8}" y="${y + 15}">${escaped(name)}</text>`
  return `${label}${pieces.join('')}<text class="name" x="${place(at(sum) + 6)}" y="${y + 15}">${sum.toFixed(3)}</text>`
}
