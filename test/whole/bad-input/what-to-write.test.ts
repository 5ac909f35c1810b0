import { describe, expect, it } from 'vitest';
import { locksFromUrl } from '../../../src/auto.js';
import { memory } from '../../../src/backends/memory/memory.js';
import { octostore } from '../../../src/backends/octostore/index.js';
import { socket } from '../../../src/backends/socket/index.js';
import { createLocks } from '../../../src/locks/create-locks.js';

/** A mistake of the first day, and what the message says besides that it is one. */
type Row = readonly [mistake: string, call: () => unknown, says: RegExp];

const locks = createLocks(memory());
const work = (): string => 'never runs';

const ROWS: readonly Row[] = [
  ['an option that is misspelt', () => locks.using('a', '30s', work, { wiat: '5s' } as never), /there are: .*\bwait\b/],
  ['within another', () => locks.lock$('a', '30s', { retry: { counts: 5 } as never }), /there are: .*\bretry\.count\b/],
  ['an option of a backend', () => octostore({ url: 'http://a:1' } as never), /there are: .*\bbaseUrl\b/],
  ['a URL in place of options', () => socket('ws://a:1' as never), /must be an object.*: .*\burl\b/],
  [
    'a stream in place of options',
    () => locks.lock$('a', '30s', locks.lock$('a', '30s') as never),
    /there are: .*\bwait\b/,
  ],
  ['several names', () => locks.using(['a', 'b'] as never, '30s', work), /usingAll, acquireAll/],
  ['no name', () => locks.using(undefined as never, '30s', work), /^name undefined is not a string/],
  ['no ttl', () => locks.using('a', work as never, undefined as never), /after the name and the ttl/],
  ['options before the work', () => locks.using('a', '30s', {} as never, work as never), /after the name and the ttl/],
  ['a URL in place of a backend', () => createLocks('redis://a:1' as never), /redis\(url\).*locksFromUrl\(url\)/],
  ['a URL without a scheme', () => socket({ url: '127.0.0.1:7956' }), /write 'ws:\/\/host:port'/],
  ['a URL of HTTP', () => socket({ url: 'http://127.0.0.1:7956' }), /write 'ws:\/\/host:port'/],
  [
    'a variable that is not set',
    () => locksFromUrl(undefined as never),
    /undefined.* such as 'redis:\/\/localhost:6379'/,
  ],
];

describe('an error of the first day says what to write', () => {
  it.each(ROWS)('%s', async (_, call, says) => {
    const message = await Promise.resolve()
      .then(call)
      .then(
        () => 'no error',
        (error: unknown) => (error as Error).message,
      );
    expect(message).toMatch(says);
  });
});
