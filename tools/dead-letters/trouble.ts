/** What ends the command with one line for its user instead of a stack. */
export class Trouble extends Error {}

/** The command was called in a way that it does not know. */
export class BadUsage extends Trouble {}
