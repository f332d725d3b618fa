export type BodyEvents = {
  sent(bytes: number): void
  ended(): void
  /** Also when the client goes away. */
  broken(error: unknown): void
}

/**
 * Pieces of a file as the body of an answer. What breaks in the midst errors the body, which breaks the connection: a file that is cut short never
 * looks whole.
 */
export function bodyOf(pieces: AsyncIterableIterator<Uint8Array>, events: BodyEvents): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await pieces.next()
          if (done) {
            events.ended()
            return controller.close()
          }
          events.sent(value.byteLength)
          controller.enqueue(value)
        } catch (error) {
          events.broken(error)
          controller.error(error)
        }
      },
      async cancel(reason) {
        events.broken(reason)
        await pieces.return?.()
      },
    },
    // Nothing is read ahead: the pipe from the engine does so.
    { highWaterMark: 0 },
  )
}
