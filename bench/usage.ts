/** Figures by process: CPU seconds, bytes of memory. */

/** What a process of the system under test does; `server` does everything. */
export const roles = ['server', 'gateway', 'broker', 'sink', 'query', 'store'] as const
export type Role = (typeof roles)[number]

export type Usage = Readonly<Partial<Record<Role, number>>>

/** Role by role; undefined where one of the two could not be had. */
export function usedBetween(before: Usage | undefined, after: Usage | undefined): Usage | undefined {
  if (before === undefined || after === undefined) return undefined
  return mapUsage(after, (value, role) => value - (before[role] ?? 0))
}

export function total(usage: Usage): number {
  return Object.values(usage).reduce((sum, value) => sum + value, 0)
}

export function mapUsage(usage: Usage, change: (value: number, role: Role) => number): Usage {
  const entries = Object.entries(usage) as [Role, number][]
  return Object.fromEntries(entries.map(([role, value]) => [role, change(value, role)]))
}
