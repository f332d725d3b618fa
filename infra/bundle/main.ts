/**
 * `npm run build`, after `tsc`: the programs once more, each with the packages that it uses in a few files. A server is some nine hundred modules,
 * and node takes most of a start to find and read them one by one.
 */
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { bundleFile, bundleIsFresh, changedMs, type Program, programs } from '../../schema/bundle.ts'
import { packageFile } from '../../schema/files.ts'

/** They find files of their own beside them, or others reach into them: loaded as they are. */
const asTheyAre = ['@node-rs/crc32', 'chdb', 'kafkajs', 'msgpackr', 'pino', 'uWebSockets.js']

/** How long files of earlier bundles stay: a process that runs may load some of its own only now. */
const keptMs = 24 * 3_600_000

const names = Object.keys(programs) as Program[]
const folder = dirname(bundleFile('server'))

async function bundle(): Promise<void> {
  const { outputFiles } = await build({
    absWorkingDir: packageFile(''),
    entryPoints: programs,
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: asTheyAre.flatMap((name) => [name, `${name}/*`]),
    // CommonJS packages among the rest ask for modules of node's.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    sourcemap: true,
    write: false,
    logLevel: 'warning',
  })
  await mkdir(folder, { recursive: true })
  const isProgram = (path: string) => names.some((name) => bundleFile(name) === path)
  // The pieces of programs are named by what is in them, so one finds its own whoever else builds or starts meanwhile.
  const ordered = [...outputFiles].sort((a, b) => Number(isProgram(a.path)) - Number(isProgram(b.path)))
  for (const { path, contents } of ordered) {
    const draft = `${path}.${process.pid}`
    await writeFile(draft, contents)
    await rename(draft, path)
  }
  const current = new Set(outputFiles.map(({ path }) => path))
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    if (!current.has(path) && Date.now() - changedMs(path) > keptMs) await rm(path, { force: true })
  }
}

if (!names.every((name) => bundleIsFresh(name))) await bundle()
