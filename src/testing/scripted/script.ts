import { TestScheduler } from 'rxjs/testing';
import { LockConfigError } from '../../contract/errors.js';

/**
 * What the letters of a script mean, for each kind of call. `-` is a millisecond without anything; `20ms `, `3s ` and
 * `1m ` (with a space behind them) let time pass; letters in parentheses come at once; `|` ends the answer. A script
 * that says nothing is a call without an answer.
 */
export const SCRIPT_SYMBOLS = {
  acquire: {
    g: 'granted; counted from the call, or from the last "queued" before it',
    c: 'granted, but of unknown age: it must be renewed before it is announced',
    q: 'queued',
    '1-9': 'queued at that place',
    h: 'held by somebody else',
    w: 'held by somebody else, and to be asked for again not before `retryAfter`',
    l: 'a limit of the service is reached: LockCapacityError',
    n: 'the service is out of reach: LockNetworkError',
    t: 'the token is refused: LockAuthenticationError',
    '#': 'the error that is given as `error`',
    '|': 'the answer ends',
  },
  renew: {
    r: 'renewed; counted from the call, however late it comes',
    x: 'refused: not ours any more',
    u: 'unknown: could not be confirmed',
    n: 'the service is out of reach: LockNetworkError',
    t: 'the token is refused: LockAuthenticationError',
    '#': 'the error that is given as `error`',
    '|': 'the answer ends',
  },
  release: {
    d: 'released (done)',
    x: 'gone: was not ours any more',
    u: 'unknown: could not be told',
    n: 'the service is out of reach: LockNetworkError',
    t: 'the token is refused: LockAuthenticationError',
    '#': 'the error that is given as `error`',
    '|': 'the answer ends',
  },
  status: {
    f: 'free',
    h: 'held',
    n: 'the service is out of reach: LockNetworkError',
    t: 'the token is refused: LockAuthenticationError',
    '#': 'the error that is given as `error`',
    '|': 'the answer ends',
  },
  revoked: {
    v: 'revoked: all grants that are held are taken away',
    s: 'the session of all grants that are held is gone',
    k: 'the connection of all grants that are held is cut',
    x: 'all grants that are held are refused from now on',
  },
} as const;

/** The kinds of scripts. `watch` has the letters of `status`. */
export type ScriptKind = keyof typeof SCRIPT_SYMBOLS;

/** A letter and when it comes. */
export interface Cue {
  /** Milliseconds after the call. */
  readonly frame: number;
  readonly symbol: string;
}

/** The parser reads the scale off its class: here a character is always a millisecond, in run mode or not. */
class Parser extends TestScheduler {
  static override frameTimeFactor = 1;
}

const ERROR = Symbol('#');

/**
 * Reads a script.
 *
 * @throws LockConfigError for a letter that means nothing in this kind of call.
 */
export function parseScript(kind: ScriptKind, script: string): readonly Cue[] {
  const known = SCRIPT_SYMBOLS[kind];
  return parseMarbles(kind, script).map(({ frame, notification }) => {
    const symbol = notification.kind === 'N' ? String(notification.value) : notification.kind === 'E' ? '#' : '|';
    const entry = /^[1-9]$/.test(symbol) ? '1-9' : symbol;
    if (!Object.hasOwn(known, entry)) {
      const letters = Object.keys(known).join(' ');
      const said = `'${symbol}' in the ${kind} script '${script}' means nothing; there are: ${letters}`;
      throw new LockConfigError(said, { option: kind });
    }
    return { frame, symbol };
  });
}

function parseMarbles(kind: ScriptKind, script: string): ReturnType<typeof Parser.parseMarbles> {
  try {
    return Parser.parseMarbles(script, undefined, ERROR, false, true);
  } catch (cause) {
    throw new LockConfigError(`the ${kind} script '${script}' is no marble diagram`, { option: kind, cause });
  }
}

/** One script for every call, or one for each: the last serves all calls that follow. */
export type Script = string | readonly string[];

/** Scripts by the name of the lock; `'*'` serves the other names. */
export type ScriptsByName = Readonly<Record<string, Script>>;

/** Hands out the script of each call. */
export class Scripts {
  private readonly byName = new Map<string, { readonly takes: readonly (readonly Cue[])[]; calls: number }>();

  /** @param fallback What serves names that have no script, and calls of which none is given. */
  constructor(kind: ScriptKind, scripts: Script | ScriptsByName | undefined, fallback: string) {
    const all: ScriptsByName =
      scripts === undefined || typeof scripts === 'string' || Array.isArray(scripts)
        ? { '*': (scripts as Script | undefined) ?? fallback }
        : { '*': fallback, ...(scripts as ScriptsByName) };
    for (const [name, script] of Object.entries(all)) {
      const takes = typeof script === 'string' ? [script] : script.length === 0 ? [fallback] : script;
      this.byName.set(name, { takes: takes.map((one) => parseScript(kind, one)), calls: 0 });
    }
  }

  /** Under which key the scripts of this name are. */
  keyOf(name: string): string {
    return this.byName.has(name) ? name : '*';
  }

  /** The script of the next call. */
  next(name: string): readonly Cue[] {
    const scripts = this.byName.get(this.keyOf(name));
    if (scripts === undefined) return [];
    const index = Math.min(scripts.calls++, scripts.takes.length - 1);
    return scripts.takes[index] ?? [];
  }
}
