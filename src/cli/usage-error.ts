/** A command was used wrongly: what to do about it is in the message. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
