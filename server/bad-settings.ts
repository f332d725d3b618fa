/** A setting is wrong: the message is for whoever set it. */
export class BadSettings extends Error {}
