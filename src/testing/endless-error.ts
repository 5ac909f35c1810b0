const NAME = 'EndlessError';

/** Nothing ends a lock or a wait of a marble test, and virtual time has no end. */
export class EndlessError extends Error {
  /** @param what Goes on for ever. */
  constructor(what: string) {
    super(
      `${what}, and nobody ends it: tell expectObservable when to unsubscribe ('---!'), or let the work or the stream complete`,
    );
    this.name = NAME;
  }
}

/**
 * Throws the error itself where a stream has failed with it: the comparison of ten thousand events would bury what it says.
 *
 * @param messages What a stream did, as `TestScheduler` has it.
 */
export function refuseEndless(messages: unknown): void {
  if (!Array.isArray(messages)) return;
  const last = messages.at(-1) as { readonly notification?: { readonly error?: unknown } } | undefined;
  const { name, message } = (last?.notification?.error ?? {}) as Partial<Error>;
  // Known by its name: rxjs-marbles leaves no more of an error than name and message.
  if (name === NAME) throw Object.assign(new Error(message), { name });
}
