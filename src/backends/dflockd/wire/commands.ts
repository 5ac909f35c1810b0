/** What the kinds of locks are called on the wire: put before each command. */
export type Kind = '' | 's';

/** What is asked for, for messages: `the lock 'a'`. */
export function titleOf(kind: Kind, name: string): string {
  return `the ${kind === 's' ? 'semaphore' : 'lock'} '${name}'`;
}

/** How long the service is asked to let somebody wait: the core's own time limit ends the wait. Seconds. */
export const FOREVER = 7 * 86_400;

/** Takes it if it is free. */
export function tryLine(key: string, seconds: number, limit: number | undefined): string {
  return limit === undefined
    ? `l\n${key}\n0 ${String(seconds)}\n`
    : `sl\n${key}\n0 ${String(limit)} ${String(seconds)}\n`;
}

/** Takes it, or takes a place in its queue. */
export function enqueueLine(key: string, seconds: number, limit: number | undefined): string {
  return limit === undefined ? `e\n${key}\n${String(seconds)}\n` : `se\n${key}\n${String(limit)} ${String(seconds)}\n`;
}

/** Waits in the queue; with 0 seconds, leaves it. */
export function waitLine(kind: Kind, key: string, seconds: number): string {
  return `${kind}w\n${key}\n${String(seconds)}\n`;
}

/** Without the lease the service falls back to its default. */
export function renewLine(kind: Kind, key: string, token: string, seconds: number | undefined): string {
  return `${kind}n\n${key}\n${token}${seconds === undefined ? '' : ` ${String(seconds)}`}\n`;
}

export function releaseLine(kind: Kind, key: string, token: string): string {
  return `${kind}r\n${key}\n${token}\n`;
}

export function authLine(token: string): string {
  return `auth\n_\n${token}\n`;
}

export function publishLine(channel: string, payload: string): string {
  return `signal\n${channel}\n${payload}\n`;
}

export function listenLine(pattern: string, group: string): string {
  return `listen\n${pattern}\n${group}\n`;
}

/** What the service holds; also what keeps a connection open that has nothing else to say. */
export const STATS_LINE = 'stats\n_\n\n';
