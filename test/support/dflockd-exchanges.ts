import { setTimeout as sleep } from 'node:timers/promises';
import type { DflockdClient } from './dflockd-client.js';
import { startDflockd, type DflockdSettings, type TestDflockd } from './dflockd-instance.js';

/**
 * What one client does: `[client, command, key, argument, answer, answer of the real server if it is another, of a newer one
 * if it is yet another]`. What newer real servers add to each grant, renewal and `stats` is left out.
 *
 * In arguments and answers `T1` to `T9` are tokens, seen first in an answer; in answers `#` is any number, `…` the rest of the line.
 * Commands that are none: `send` (key: text), `read` (answer), `rest` (all that is there), `nothing` (no answer is there), `closed`, `close`, `half` (closes its own
 * direction), `sleep` (key: seconds). A request whose answer is undefined is not answered yet.
 */
export type Step = readonly [
  client: string,
  command: string,
  key?: string,
  argument?: string,
  answer?: string | undefined,
  real?: string,
  newer?: string,
];

/** A recorded exchange of lines. */
export interface Exchange {
  readonly name: string;
  readonly settings?: DflockdSettings;
  /** Needs a server with signals. */
  readonly signals?: boolean;
  readonly steps: readonly Step[];
}

function stats(connections: number, waiters: number): string {
  const lock = `{"key":"k","owner_conn_id":#,"lease_expires_in_s":#,"waiters":${waiters}}`;
  return `{"connections":${connections},"locks":[${lock}],"semaphores":[],"idle_locks":[],"idle_semaphores":[]}`;
}

const LONG = 'k'.repeat(256);
/** Twenty characters of three bytes each, the last byte of which is all that differs. */
const [TEXT, OTHER_TEXT] = ['\xe5\x90\x8d', '\xe5\x90\x8e'].map((one) => one.repeat(20)) as [string, string];
const RAW = '\xff'.repeat(40);

export const EXCHANGES: readonly Exchange[] = [
  {
    name: 'a lock is taken, renewed and released',
    steps: [
      ['a', 'l', 'k', '0 5', 'ok T1 5'],
      ['a', 'n', 'k', 'T1 7', 'ok 7'],
      ['a', 'r', 'k', 'T1', 'ok'],
      ['a', 'r', 'k', 'T1', 'error'],
      ['a', 'n', 'k', 'T1', 'error'],
    ],
  },
  {
    name: 'the default lease is 33 seconds, for a renewal too',
    steps: [
      ['a', 'l', 'k', '0', 'ok T1 33'],
      ['a', 'n', 'k', 'T1', 'ok 33'],
      ['a', 'e', 'j', '', 'acquired T2 33'],
      ['a', 'se', 's', '2', 'acquired T3 33'],
    ],
  },
  {
    name: 'a lock that is held is refused, in time',
    steps: [
      ['a', 'l', 'k', '0', 'ok T1 33'],
      ['b', 'l', 'k', '0', 'timeout'],
      ['a', 'l', 'k', '0', 'timeout'],
      ['b', 'l', 'k', '1', 'timeout'],
    ],
  },
  {
    name: 'waiters are granted in the order in which they came',
    steps: [
      ['a', 'l', 'k', '0', 'ok T1 33'],
      ['b', 'l', 'k', '9 8', undefined],
      ['b', 'nothing'],
      ['c', 'l', 'k', '9 7', undefined],
      ['c', 'nothing'],
      ['a', 'r', 'k', 'T1', 'ok'],
      ['b', 'read', '', '', 'ok T2 8'],
      ['c', 'nothing'],
      ['a', 'r', 'k', 'T2', 'ok'],
      ['c', 'read', '', '', 'ok T3 7'],
    ],
  },
  {
    name: 'any connection may renew and release by the token, of the right key only',
    steps: [
      ['a', 'l', 'k', '0', 'ok T1 33'],
      ['b', 'n', 'k', 'T1 9', 'ok 9'],
      ['b', 'r', 'j', 'T1', 'error'],
      ['b', 'n', 'j', 'T1', 'error'],
      ['b', 'r', 'k', 'T1', 'ok'],
    ],
  },
  {
    name: 'a connection that closes gives its locks to those who wait',
    steps: [
      ['a', 'l', 'k', '0', 'ok T1 33'],
      ['a', 'e', 'j', '', 'acquired T2 33'],
      ['b', 'l', 'k', '9', undefined],
      ['c', 'e', 'j', '', 'queued'],
      ['b', 'nothing'],
      ['a', 'close'],
      ['b', 'read', '', '', 'ok T3 33'],
      ['c', 'w', 'j', '9', 'ok T4 33'],
    ],
  },
  {
    name: 'without auto-release it keeps them',
    settings: { autoRelease: false },
    steps: [
      ['a', 'l', 'k', '0 5', 'ok T1 5'],
      ['a', 'close'],
      ['', 'sleep', '0.1'],
      ['b', 'l', 'k', '0', 'timeout'],
      ['b', 'r', 'k', 'T1', 'ok'],
      ['b', 'l', 'k', '0', 'ok T2 33'],
    ],
  },
  {
    name: 'two phases: enqueue, wait, and what was acquired at once',
    steps: [
      ['a', 'e', 'k', '5', 'acquired T1 5'],
      ['a', 'e', 'k', '5', 'error_already_enqueued'],
      ['b', 'e', 'k', '6', 'queued'],
      ['b', 'e', 'k', '6', 'error_already_enqueued'],
      ['a', 'w', 'k', '9', 'ok T1 5'],
      ['a', 'w', 'k', '9', 'error_not_enqueued'],
      ['b', 'w', 'k', '1', 'timeout'],
      ['b', 'w', 'k', '1', 'error_not_enqueued'],
      ['b', 'e', 'k', '6', 'queued'],
      ['b', 'w', 'k', '9', undefined],
      ['b', 'nothing'],
      ['a', 'r', 'k', 'T1', 'ok'],
      ['b', 'read', '', '', 'ok T2 6'],
    ],
  },
  {
    name: 'a wait of no time',
    steps: [
      ['a', 'l', 'k', '0', 'ok T1 33'],
      ['b', 'e', 'k', '', 'queued'],
      ['b', 'w', 'k', '0', 'timeout'],
      ['b', 'e', 'k', '', 'queued'],
      ['a', 'r', 'k', 'T1', 'ok'],
      ['b', 'w', 'k', '0', 'ok T2 33'],
    ],
  },
  {
    name: 'a release ends what was enqueued and acquired',
    steps: [
      ['a', 'e', 'k', '', 'acquired T1 33'],
      ['a', 'r', 'k', 'T1', 'ok'],
      ['a', 'w', 'k', '1', 'error_not_enqueued'],
      ['a', 'e', 'k', '', 'acquired T2 33'],
    ],
  },
  {
    name: 'a place that was granted unseen and then ran out is not granted again',
    steps: [
      ['a', 'l', 'k', '0 1', 'ok T1 1'],
      ['b', 'e', 'k', '1', 'queued'],
      ['', 'sleep', '4.2'],
      ['c', 'l', 'k', '0', 'ok T2 33'],
      ['b', 'w', 'k', '1', 'error_lease_expired', 'ok T3 1', 'error_lease_expired'],
      ['b', 'w', 'k', '1', 'error_not_enqueued'],
    ],
  },
  {
    name: 'what was acquired at once and ran out is not granted again',
    steps: [
      ['a', 'e', 'k', '1', 'acquired T1 1'],
      ['', 'sleep', '2.2'],
      ['a', 'w', 'k', '1', 'error_lease_expired', 'error_not_enqueued', 'error_lease_expired'],
      ['a', 'e', 'k', '1', 'acquired T2 1'],
    ],
  },
  {
    name: 'who never waited for what ran out may enqueue again',
    steps: [
      ['a', 'l', 'k', '0 1', 'ok T1 1'],
      ['b', 'e', 'k', '1', 'queued'],
      ['', 'sleep', '4.2'],
      ['b', 'e', 'k', '5', 'acquired T2 5', 'error_already_enqueued'],
    ],
  },
  {
    name: 'a lease runs out',
    steps: [
      ['a', 'l', 'k', '0 1', 'ok T1 1'],
      ['b', 'l', 'k', '5', 'ok T2 33'],
      ['a', 'n', 'k', 'T1', 'error'],
      ['a', 'r', 'k', 'T1', 'error'],
    ],
  },
  {
    name: 'semaphores have as many places as their limit says',
    steps: [
      ['a', 'sl', 's', '0 2', 'ok T1 33'],
      ['a', 'sl', 's', '0 2 5', 'ok T2 5'],
      ['b', 'sl', 's', '0 2', 'timeout'],
      ['b', 'se', 's', '2 6', 'queued'],
      ['a', 'sn', 's', 'T1 9', 'ok 9'],
      ['a', 'sr', 's', 'T1', 'ok'],
      ['b', 'sw', 's', '1', 'ok T3 6'],
      ['b', 'sr', 's', 'T1', 'error'],
    ],
  },
  {
    name: 'another limit is refused, also of what nobody holds any more',
    steps: [
      ['a', 'sl', 's', '0 2', 'ok T1 33'],
      ['b', 'sl', 's', '0 3', 'error_limit_mismatch'],
      ['b', 'se', 's', '3', 'error_limit_mismatch'],
      ['a', 'sr', 's', 'T1', 'ok'],
      ['b', 'sl', 's', '0 3', 'error_limit_mismatch'],
      ['b', 'sl', 's', '0 2', 'ok T2 33'],
    ],
  },
  {
    name: 'locks and semaphores have the same names, and a lock is a semaphore of one',
    steps: [
      ['a', 'l', 'k', '0', 'ok T1 33'],
      ['b', 'sl', 'k', '0 2', 'error_limit_mismatch'],
      ['b', 'sl', 'k', '0 1', 'timeout'],
      ['b', 'sn', 'k', 'T1 4', 'ok 4'],
      ['b', 'sr', 'k', 'T1', 'ok'],
      ['b', 'sl', 's', '0 2', 'ok T2 33'],
      ['b', 'l', 's', '0', 'error_limit_mismatch'],
      ['b', 'e', 's', '', 'error_limit_mismatch'],
      ['b', 'n', 's', 'T2 4', 'ok 4'],
      ['b', 'r', 's', 'T2', 'ok'],
    ],
  },
  {
    name: 'no more keys than there may be, idle ones included',
    settings: { maxLocks: 2 },
    steps: [
      ['a', 'l', 'a', '0', 'ok T1 33'],
      ['a', 'sl', 'b', '0 2', 'ok T2 33'],
      ['a', 'l', 'c', '0', 'error_max_locks'],
      ['a', 'e', 'c', '', 'error_max_locks'],
      ['a', 'sl', 'c', '0 2', 'error_max_locks'],
      ['a', 'r', 'a', 'T1', 'ok'],
      ['a', 'l', 'c', '0', 'error_max_locks'],
      ['a', 'l', 'a', '0', 'ok T3 33'],
    ],
  },
  {
    name: 'no more waiters than there may be',
    settings: { maxWaiters: 1 },
    steps: [
      ['a', 'l', 'k', '0', 'ok T1 33'],
      ['b', 'e', 'k', '', 'queued'],
      ['c', 'e', 'k', '', 'error_max_waiters'],
      ['c', 'l', 'k', '5', 'error_max_waiters'],
      ['c', 'l', 'k', '0', 'error_max_waiters'],
      ['b', 'close'],
      ['', 'sleep', '0.1'],
      ['c', 'e', 'k', '', 'queued'],
    ],
  },
  {
    name: 'what is no request is an error, and the connection goes on',
    steps: [
      ['a', 'x', 'k', '', 'error'],
      ['a', '', '', '', 'error'],
      ['a', 'L', 'k', '0', 'error'],
      ['a', 'constructor', 'k', '0', 'error'],
      ['a', 'l', '', '0', 'error'],
      ['a', 'l', 'k k', '0', 'error'],
      ['a', 'l', 'k\tk', '0', 'error'],
      ['a', 'l', 'k', '', 'error'],
      ['a', 'l', 'k', '1 2 3', 'error'],
      ['a', 'l', 'k', '-1', 'error'],
      ['a', 'l', 'k', '1.5', 'error'],
      ['a', 'l', 'k', '0x1', 'error'],
      ['a', 'l', 'k', '1e1', 'error'],
      ['a', 'l', 'k', 'a', 'error'],
      ['a', 'l', 'k', '0 0', 'error'],
      ['a', 'l', 'k', '0 -1', 'error'],
      ['a', 'l', 'k', '99999999999999999999', 'error'],
      ['a', 'l', 'k', '0 10000000000', 'error'],
      ['a', 'l', 'k', '10000000000', 'error', 'ok T9 33', 'error'],
      ['a', 'e', 'k', '0', 'error'],
      ['a', 'e', 'k', '1 2', 'error'],
      ['a', 'w', 'k', '', 'error'],
      ['a', 'w', 'k', '-1', 'error'],
      ['a', 'w', 'k', '1 2', 'error'],
      ['a', 'n', 'k', '', 'error'],
      ['a', 'n', 'k', 'token 0', 'error'],
      ['a', 'n', 'k', 'token 1 1', 'error'],
      ['a', 'r', 'k', '', 'error'],
      ['a', 'r', 'k', ' ', 'error'],
      ['a', 'sl', 'k', '0', 'error'],
      ['a', 'sl', 'k', '0 0', 'error'],
      ['a', 'sl', 'k', '0 -1', 'error'],
      ['a', 'sl', 'k', '0 1 0', 'error'],
      ['a', 'sl', 'k', '0 1 1 1', 'error'],
      ['a', 'se', 'k', '', 'error'],
      ['a', 'se', 'k', '0', 'error'],
      ['a', 'se', 'k', '1 1 1', 'error'],
      ['a', 'sw', 'k', '', 'error'],
      ['a', 'sn', 'k', '', 'error'],
      ['a', 'sr', 'k', '', 'error'],
      ['a', 'auth', '_', 'token', 'error'],
      ['a', 'w', 'k', '1', 'error_not_enqueued'],
      ['a', 'l', 'free', '0', 'ok T1 33'],
    ],
  },
  {
    name: 'numbers may have a sign and zeros, and white space around them',
    steps: [
      ['a', 'l', 'a', ' +0  \t 007 ', 'ok T1 7'],
      ['a', 'e', 'b', ' 5 ', 'acquired T2 5'],
      ['a', 'w', 'b', ' +1 ', 'ok T2 5'],
      ['a', 'r', 'b', ' T2 ', 'ok'],
      ['a', 'l', 'c', '-0', 'ok T3 33'],
    ],
  },
  {
    name: 'lines may end with carriage returns',
    steps: [
      ['a', 'send', 'l\r\nk\r\n0 5\r\r\n'],
      ['a', 'read', '', '', 'ok T1 5'],
      ['a', 'send', 'l\r\nj\rj\r\n0\r\n'],
      ['a', 'read', '', '', 'error', 'error', 'ok T9 33'],
      ['a', 'n', 'k', 'T1 6', 'ok 6'],
    ],
  },
  {
    name: 'keys are bytes: 256 of them, text or not',
    steps: [
      ['a', 'l', LONG, '0', 'ok T1 33'],
      ['b', 'l', LONG, '0', 'timeout'],
      ['a', 'l', '\xff\xfe', '0', 'ok T2 33'],
      ['a', 'l', '\xff\xfd', '0', 'ok T3 33'],
      ['b', 'l', '\xff\xfe', '0', 'timeout'],
      ['a', 'l', '\xc3\xa4', '0', 'ok T4 33'],
      ['a', 'l', 'a\0b', '0', 'ok T5 33'],
      ['b', 'r', '\xff\xfe', 'T2', 'ok'],
    ],
  },
  {
    name: 'a line that is too long is the last',
    steps: [
      ['a', 'l', `${LONG}k`, '0', 'error'],
      ['a', 'closed'],
      ['b', 'send', `${'x'.repeat(300)}\n`],
      ['b', 'read', '', '', 'error'],
      ['b', 'closed'],
      ['c', 'l', 'k', ' '.repeat(256), 'error'],
      ['c', 'l', 'k', `${' '.repeat(254)}0`, 'ok T1 33'],
      ['c', 'l', 'k', `${' '.repeat(256)}0`, 'error'],
      ['c', 'closed'],
      ['d', 'send', `l\n${LONG}\r\n0\n`],
      ['d', 'read', '', '', 'error', 'error', 'ok T2 33'],
      ['e', 'send', 'x'.repeat(300)],
      ['e', 'nothing'],
      ['e', 'half'],
      ['e', 'read', '', '', 'error'],
      ['e', 'closed'],
      ['f', 'l', 'k', '0', 'ok T3 33'],
    ],
  },
  {
    name: 'requests are answered in order, however they are cut',
    steps: [
      ['a', 'send', 'l\nk\n0\nl\nk\n0\nx\n\n\nl\nj'],
      ['a', 'read', '', '', 'ok T1 33'],
      ['a', 'read', '', '', 'timeout'],
      ['a', 'read', '', '', 'error'],
      ['a', 'nothing'],
      ['a', 'send', '\n0'],
      ['a', 'nothing'],
      ['a', 'send', ' 4\n'],
      ['a', 'read', '', '', 'ok T2 4'],
    ],
  },
  {
    name: 'what follows a request that waits is answered after it',
    steps: [
      ['a', 'l', 'k', '0', 'ok T1 33'],
      ['b', 'send', 'l\nk\n9\nl\nj\n0\n'],
      ['b', 'nothing'],
      ['a', 'r', 'k', 'T1', 'ok'],
      ['b', 'read', '', '', 'ok T2 33'],
      ['b', 'read', '', '', 'ok T3 33'],
    ],
  },
  {
    name: 'who sends and closes its direction is still answered',
    steps: [
      ['a', 'send', 'l\nk\n0\nx\n\n\n'],
      ['a', 'half'],
      ['a', 'read', '', '', 'ok T1 33'],
      ['a', 'read', '', '', 'error'],
      ['a', 'closed'],
      ['b', 'l', 'k', '1', 'ok T2 33'],
    ],
  },
  {
    name: 'a waiter that closes leaves the queue at once',
    steps: [
      ['a', 'l', 'k', '0', 'ok T1 33'],
      ['b', 'l', 'k', '3', undefined],
      ['c', 'e', 'k', '', 'queued'],
      ['c', 'w', 'k', '3', undefined],
      ['', 'sleep', '0.1'],
      ['b', 'close'],
      ['c', 'reset'],
      ['', 'sleep', '0.1'],
      ['a', 'stats', '', '', `ok ${stats(1, 0)}`, `ok ${stats(3, 2)}`],
    ],
  },
  {
    name: 'a token is asked for, and checked',
    settings: { auth: 'secret' },
    steps: [
      ['a', 'auth', '_', 'secret', 'ok'],
      ['a', 'l', 'k', '0', 'ok T1 33'],
      ['a', 'auth', '_', 'secret', 'error'],
      ['b', 'auth', '_', 'wrong', 'error_auth'],
      ['b', 'closed'],
      ['c', 'l', 'k', '0', 'error_auth'],
      ['c', 'closed'],
      ['d', 'auth', '', ' secret ', 'ok'],
      ['e', 'stats', '_', '', 'error_auth'],
      ['e', 'closed'],
      ['f', 'auth', '_', '', 'error_auth'],
      ['f', 'closed'],
      ['g', 'send', `${'x'.repeat(300)}\n`],
      ['g', 'read', '', '', 'error_auth'],
      ['g', 'closed'],
    ],
  },
  {
    name: 'a client that sends no line is closed',
    settings: { readTimeout: 1 },
    steps: [
      ['a', 'l', 'k', '0', 'ok T1 33'],
      ['a', 'send', 'l\nk'],
      ['b', 'l', 'k', '4', 'ok T2 33'],
      ['a', 'read', '', '', 'error'],
      ['a', 'closed'],
    ],
  },
  {
    name: 'a client that waits for a lock may be silent',
    settings: { readTimeout: 1 },
    steps: [
      ['a', 'l', 'k', '0 2', 'ok T1 2'],
      ['b', 'l', 'k', '9', undefined],
      ['a', 'stats', '_', '', 'ok …'],
      ['', 'sleep', '0.6'],
      ['a', 'stats', '_', '', 'ok …'],
      ['', 'sleep', '0.6'],
      ['a', 'stats', '_', '', 'ok …'],
      ['b', 'read', '', '', 'ok T2 33'],
    ],
  },
  {
    name: 'stats',
    steps: [
      ['a', 'l', 'k', '0 5', 'ok T1 5'],
      ['a', 'stats', 'anything at all', 'x y', `ok ${stats(1, 0)}`],
      ['b', 'e', 'k', '', 'queued'],
      ['a', 'stats', '', '', `ok ${stats(2, 1)}`],
      ['b', 'close'],
      ['a', 'r', 'k', 'T1', 'ok'],
      ['a', 'sl', 's', '0 3', 'ok T2 33'],
      ['', 'sleep', '0.1'],
      [
        'a',
        'stats',
        '',
        '',
        'ok {"connections":1,"locks":[],"semaphores":[{"key":"s","limit":3,"holders":1,"waiters":0}],"idle_locks":[{"key":"k","idle_s":#}],"idle_semaphores":[]}',
      ],
      ['a', 'sr', 's', 'T2', 'ok'],
      [
        'a',
        'stats',
        '',
        '',
        'ok {"connections":1,"locks":[],"semaphores":[],"idle_locks":[{"key":"k","idle_s":#}],"idle_semaphores":[{"key":"s","idle_s":#}]}',
      ],
    ],
  },
  {
    name: 'keys of many bytes are told apart by all of them, and may be renewed and released',
    steps: [
      ['a', 'l', TEXT, '0', 'ok T1 33'],
      ['a', 'l', OTHER_TEXT, '0', 'ok T2 33'],
      ['b', 'l', TEXT, '0', 'timeout'],
      ['a', 'n', TEXT, 'T1 9', 'ok 9'],
      ['a', 'r', OTHER_TEXT, 'T1', 'error'],
      ['a', 'r', TEXT, 'T1', 'ok'],
      ['b', 'e', TEXT, '7', 'acquired T3 7'],
      ['b', 'w', TEXT, '1', 'ok T3 7'],
      ['a', 'l', RAW, '0', 'ok T4 33'],
      ['b', 'e', RAW, '', 'queued'],
      ['a', 'r', RAW, 'T4', 'ok'],
      ['b', 'w', RAW, '1', 'ok T5 33'],
    ],
  },
  {
    name: 'who holds may enqueue behind itself, again and again',
    steps: [
      ['a', 'e', 'k', '', 'acquired T1 33'],
      ['a', 'w', 'k', '0', 'ok T1 33'],
      ['a', 'e', 'k', '5', 'queued'],
      ['a', 'e', 'k', '5', 'error_already_enqueued'],
      ['a', 'l', 'k', '0', 'timeout'],
      ['a', 'r', 'k', 'T1', 'ok'],
      ['a', 'e', 'k', '5', 'error_already_enqueued'],
      ['a', 'w', 'k', '0', 'ok T2 5'],
      ['a', 'w', 'k', '0', 'error_not_enqueued'],
    ],
  },
  {
    name: 'who has enqueued may also acquire, behind its own place',
    steps: [
      ['a', 'l', 'k', '0', 'ok T1 33'],
      ['b', 'e', 'k', '6', 'queued'],
      ['b', 'l', 'k', '1', 'timeout'],
      ['b', 'l', 'k', '9 7', undefined],
      ['', 'sleep', '0.1'],
      ['a', 'r', 'k', 'T1', 'ok'],
      ['b', 'nothing'],
    ],
  },
  {
    name: 'an enqueued place is checked before anything else',
    settings: { maxLocks: 1, maxWaiters: 1 },
    steps: [
      ['a', 'se', 's', '2', 'acquired T1 33'],
      ['a', 'se', 's', '3', 'error_already_enqueued'],
      ['a', 'e', 's', '', 'error_already_enqueued'],
      ['b', 'se', 's', '3', 'error_limit_mismatch'],
      ['b', 'e', 'k', '', 'error_max_locks'],
      ['b', 'w', 's', '0', 'error_not_enqueued'],
      ['a', 'w', 's', '0', 'ok T1 33'],
      ['b', 'se', 's', '2 0', 'error'],
      ['b', 'se', 's', '2', 'acquired T2 33'],
      ['a', 'se', 's', '2', 'queued'],
      ['b', 'se', 's', '2', 'error_already_enqueued'],
      ['c', 'se', 's', '2', 'error_max_waiters'],
      ['c', 'se', 's', '3', 'error_limit_mismatch'],
      ['c', 'sl', 's', '0 2', 'error_max_waiters'],
      ['c', 'sl', 's', '9 2', 'error_max_waiters'],
      ['c', 'sl', 's', '9 3', 'error_limit_mismatch'],
    ],
  },
  {
    name: 'the queue keeps its order whoever leaves it, and however',
    steps: [
      ['a', 'l', 'k', '0', 'ok T1 33'],
      ['b', 'e', 'k', '2', 'queued'],
      ['c', 'e', 'k', '3', 'queued'],
      ['d', 'e', 'k', '4', 'queued'],
      ['e', 'l', 'k', '1', 'timeout'],
      ['f', 'e', 'k', '6', 'queued'],
      ['c', 'close'],
      ['d', 'w', 'k', '0', 'timeout'],
      ['d', 'e', 'k', '5', 'queued'],
      ['', 'sleep', '0.1'],
      ['a', 'r', 'k', 'T1', 'ok'],
      ['b', 'w', 'k', '9', 'ok T2 2'],
      ['d', 'w', 'k', '0', 'timeout'],
      ['f', 'w', 'k', '9', 'ok T3 6'],
    ],
  },
  {
    name: 'the order holds across an expiry and the end of a connection',
    steps: [
      ['a', 'l', 'k', '0 1', 'ok T1 1'],
      ['b', 'l', 'k', '9 1', undefined],
      ['', 'sleep', '0.05'],
      ['c', 'l', 'k', '9 9', undefined],
      ['', 'sleep', '0.05'],
      ['d', 'l', 'k', '9 8', undefined],
      ['b', 'read', '', '', 'ok T2 1'],
      ['c', 'read', '', '', 'ok T3 9'],
      ['d', 'nothing'],
      ['c', 'close'],
      ['d', 'read', '', '', 'ok T4 8'],
      ['a', 'n', 'k', 'T1', 'error'],
      ['a', 'r', 'k', 'T2', 'error'],
    ],
  },
  {
    name: 'the lease of a queued grant begins with the grant, and again with the answer to the wait',
    steps: [
      ['a', 'l', 'k', '0', 'ok T1 33'],
      ['b', 'e', 'k', '2', 'queued'],
      ['', 'sleep', '2.2'],
      ['a', 'r', 'k', 'T1', 'ok'],
      ['', 'sleep', '0.9'],
      ['b', 'w', 'k', '0', 'ok T2 2'],
      ['', 'sleep', '1.2'],
      ['c', 'l', 'k', '0', 'timeout'],
      ['b', 'n', 'k', 'T2 1', 'ok 1'],
    ],
  },
  {
    name: 'a renewal may shorten a lease',
    steps: [
      ['a', 'l', 'k', '0 60', 'ok T1 60'],
      ['a', 'n', 'k', 'T1 1', 'ok 1'],
      ['b', 'l', 'k', '3', 'ok T2 33'],
    ],
  },
  {
    name: 'a lease ends at its time, not at the next sweep',
    steps: [
      ['a', 'l', 'k', '0 2', 'ok T1 2'],
      ['a', 'l', 'j', '0 2', 'ok T2 2'],
      ['', 'sleep', '4.2'],
      ['a', 'r', 'k', 'T1', 'error'],
      ['a', 'n', 'j', 'T2', 'error'],
      ['b', 'l', 'k', '0', 'ok T3 33'],
    ],
  },
  {
    name: 'a token is good for its own key, once',
    steps: [
      ['a', 'l', 'k', '0', 'ok T1 33'],
      ['a', 'n', 'k', 'T1 5 5', 'error'],
      ['a', 'n', 'k', 'T1x', 'error'],
      ['a', 'r', 'k', 'T1 x', 'error'],
      ['a', 'r', 'k', 'T1T1', 'error'],
      ['a', 'sr', 'K', 'T1', 'error'],
      ['a', 'sr', 'k', 'T1', 'ok'],
      ['a', 'r', 'k', 'T1', 'error'],
      ['a', 'r', 'never', 'T1', 'error'],
      ['a', 'l', 'k', '0', 'ok T2 33'],
      ['a', 'n', 'k', 'T1', 'error'],
    ],
  },
  {
    name: 'arguments are words, and numbers are decimal',
    steps: [
      ['a', 'l', 'k', '\v0\f', 'ok T1 33'],
      ['a', 'l', 'k', '00000000000000000000000', 'timeout'],
      ['a', 'l', 'k', '+', 'error'],
      ['a', 'l', 'k', '--1', 'error'],
      ['a', 'l', 'k', '+-1', 'error'],
      ['a', 'l', 'k', '1_0', 'error'],
      ['a', 'l', 'k', '0,5', 'error'],
      ['a', 'l', 'k', '0 +', 'error'],
      ['a', 'l', 'k', '0 9223372036854775808', 'error'],
      ['a', 'l', 'k', 'NaN', 'error'],
      ['a', 'sl', 's', '0 9007199254740991', 'ok T2 33'],
      ['a', 'sl', 's', '0 2', 'error_limit_mismatch'],
      ['a', 'sl', 's', '0 9223372036854775808', 'error'],
      ['a', 'sl', 't', '0 9007199254740993', 'error', 'ok T9 33'],
      ['a', 'sl', 'u', '0 1.0', 'error'],
      ['a', 'sl', 'u', '0 +2 +7', 'ok T3 7'],
      ['a', 'sw', 'u', '1 2', 'error'],
      ['a', 'se', 'u', '2 -7', 'error'],
      ['a', 'e', 'w', '\t', 'acquired T4 33'],
      ['a', 'l', 'x', '0\xc2\xa05', 'error', 'ok T8 5'],
    ],
  },
  {
    name: 'a key may hold all but white space',
    steps: [
      ['a', 'l', 'a\vb', '0', 'ok T1 33'],
      ['a', 'l', 'a\fb', '0', 'ok T2 33'],
      ['a', 'l', '\x00', '0', 'ok T3 33'],
      ['a', 'l', '\xc2\xa0', '0', 'ok T4 33'],
      ['a', 'l', '<&>"\\', '0', 'ok T5 33'],
      ['a', 'l', ' k', '0', 'error'],
      ['a', 'l', 'k ', '0', 'error'],
      ['a', 'l', '\t', '0', 'error'],
      ['a', 'stats', ' ', ' ', 'ok …'],
    ],
  },
  {
    name: 'commands are exact',
    steps: [
      ['a', ' l', 'k', '0', 'error'],
      ['a', 'l ', 'k', '0', 'error'],
      ['a', 'STATS', '_', '', 'error'],
      ['a', 'll', 'k', '0', 'error'],
      ['a', 'x', LONG, '0', 'error'],
      ['a', 'auth', '', '', 'error'],
      ['a', 'auth', 'a b', 'x', 'error'],
      ['a', 'l', 'k', '0', 'ok T1 33'],
    ],
  },
  {
    name: 'authentication is one request in three lines, and has to be the first',
    settings: { auth: 'two words' },
    steps: [
      ['a', 'auth', 'any key at all', '\ttwo words ', 'ok'],
      ['a', 'x', '', '', 'error'],
      ['a', 'l', 'k', '0', 'ok T1 33'],
      ['b', 'send', 'auth\r\n_\r\ntwo words\r\nl\nj\n0\n'],
      ['b', 'read', '', '', 'ok'],
      ['b', 'read', '', '', 'ok T2 33'],
      ['c', 'send', 'auth\n_\ntwo\nl\nj\n0\n'],
      ['c', 'read', '', '', 'error_auth'],
      ['c', 'closed'],
      ['d', 'AUTH', '_', 'two words', 'error_auth'],
      ['d', 'closed'],
      ['e', 'auth', '_', 'two words x', 'error_auth'],
      ['e', 'closed'],
      ['f', 'x', '', '', 'error_auth'],
      ['f', 'closed'],
      ['g', 'send', 'auth\n_'],
      ['g', 'half'],
      ['g', 'read', '', '', 'error_auth'],
      ['g', 'closed'],
      ['h', 'ping', '', '', 'error_auth'],
      ['h', 'closed'],
    ],
  },
  {
    name: 'who does not say the token in time is refused',
    settings: { auth: 'secret', readTimeout: 1 },
    steps: [
      ['a', 'send', 'auth\n_\nsec'],
      ['a', 'read', '', '', 'error_auth'],
      ['a', 'closed'],
    ],
  },
  {
    name: 'half a request is answered by nobody',
    steps: [
      ['a', 'send', 'l\nk\n0'],
      ['a', 'half'],
      ['a', 'closed'],
      ['b', 'l', 'k', '0', 'ok T1 33'],
    ],
  },
  {
    name: 'who waits and closes its direction has closed',
    steps: [
      ['a', 'l', 'k', '0', 'ok T1 33'],
      ['b', 'send', 'l\nk\n1\n'],
      ['b', 'half'],
      ['', 'sleep', '1.2'],
      ['b', 'rest', '', '', '', 'timeout'],
    ],
  },
  {
    name: 'without auto-release nobody waits on after its end either',
    settings: { autoRelease: false },
    steps: [
      ['a', 'l', 'k', '0 2', 'ok T1 2'],
      ['b', 'e', 'k', '60', 'queued'],
      ['', 'sleep', '0.1'],
      ['b', 'close'],
      ['', 'sleep', '0.1'],
      ['a', 'r', 'k', 'T1', 'ok'],
      ['a', 'l', 'k', '0', 'ok T2 33', 'timeout'],
    ],
  },
  {
    name: 'idle keys are forgotten after a while',
    settings: { maxLocks: 1, idle: 1 },
    steps: [
      ['a', 'l', 'k', '0', 'ok T1 33'],
      ['a', 'r', 'k', 'T1', 'ok'],
      ['a', 'sl', 'k', '0 2', 'error_limit_mismatch'],
      ['', 'sleep', '1.2'],
      ['a', 'sl', 'k', '0 2', 'ok T2 33', 'error_limit_mismatch'],
    ],
  },
  {
    name: 'stats tell of those who wait for a semaphore, and of a lock without a holder nothing',
    steps: [
      ['a', 'sl', 's', '0 2', 'ok T1 33'],
      ['a', 'sl', 's', '0 2', 'ok T2 33'],
      ['b', 'se', 's', '2', 'queued'],
      ['c', 'se', 's', '2', 'queued'],
      ['a', 'sl', 'one', '0 1', 'ok T3 33'],
      [
        'a',
        'stats',
        '',
        '',
        'ok {"connections":3,"locks":[{"key":"one","owner_conn_id":#,"lease_expires_in_s":#,"waiters":0}],"semaphores":[{"key":"s","limit":2,"holders":2,"waiters":2}],"idle_locks":[],"idle_semaphores":[]}',
      ],
    ],
  },
  {
    name: 'signals go to whoever listens, once each',
    signals: true,
    steps: [
      ['a', 'listen', 'jobs.done', '', 'ok'],
      ['a', 'listen', 'jobs.*', '', 'ok'],
      ['a', 'listen', 'jobs.*', '', 'ok'],
      ['b', 'listen', 'jobs.>', '', 'ok'],
      ['c', 'signal', 'jobs.done', 'a payload, with  spaces ', 'ok 2'],
      ['a', 'read', '', '', 'sig jobs.done a payload, with  spaces '],
      ['b', 'read', '', '', 'sig jobs.done a payload, with  spaces '],
      ['a', 'nothing'],
      ['c', 'signal', 'jobs.done.now', '1', 'ok 1'],
      ['b', 'read', '', '', 'sig jobs.done.now 1'],
      ['c', 'signal', 'jobs', '1', 'ok 0'],
      ['a', 'unlisten', 'jobs.*', '', 'ok'],
      ['a', 'unlisten', 'jobs.*', '', 'ok'],
      ['b', 'unlisten', 'jobs.>', '', 'ok'],
      ['c', 'signal', 'jobs.more', '1', 'ok 0'],
      ['c', 'signal', 'jobs.done', '1', 'ok 1'],
      ['a', 'close'],
      ['', 'sleep', '0.1'],
      ['c', 'signal', 'jobs.done', '1', 'ok 0'],
    ],
  },
  {
    name: 'of a group one is told, in turn',
    signals: true,
    steps: [
      ['a', 'listen', 'c', 'g', 'ok'],
      ['b', 'listen', 'c', ' g ', 'ok'],
      ['b', 'listen', 'c', 'other', 'ok'],
      ['d', 'signal', 'c', '1', 'ok 2'],
      ['d', 'signal', 'c', '2', 'ok 2'],
      ['a', 'read', '', '', 'sig c 1'],
      ['b', 'read', '', '', 'sig c 1'],
      ['b', 'read', '', '', 'sig c 2'],
      ['b', 'read', '', '', 'sig c 2'],
      ['a', 'nothing'],
      ['b', 'unlisten', 'c', 'g', 'ok'],
      ['d', 'signal', 'c', '3', 'ok 2'],
      ['a', 'read', '', '', 'sig c 3'],
    ],
  },
  {
    name: 'what is no pattern, no channel and no payload',
    signals: true,
    steps: [
      ['a', 'listen', '', '', 'error'],
      ['a', 'listen', 'a b', '', 'error'],
      ['a', 'listen', 'a*', '', 'error'],
      ['a', 'listen', '>.a', '', 'error'],
      ['a', 'listen', 'a.>b', '', 'error'],
      ['a', 'listen', '*.>', '', 'ok'],
      ['a', 'listen', '>', '', 'ok'],
      ['a', 'signal', 'a.*', '1', 'error'],
      ['a', 'signal', '>', '1', 'error'],
      ['a', 'signal', 'a', '', 'error'],
    ],
  },
  {
    name: 'who waits for a lock hears signals meanwhile',
    signals: true,
    steps: [
      ['a', 'l', 'k', '0', 'ok T1 33'],
      ['b', 'listen', 'c', '', 'ok'],
      ['b', 'l', 'k', '9', undefined],
      ['b', 'nothing'],
      ['a', 'signal', 'c', 'x', 'ok 1'],
      ['b', 'read', '', '', 'sig c x'],
      ['a', 'r', 'k', 'T1', 'ok'],
      ['b', 'read', '', '', 'ok T2 33'],
      ['b', 'stats', '', '', 'ok …'],
    ],
  },
  {
    name: 'patterns match by words, groups and single listeners apart',
    signals: true,
    steps: [
      ['a', 'listen', 'a.*.c', '', 'ok'],
      ['a', 'listen', 'a.>', 'g', 'ok'],
      ['b', 'listen', 'a.>', 'g', 'ok'],
      ['c', 'signal', 'a.b.c', 'p', 'ok 2'],
      ['a', 'read', '', '', 'sig a.b.c p'],
      ['a', 'read', '', '', 'sig a.b.c p'],
      ['c', 'signal', 'a.b', 'q', 'ok 1'],
      ['b', 'read', '', '', 'sig a.b q'],
      ['c', 'signal', 'a', 'r', 'ok 0'],
      ['c', 'signal', 'a..c', 's', 'ok 2'],
      ['a', 'read', '', '', 'sig a..c s'],
      ['a', 'read', '', '', 'sig a..c s'],
      ['a', 'unlisten', 'a.>', '', 'ok'],
      ['c', 'signal', 'b', 'a\tb', 'ok 0'],
      ['c', 'signal', '', 'x', 'error'],
      ['c', 'signal', 'a b', 'x', 'error'],
      ['c', 'signal', 'a', ' ', 'ok 0'],
      ['c', 'signal', 'a', 'x'.repeat(256), 'ok 0'],
      ['c', 'unlisten', 'never', 'g', 'ok'],
      ['c', 'unlisten', 'a*', '', 'ok'],
      ['b', 'close'],
      ['', 'sleep', '0.1'],
      ['c', 'signal', 'a.x', 't', 'ok 1'],
      ['c', 'signal', 'a.x', 'u', 'ok 1'],
    ],
  },
  {
    name: 'a client may answer to its own signals',
    signals: true,
    steps: [
      ['a', 'listen', 'c', '', 'ok'],
      ['b', 'signal', 'c', '1', 'ok 1'],
      ['b', 'signal', 'c', '2', 'ok 1'],
      ['a', 'read', '', '', 'sig c 1'],
      ['a', 'read', '', '', 'sig c 2'],
      ['a', 'unlisten', 'c', '', 'ok'],
      ['b', 'signal', 'c', '3', 'ok 0'],
    ],
  },
];

/** What was answered at a step, and what was expected. */
export interface Outcome {
  readonly step: Step;
  readonly answer: string;
  readonly expected: string;
}

/** Plays an exchange to a server. Answers have their tokens named. */
export async function play(exchange: Exchange, server: TestDflockd): Promise<Outcome[]> {
  const clients = new Map<string, DflockdClient>();
  const tokens = new Map<string, string>();
  const outcomes: Outcome[] = [];
  const isNewer = server.kind === 'real' && (await isRealOneNewer());
  const named = (line: string): string => {
    let text = line.replaceAll(/\b[0-9a-f]{32}\b/g, (token) => {
      for (const [name, known] of tokens) if (known === token) return name;
      return token;
    });
    text = text.replaceAll(/("(?:owner_conn_id|lease_expires_in_s|idle_s)":)[0-9.e-]+/g, '$1#');
    return text;
  };
  for (const step of exchange.steps) {
    const [who, command, key = '', argument = '', answer, real, newer] = step;
    const expected = server.kind === 'own' ? answer : ((isNewer ? newer : undefined) ?? real ?? answer);
    if (command === 'sleep') {
      await sleep(Number(key) * 1000);
      continue;
    }
    let client = clients.get(who);
    if (client === undefined) clients.set(who, (client = await server.connect()));
    const given = argument.replaceAll(/\bT\d\b/g, (name) => tokens.get(name) ?? name);
    switch (command) {
      case 'send':
        client.raw(key);
        continue;
      case 'close':
        client.close();
        continue;
      case 'reset':
        client.reset();
        continue;
      case 'half':
        client.socket.end();
        continue;
      case 'closed':
        await client.closed();
        continue;
      case 'nothing':
        await sleep(50);
        outcomes.push({ step, answer: client.lines.join('\n'), expected: '' });
        continue;
      case 'rest':
        outcomes.push({ step, answer: client.lines.splice(0).join('\n'), expected: expected ?? '' });
        continue;
      case 'read':
        break;
      default:
        client.send(command, key, given);
        if (expected === undefined) continue;
    }
    const told = await client.line();
    const line = isNewer ? asOlder(told, command) : told;
    // A token is named by the answer that is expected to show it first.
    const name = /\bT\d\b/.exec(expected ?? '')?.[0];
    const token = /\b[0-9a-f]{32}\b/.exec(line)?.[0];
    if (name !== undefined && token !== undefined && !tokens.has(name)) tokens.set(name, token);
    const shown = named(line);
    outcomes.push({
      step,
      answer: expected?.endsWith('…') === true ? `${shown.split(' ')[0]!} …` : shown,
      expected: expected ?? '',
    });
  }
  for (const client of clients.values()) client.close();
  return outcomes;
}

const NEWER_STATS =
  /,"(?:rw_locks|counters|kv_entries|lists|signal_channels|watch_channels|barriers)":(?:null|\[[^\]]*\])/g;

/** As servers without fencing words, and without what there is beside locks, say it. */
function asOlder(line: string, command: string): string {
  if (line.startsWith('ok {')) return line.replaceAll(NEWER_STATS, '').replaceAll(/,"fence":\d+/g, '');
  const isRenewal = command === 'n' || command === 'sn';
  return line.replace(isRenewal ? /^(ok \d+) \d+$/ : /^((?:ok|acquired) [0-9a-f]{32} \d+) \d+$/, '$1');
}

let realOne: Promise<boolean> | undefined;

/** Is the real server one with signals? */
async function isRealOneNewer(): Promise<boolean> {
  return (realOne ??= startDflockd({}, 'real').then(async (server) => {
    try {
      return await hasSignals(server);
    } finally {
      await server.stop();
    }
  }));
}

/** Does this server know signals? Older ones do not. */
export async function hasSignals(server: TestDflockd): Promise<boolean> {
  const client = await server.connect();
  const answer = await client.ask('listen', 'probe');
  client.close();
  return answer === 'ok';
}
