/**
 * kafkajs measures spans with `Date.now`: when the system's clock is set back by an hour, it sends no heartbeat for an hour,
 * and its requests time out an hour late. It takes no clock as an argument, so a process that uses it gets a `Date.now` that
 * only goes on, and asks for the time of day here.
 */
let timeOfDay: (() => number) | undefined

/** To be called once, before Kafka is first used. */
export function installSteadyClock(): void {
  if (timeOfDay) return
  timeOfDay = Date.now
  const started = Date.now() - performance.now()
  Date.now = () => Math.floor(started + performance.now())
}

/** The system's time of day in ms, which may go back. */
export function wallClockMs(): number {
  return (timeOfDay ?? Date.now)()
}
