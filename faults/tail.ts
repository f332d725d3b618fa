/** The last of what a process wrote, bounded: `limit` characters at least, twice as many at most. */
export function createTail(limit: number) {
  let text = ''
  return {
    add(more: string): void {
      text += more
      // Cut rarely, for each cut copies.
      if (text.length > 2 * limit) text = text.slice(-limit)
    },
    text: () => text,
  }
}
