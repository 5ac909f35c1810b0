import type { ServerMessage } from '../../../../src/native/from-server.js';
import type { Chance } from './chance.js';

/** A frame that is told. `text` undefined: it is no text. */
export interface Told {
  readonly text: string | undefined;
  /** Milliseconds. */
  readonly delay: number;
}

const TYPES = [
  'done',
  'error',
  'queued',
  'position',
  'held',
  'granted',
  'lost',
  'detached',
  'mismatch',
  'status',
  'list',
];
const CODES = ['invalid', 'limit-mismatch', 'gone', 'limit', 'storage', 'closing'];
const GOODBYES = ['version', 'auth', 'protocol', 'limit', 'slow', 'replaced', 'closing', 'silent'];
const VALUES: readonly unknown[] = [
  ...[-1, 0, 1, 1.5, 2 ** 31, 2 ** 53, 2 ** 60, 1e308],
  ...['', 'x', '1', null, true, false, [], {}, [[]], { id: 1 }, '__proto__', 'x'.repeat(5000), '\u0000\ud800'],
];

type Loose = Record<string, unknown>;

/** What becomes of what was to be said. */
export function mangle(messages: readonly ServerMessage[], chance: Chance, ids: number): readonly Told[] {
  const soon = chance.below(5);
  const as = (changed: readonly unknown[]): Told => ({ text: JSON.stringify(changed), delay: soon });
  const anyId = (): number => chance.below(ids + 3);
  const changed = messages.map((message) => ({ ...message })) as unknown as Loose[];
  const one = chance.of(changed);
  const text = JSON.stringify(messages);
  switch (chance.below(16)) {
    case 0:
      return [];
    case 1:
      return [as(messages), as(messages)];
    case 2:
      return [{ text, delay: chance.below(40_000) }];
    case 3:
      return [as(messages), { text, delay: chance.below(40_000) }];
    case 4:
      return [{ text: text.slice(0, chance.below(text.length)), delay: soon }];
    case 5:
      return [{ text: undefined, delay: soon }];
    case 6: {
      const at = chance.below(text.length);
      return [{ text: text.slice(0, at) + String.fromCharCode(chance.below(0x300)) + text.slice(at + 1), delay: soon }];
    }
    case 7:
      one[chance.of(Object.keys(one))] = chance.of(VALUES);
      return [as(changed)];
    case 8:
      one[chance.of(Object.keys(one))] = undefined;
      return [as(changed)];
    case 9:
      one['id'] = anyId();
      return [as(changed)];
    case 10:
      return [as([...messages, { ...any(chance), id: anyId() }])];
    case 11:
      return [as([{ ...any(chance), id: one['id'] ?? anyId() }])];
    case 12:
      return [as([...messages].reverse())];
    case 13:
      return [as([...messages, { type: chance.of(['bye', 'refused']), ...goodbye(chance) }])];
    case 14:
      return [as(Array.from({ length: 300 }, () => ({ ...any(chance), id: anyId() })))];
    default:
      return [as([...messages, ...(Array.from({ length: 500 }, () => ({ type: 'tick' })) as unknown[])])];
  }
}

/** A message that is one, but for its id. */
function any(chance: Chance): Loose {
  const type = chance.of(TYPES);
  return {
    type,
    ...(type === 'status'
      ? { status: { name: 'a', holders: 1, waiters: 0, expiresIn: chance.below(9000) } }
      : { code: chance.of(CODES), message: 'no', reason: chance.of(['expired', 'revoked', 'gone']) }),
    locks: [],
    secret: 'another',
    position: chance.below(9),
    token: 1 + chance.below(2 ** 31),
    news: 1 + chance.below(2 ** (1 + chance.below(52))),
    ...(chance.once(3) ? { retryAfter: chance.below(5000) } : {}),
  };
}

function goodbye(chance: Chance): Loose {
  const code = chance.of(GOODBYES);
  return { code, message: 'no', versions: [1], ...(chance.once(3) ? { retryAfter: chance.below(5000) } : {}) };
}
