/** Loaded with `node --import` before a program: from then on its wall clock is the stepped one. */
import { createOffset, offsetFileVariable } from './clock-offset.ts'

const file = process.env[offsetFileVariable]
if (!file) throw new Error(`${offsetFileVariable} is not set`)
const offsetMs = createOffset(file)
const RealDate = Date
const realNow = Date.now
const now = () => realNow() + offsetMs()

// As anywhere, a program may put another `Date.now` in its place, and `new Date()` does not ask that one.
RealDate.now = now
globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, newTarget) => Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
  apply: () => new RealDate(now()).toString(),
})
// What `new Date().constructor` leads to is the stepped one too.
RealDate.prototype.constructor = globalThis.Date
