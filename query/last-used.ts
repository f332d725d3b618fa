/** Values by name, of which those used last stay. */
export type LastUsed<T> = {
  get(name: string): T | undefined
  /** Kept as long as it fits, in place of what had the name; what is too large by itself is not. */
  keep(name: string, value: T): void
}

/** As many are kept as `fits` says, by their number and by their bytes together. */
export function createLastUsed<T>(
  fits: (entries: number, bytes: number) => boolean,
  bytesOf: (value: T) => number = () => 0,
): LastUsed<T> {
  // The one used last is the last of the map.
  const kept = new Map<string, T>()
  let bytes = 0
  return {
    get(name) {
      const value = kept.get(name)
      if (value === undefined) return undefined
      kept.delete(name)
      kept.set(name, value)
      return value
    },
    keep(name, value) {
      if (!fits(1, bytesOf(value))) return
      const same = kept.get(name)
      if (same !== undefined) bytes -= bytesOf(same)
      kept.delete(name)
      kept.set(name, value)
      bytes += bytesOf(value)
      for (const [oldest, its] of kept) {
        if (fits(kept.size, bytes)) break
        kept.delete(oldest)
        bytes -= bytesOf(its)
      }
    },
  }
}
