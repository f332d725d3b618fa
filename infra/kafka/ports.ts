import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Free ports of 127.0.0.1, all different. Below the range from which the kernel takes the ports of outgoing connections, so that a
 * broker that is killed and started again does not find a client on its port.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) {
    const port = randomInt(12_000, 32_000)
    if (!ports.has(port) && (await isFree(port))) ports.add(port)
  }
  return [...ports]
}

/** Whether this port of 127.0.0.1 can be listened on. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
