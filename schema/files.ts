import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Path of a file that ships with the package, such as `schema/api.graphql`, from source or compiled code alike. */
export function packageFile(path: string): string {
  let directory = import.meta.dirname
  while (!existsSync(join(directory, 'package.json'))) {
    const parent = dirname(directory)
    if (parent === directory) throw new Error(`no package.json above ${import.meta.dirname}`)
    directory = parent
  }
  return join(directory, path)
}
