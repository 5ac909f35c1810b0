/** How much it matters. `debug` alone may name locks. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** From the least to the most. */
export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** What may be told of an event: never a token, a secret or what a client sent, but for the names of locks at `debug`. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where a server tells what happens in it. */
export interface ServerLog {
  /** Is it worth while to gather what is told at this level? */
  isOn(level: LogLevel): boolean;
  /** @param event A few words that stay the same: `'client refused'`. What differs is in the fields. */
  say(level: LogLevel, event: string, fields?: LogFields): void;
}

/** Tells nobody. */
export const SILENT_LOG: ServerLog = Object.freeze({ isOn: () => false, say: () => undefined });
