import type { CellTable, Role } from './cell-table.ts'

/**
 * Largest triangle three buckets, on the M4 points of each bucket instead of on all of its points: one finite point for each bucket, the one that
 * spans the largest triangle with the point chosen before it and the middle of the next bucket's M4 points. The first bucket gives its first point,
 * the last one its last, a single one both; of triangles alike in size the earlier point counts. x and value are taken as shares of their
 * ranges, which leaves the comparison of triangles as it is and no number too large.
 *
 * It can lose a spike, where a bucket has one upwards and one downwards or another point spans more: `extremesLeftOut` of the receipt counts such buckets.
 */
export function chooseByTriangles(table: CellTable): (readonly Role[])[] {
  const chosen: (readonly Role[])[] = Array.from({ length: table.count }, () => [])
  const rows = Array.from({ length: table.count }, (_, row) => row).filter((row) => table.first.counts[row]! > 0)
  if (rows.length === 0) return chosen
  const roles = [table.first, table.low, table.high, table.last]
  const scaled = scales(table, rows)
  let before: Corner = scaled(table.first, rows[0]!)
  chosen[rows[0]!] = [table.first]
  for (let i = 1; i < rows.length - 1; i++) {
    const row = rows[i]!
    const after = middle(roles.map((r) => scaled(r, rows[i + 1]!)))
    let [best, largest] = [table.first, -1]
    for (const r of inOrder(roles, row)) {
      const size = triangle(before, scaled(r, row), after)
      if (size > largest) [best, largest] = [r, size]
    }
    chosen[row] = [best]
    before = scaled(best, row)
  }
  const last = rows.at(-1)!
  chosen[last] = rows.length === 1 ? [table.first, table.last] : [table.last]
  return chosen
}

type Corner = { readonly x: number; readonly y: number }

/** By x, then step; for those alike the first one of the list stays in front. */
function inOrder(roles: readonly Role[], row: number): Role[] {
  return [...roles].sort((a, b) => a.xs[row]! - b.xs[row]! || a.steps[row]! - b.steps[row]!)
}

function scales(table: CellTable, rows: readonly number[]): (r: Role, row: number) => Corner {
  const left = table.first.xs[rows[0]!]!
  const right = table.last.xs[rows.at(-1)!]!
  // Halves, for the whole range may be more than a float64 holds.
  const half = right / 2 - left / 2 || 1
  let largest = 0
  for (const row of rows) {
    largest = Math.max(largest, Math.abs(table.low.values[row]!), Math.abs(table.high.values[row]!))
  }
  const unit = largest || 1
  return (r, row) => ({ x: (r.xs[row]! / 2 - left / 2) / half, y: r.values[row]! / unit })
}

/** Mean of the different points among those given. */
function middle(corners: readonly Corner[]): Corner {
  const different = corners.filter((a, i) => corners.findIndex((b) => a.x === b.x && a.y === b.y) === i)
  const mean = (of: (corner: Corner) => number) => different.reduce((sum, c) => sum + of(c), 0) / different.length
  return { x: mean((c) => c.x), y: mean((c) => c.y) }
}

/** Twice its area. */
function triangle(a: Corner, b: Corner, c: Corner): number {
  return Math.abs((a.x - c.x) * (b.y - a.y) - (a.x - b.x) * (c.y - a.y))
}
