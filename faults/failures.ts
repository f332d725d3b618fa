/** A mistake in the command line: told to the user, exit code 2. */
export class UsageError extends Error {}

/** A part of the deployment did not come up again: exit code 3, for nothing can be said about the data. */
export class NodeFailed extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
  }
}
