import { addSum, addTo, meanOf, sumNumbers } from './exact-sum.ts'

/**
 * Numbers that come in at one end and go out at the other, with their mean. Nothing is ever subtracted: a huge value that has left leaves no trace.
 * What came in since the last turn has one running sum; of the older ones each has the sum of itself and the younger ones up to that turn, made when
 * the last of those before had left. So each number is added twice.
 */
export function createWindow() {
  let capacity = 1024
  let [places, values] = [new Float64Array(capacity), new Float64Array(capacity)]
  /** Sums of the older ones, `sumNumbers` each, in the slots of `values`. */
  let sums = new Float64Array(capacity * sumNumbers)
  const young = new Float64Array(sumNumbers)
  const total = new Float64Array(sumNumbers)
  // Counted on without end; slots are these modulo the capacity, a power of two.
  let [first, turn, next] = [0, 0, 0]
  const slot = (n: number) => n % capacity

  function grow(): void {
    const [oldPlaces, oldValues, oldSums, old] = [places, values, sums, capacity]
    capacity *= 2
    ;[places, values] = [new Float64Array(capacity), new Float64Array(capacity)]
    sums = new Float64Array(capacity * sumNumbers)
    for (let n = first; n < next; n++) {
      places[slot(n)] = oldPlaces[n % old]!
      values[slot(n)] = oldValues[n % old]!
      const from = (n % old) * sumNumbers
      sums.set(oldSums.subarray(from, from + sumNumbers), slot(n) * sumNumbers)
    }
  }

  function turnOver(): void {
    total.fill(0)
    for (let n = next - 1; n >= first; n--) {
      addTo(total, 0, values[slot(n)]!)
      sums.set(total, slot(n) * sumNumbers)
    }
    young.fill(0)
    turn = next
  }

  return {
    length: () => next - first,
    firstPlace: () => places[slot(first)]!,
    add(place: number, value: number): void {
      if (next - first === capacity) grow()
      places[slot(next)] = place
      values[slot(next)] = value
      addTo(young, 0, value)
      next++
    },
    drop(): void {
      if (first === turn) turnOver()
      first++
    },
    mean(): number {
      total.set(young)
      if (first < turn) addSum(total, 0, sums, slot(first) * sumNumbers)
      return meanOf(total, 0, next - first)
    },
  }
}
