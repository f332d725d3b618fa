import { MessageChannel } from 'node:worker_threads'

/** Smaller memory is not worth the microsecond that it takes to give it back, and may be a part of Node's pool for small buffers. */
const worthBytes = 4096

/** Closed, so that what is handed over with a message goes to nobody: its memory is free at once. */
const nowhere = new MessageChannel().port1
nowhere.close()

/**
 * Gives the memory of bytes back now. Nobody may use them any more: they are empty, and so is every other view of the same memory. Left to itself
 * it lies outside of V8's heap until its few small objects are collected, and when 64 MB have gathered there, the whole heap is gone through.
 * A part of a larger memory stays as it is, for the rest may be somebody else's; but for one that is said to be `most` of it.
 */
export function freeMemory({ buffer, byteLength }: ArrayBufferView, { isMost = false } = {}): void {
  if (byteLength < worthBytes || !(buffer instanceof ArrayBuffer)) return
  if (byteLength === buffer.byteLength || isMost) nowhere.postMessage(undefined, [buffer])
}

/** As `freeMemory`, of every array that is a property of one of these. */
export function freeArraysOf(...owners: readonly object[]): void {
  for (const owner of owners) for (const array of Object.values(owner)) if (ArrayBuffer.isView(array)) freeMemory(array)
}
