/** `npm run client`: writes what is generated of the client, and the table of error codes. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { packageFile } from '../../schema/files.ts'
import { generate } from './generate.ts'

for (const [path, text] of await generate()) {
  mkdirSync(dirname(packageFile(path)), { recursive: true })
  writeFileSync(packageFile(path), text)
  console.log(path)
}
