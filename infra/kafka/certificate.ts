/** A key and its self-signed certificate for 127.0.0.1 and localhost, made by the JDK's keytool. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

export type Certificate = {
  readonly keystore: { readonly path: string; readonly password: string }
  /** The certificate, which is its own authority, as PEM. */
  readonly ca: string
}

const run = promisify(execFile)
/** Guards nothing: whoever can read the file may read this too. PKCS12 wants six characters. */
const password = 'stepstream'

/** Makes them in the directory, or takes what an earlier start made. */
export async function certificateIn(directory: string, java: string): Promise<Certificate> {
  const path = join(directory, 'keystore.p12')
  const keytool = await keytoolBeside(java)
  const store = (file: string) => [
    '-keystore',
    file,
    '-storetype',
    'PKCS12',
    '-storepass',
    password,
    '-alias',
    'broker',
  ]
  if (!existsSync(path)) {
    await rm(`${path}.new`, { force: true })
    const names = ['-dname', 'CN=localhost', '-ext', 'SAN=IP:127.0.0.1,DNS:localhost', '-ext', 'BC=ca:true']
    await run(keytool, [
      '-genkeypair',
      '-keyalg',
      'EC',
      '-groupname',
      'secp256r1',
      '-validity',
      '3650',
      ...names,
      ...store(`${path}.new`),
    ])
    await rename(`${path}.new`, path)
  }
  const { stdout } = await run(keytool, ['-exportcert', '-rfc', ...store(path)])
  return { keystore: { path, password }, ca: stdout }
}

/** A `java` on PATH may be a link; keytool is beside what it points at, or on PATH itself. */
async function keytoolBeside(java: string): Promise<string> {
  const { stderr } = await run(java, ['-XshowSettings:properties', '-version'])
  const home = /^\s*java\.home = (.+)$/m.exec(stderr)?.[1]
  const beside = join(home ?? dirname(dirname(java)), 'bin', 'keytool')
  return existsSync(beside) ? beside : 'keytool'
}
