import { escaped, linearScale, logScale, place, type Scale, shortNumber } from './svg.ts'

export type Line = {
  readonly name: string
  /** A class of the page's style. */
  readonly color: string
  readonly points: readonly (readonly [x: number, y: number])[]
  /** Neighbours further apart than this are not joined. */
  readonly longestGap?: number
}

export type LinePlot = {
  readonly title: string
  readonly unit: string
  readonly lines: readonly Line[]
  readonly logarithmic?: boolean
  readonly logarithmicX?: boolean
  /** Where labels stand on the x axis; round numbers by default. */
  readonly xTicks?: readonly (readonly [x: number, label: string])[]
  readonly xLabel: string
  /** Stretches of x with names. */
  readonly bands?: readonly { readonly name: string; readonly from: number; readonly to: number }[]
}

const width = 720
const height = 260
const frame = { left: 56, right: 700, top: 34, bottom: 214 }

/** A figure with its legend. Nothing where there is nothing to draw. */
export function linePlot(plot: LinePlot): string {
  const lines = plot.lines.filter((line) => line.points.length > 0)
  if (lines.length === 0) return ''
  const all = lines.flatMap((line) => line.points)
  const ys = all.map(([, y]) => y)
  const xs = [...all.map(([x]) => x), ...(plot.xTicks ?? []).map(([x]) => x)]
  const x = plot.logarithmicX
    ? logScale(Math.min(...xs), Math.max(...xs), frame.left, frame.right)
    : linearScale(Math.max(...xs), frame.left, frame.right, 8)
  const y = plot.logarithmic
    ? logScale(Math.min(...ys.filter((one) => one > 0)), Math.max(...ys), frame.bottom, frame.top)
    : linearScale(Math.max(...ys), frame.bottom, frame.top)
  const body = [bands(plot, x), grid(y), xAxis(plot, x), ...lines.map((line) => curve(line, x, y))]
  return `<figure><figcaption>${escaped(plot.title)} <span>${escaped(plot.unit)}</span></figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(plot.title)}">${body.join('')}</svg>
${legend(lines)}</figure>`
}

function curve({ color, name, points, longestGap = Number.POSITIVE_INFINITY }: Line, x: Scale, y: Scale): string {
  const places = points.map(([px, py], i) => {
    const isJoined = i > 0 && px - points[i - 1]![0] <= longestGap
    return `${isJoined ? 'L' : 'M'}${place(x.place(px))} ${place(y.place(py))}`
  })
  return `<path class="line ${color}" d="${places.join('')}"><title>${escaped(name)}</title></path>`
}

function grid({ ticks, place: at }: Scale): string {
  const { left, right } = frame
  return ticks
    .map((tick) => {
      const y = place(at(tick))
      const label = `<text class="tick end" x="${left - 6}" y="${y}" dy="4">${shortNumber(tick)}</text>`
      return `<line class="grid" x1="${left}" x2="${right}" y1="${y}" y2="${y}"/>${label}`
    })
    .join('')
}

function xAxis({ xTicks, xLabel }: LinePlot, { ticks, place: at }: Scale): string {
  const labels = (xTicks ?? ticks.map((tick) => [tick, shortNumber(tick)] as const)).map(
    ([x, label]) => `<text class="tick middle" x="${place(at(x))}" y="${frame.bottom + 18}">${escaped(label)}</text>`,
  )
  const middle = (frame.left + frame.right) / 2
  return `${labels.join('')}<text class="tick middle" x="${middle}" y="${frame.bottom + 38}">${escaped(xLabel)}</text>`
}

function bands({ bands = [] }: LinePlot, { place: at }: Scale): string {
  const { top, bottom } = frame
  return bands
    .map(({ name, from, to }, i) => {
      const [left, right] = [at(from), at(to)]
      const shade = `<rect class="band${i % 2}" x="${place(left)}" y="${top}" width="${place(right - left)}" height="${bottom - top}"/>`
      // A name that has no room is in the tooltip alone.
      const fits = right - left > name.length * 7
      const text = fits
        ? `<text class="tick middle" x="${place((left + right) / 2)}" y="${top - 8}">${escaped(name)}</text>`
        : ''
      return `<g><title>${escaped(name)}</title>${shade}${text}</g>`
    })
    .join('')
}

function legend(lines: readonly Line[]): string {
  const keys = lines.map(({ name, color }) => `<span><i class="key ${color}"></i>${escaped(name)}</span>`)
  return `<p class="legend">${keys.join('')}</p>`
}
