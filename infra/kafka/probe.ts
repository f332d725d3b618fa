/** Asks a broker the one question that every version answers, before any login. */
import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/*
 *  int32 size | int16 key (18, ApiVersions) | int16 version (0) | int32 correlation | int16 client id (-1, none)
 *  int32 size | int32 correlation           | int16 error       | ...
 */
const correlation = 0x57e9
const request = Buffer.alloc(14)
request.writeInt32BE(10, 0)
request.writeInt16BE(18, 4)
request.writeInt32BE(correlation, 8)
request.writeInt16BE(-1, 12)

const answerMs = 2000

/** Whether the broker at this port answers; `ca` (PEM) when it speaks TLS. Never throws. */
export function answers(port: number, ca?: string): Promise<boolean> {
  return new Promise((resolve) => {
    const host = '127.0.0.1'
    const socket: Socket = ca === undefined ? connectPlain(port, host) : connectTls({ port, host, ca })
    const end = (answered: boolean) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answered)
    }
    const timer = setTimeout(end, answerMs, false)
    let received = Buffer.alloc(0)
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes])
      if (received.length >= 10) end(received.readInt32BE(4) === correlation && received.readInt16BE(8) === 0)
    })
    socket.once('error', () => end(false))
    socket.once('close', () => end(false))
    socket.once(ca === undefined ? 'connect' : 'secureConnect', () => socket.write(request))
  })
}
