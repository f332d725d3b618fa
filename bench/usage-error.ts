/** A mistake in the command line: told to the user, exit code 2. */
export class UsageError extends Error {}
