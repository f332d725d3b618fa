import assert from 'node:assert/strict'
import { test } from 'node:test'
import { peakResidentBytes, processCpuSeconds, residentBytes, systemSeconds } from './system.ts'

test('the system accounts for the time that a process uses, and for that of all of them', () => {
  const [own, all] = [processCpuSeconds(process.pid), systemSeconds()!]
  const end = performance.now() + 300
  while (performance.now() < end);
  const used = processCpuSeconds(process.pid) - own
  const busy = systemSeconds()!.busy - all.busy
  assert.ok(used > 0.02 && used < 2, `${used} s of 0.3`)
  // Both are told in hundredths, each rounded by itself.
  assert.ok(busy > used - 0.05, `${busy} s of all, ${used} s of this one`)
})

test('a process has held at least what it holds', () => {
  const held = residentBytes(process.pid)
  assert.ok(held > 20e6 && held <= peakResidentBytes(process.pid))
})
