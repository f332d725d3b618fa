/** Starts the program named by its arguments, prints its process number and waits. */
import { spawnTied } from './tied.ts'

const [program, ...options] = process.argv.slice(2)
const child = spawnTied(program!, options, 2)
console.log(child.pid)
child.once('exit', (code, signal) => console.log(signal ?? code))
