/** Keeps the first `size` rows of an order, of all that it is shown: a heap with the last of them on top. */
export function createFirst(size: number, compare: (a: number, b: number) => number) {
  const heap = new Int32Array(size + 1)
  let count = 0

  function rise(at: number): void {
    let child = at
    while (child > 0) {
      const parent = (child - 1) >> 1
      if (compare(heap[child]!, heap[parent]!) <= 0) return
      swap(child, parent)
      child = parent
    }
  }
  function sink(): void {
    let parent = 0
    for (;;) {
      let child = 2 * parent + 1
      if (child >= count) return
      if (child + 1 < count && compare(heap[child + 1]!, heap[child]!) > 0) child++
      if (compare(heap[child]!, heap[parent]!) <= 0) return
      swap(child, parent)
      parent = child
    }
  }
  function swap(a: number, b: number): void {
    const row = heap[a]!
    heap[a] = heap[b]!
    heap[b] = row
  }

  return {
    isFull: () => count === size,
    /** The last of those kept. */
    last: () => heap[0]!,
    add(row: number): void {
      if (count < size) {
        heap[count++] = row
        rise(count - 1)
      } else if (compare(row, heap[0]!) < 0) {
        heap[0] = row
        sink()
      }
    },
    rows: () => [...heap.subarray(0, count)].sort(compare),
  }
}
