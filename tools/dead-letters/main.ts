/** `npm run dead-letters`: what was acknowledged and could not be stored. Ends with 1 when something could not be done, with 2 when it was called wrongly. */
import { createDoors } from './doors.ts'
import { type Options, readOptions, usage } from './options.ts'
import { replayLetters } from './replay.ts'
import { listLetters, showLetter } from './show.ts'
import { BadUsage, Trouble } from './trouble.ts'

const print = (line: string) => console.log(line)

async function run(options: Options): Promise<number> {
  if (options.command === 'help') {
    print(usage)
    return 0
  }
  const doors = createDoors(options)
  switch (options.command) {
    case 'list':
      await listLetters(doors, options.list, print)
      return 0
    case 'show':
      await showLetter(doors, options.show, print)
      return 0
    case 'replay': {
      const { stored, cameBack, refused, skipped, toSend } = await replayLetters(doors, options.replay, print)
      const rest = toSend > 0 ? `, ${toSend} left` : ''
      print(`${stored} stored, ${cameBack} came back, ${refused} refused, ${skipped} skipped${rest}`)
      return cameBack + refused > 0 ? 1 : 0
    }
    default:
      return options satisfies never
  }
}

// A reader that has seen enough, as `head` has.
process.stdout.on('error', () => process.exit(0))
try {
  process.exitCode = await run(readOptions(process.argv.slice(2), process.env))
} catch (error) {
  if (!(error instanceof Trouble)) throw error
  console.error(error instanceof BadUsage ? `${error.message}\n\n${usage}` : error.message)
  process.exitCode = error instanceof BadUsage ? 2 : 1
}
