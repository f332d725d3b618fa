/** Loaded with `node --import` before a program: from then on its wall clock is the stepped one. */
import { createOffset, offsetFileVariable } from './clock-offset.ts'

const file = process.env[offsetFileVariable]
if (!file) throw new Error(`${offsetFileVariable} is not set`)
const offsetMs = createOffset(file)
const RealDate = Date
const now = () => RealDate.now() + offsetMs()

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, newTarget) => Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
})
// What `new Date().constructor` leads to is the stepped one too.
RealDate.prototype.constructor = globalThis.Date
