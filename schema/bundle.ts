import { statSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { packageFile } from './files.ts'

/** By the name of its bundle, where a program begins. The sinks' thread is looked for beside who starts it. */
export const programs = {
  server: 'dist/server/run.js',
  thread: 'dist/server/sink-thread/thread.js',
  store: 'dist/infra/store/run.js',
} as const
export type Program = keyof typeof programs

/** What bundles are made of: compiled code, of which `tsc` notes when it last changed, and packages, of which npm does. */
const madeOf = ['dist/.tsbuildinfo', 'node_modules/.package-lock.json']

/** 0 where there is nothing. */
export const changedMs = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

/** The file that a program's bundle begins with, whether or not it is there. */
export const bundleFile = (program: Program, root = packageFile('')): string =>
  join(root, 'dist/bundle', `${program}.js`)

/** Whether a program has a bundle that is as new as what it is made of. */
export function bundleIsFresh(program: Program, root = packageFile('')): boolean {
  const madeMs = changedMs(bundleFile(program, root))
  return madeMs > 0 && madeOf.every((path) => changedMs(join(root, path)) <= madeMs)
}

/** What to import a program from: its bundle, or the module that was compiled last where that is newer. */
export function programUrl(program: Program, root = packageFile('')): string {
  return pathToFileURL(bundleIsFresh(program, root) ? bundleFile(program, root) : join(root, programs[program])).href
}

export const startProgram = (program: Program): Promise<unknown> => import(programUrl(program))
