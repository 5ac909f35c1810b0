import { describe, expect, it } from 'vitest';
import { errorOf, isRefusal, readCount, readGrant, readRenewal } from '../../../../src/backends/dflockd/wire/answer.js';
import { Connection } from '../../../../src/backends/dflockd/wire/connection.js';
import { decodeLine, LineReader, MAX_LINE } from '../../../../src/backends/dflockd/wire/line-reader.js';
import { Question } from '../../../../src/backends/dflockd/wire/question.js';
import { readSignal } from '../../../../src/backends/dflockd/telling/signals.js';
import { statusOf } from '../../../../src/backends/dflockd/telling/statuses.js';
import { readStats } from '../../../../src/backends/dflockd/telling/stats.js';
import type { LockError } from '../../../../src/contract/errors.js';
import { systemClock } from '../../../../src/values/system-clock.js';
import { FakeSocket } from '../../../support/fake-socket.js';

/** Chance that can be repeated: mulberry32. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function seedOf(): number {
  const given = process.env['FUZZ_SEED'];
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(given);
  console.log(`FUZZ_SEED=${String(seed)}`);
  return seed;
}

describe('the answers of dflockd', () => {
  it('grant a lock', () => {
    expect(readGrant('ok 0a1b 30')).toEqual({ token: '0a1b', lease: 30 });
    expect(readGrant('acquired 0a1b 30')).toEqual({ token: '0a1b', lease: 30 });
    // A newer server puts a number behind it.
    expect(readGrant('ok 0a1b 30 17')).toEqual({ token: '0a1b', lease: 30 });
  });

  it.each([
    'ok',
    'ok ',
    'ok a',
    'ok a b',
    'ok  30',
    'ok a 0',
    'ok a -1',
    'ok a 1.5',
    'ok a 30 ',
    ' ok a 30',
    'OK a 30',
    'ok a 30 x',
    'ok a 99999999999',
    'ok a NaN',
    'ok a 1e308',
    'ok a 30 -1',
    'ok a 30 18446744073709551616',
    `ok a 30 ${'9'.repeat(700)}`,
    'queued',
    `ok ${'a'.repeat(201)} 1`,
    'ok ü 30',
  ])('are not taken for a grant: %j', (line) => {
    expect(readGrant(line)).toBeUndefined();
  });

  it('confirm a renewal', () => {
    expect(readRenewal('ok 30')).toBe(30);
    expect(readRenewal('ok 30 17')).toBe(30);
    for (const line of ['ok', 'ok 0', 'ok x', 'ok -1', 'error', 'ok 1 x']) expect(readRenewal(line)).toBeUndefined();
  });

  it('count who heard a signal', () => {
    expect(readCount('ok 0')).toBe(0);
    expect(readCount('ok 12')).toBe(12);
    for (const line of ['ok', 'ok x', 'error', 'ok 1 2']) expect(readCount(line)).toBeUndefined();
  });

  it.each([
    ['error_max_locks', undefined, 'ERR_LOCK_CAPACITY', undefined],
    ['error_max_waiters', undefined, 'ERR_LOCK_CAPACITY', undefined],
    ['error_limit_mismatch', 3, 'ERR_LOCK_VALIDATION', 'limit'],
    ['error_limit_mismatch', undefined, 'ERR_LOCK_VALIDATION', 'name'],
    ['error_type_mismatch', undefined, 'ERR_LOCK_VALIDATION', 'name'],
    ['error', undefined, 'ERR_LOCK_NETWORK', undefined],
    ['error_of_tomorrow', undefined, 'ERR_LOCK_NETWORK', undefined],
  ])('refuse: %s', (line, limit, code, option) => {
    expect(isRefusal(line)).toBe(true);
    const error = errorOf(line, { what: 'acquire the lock', where: 'host:1', name: 'n', limit });
    expect(error).toMatchObject({ code, lockName: 'n', ...(option === undefined ? {} : { option }) });
  });

  it('tell what a server holds', () => {
    const json = {
      connections: 3,
      locks: [
        { key: 'ü', owner_conn_id: 7, lease_expires_in_s: 1.5, waiters: 2 },
        { key: 'w', waiters: 1 },
      ],
      semaphores: [{ key: 's', limit: 2, holders: 1, waiters: 0 }],
      idle_locks: [{ key: 'i', idle_s: 2 }],
      idle_semaphores: [],
      signal_channels: [
        { pattern: 'a.*', listeners: 1 },
        { pattern: 'b', group: 'g', listeners: 2 },
      ],
    };
    const line = Buffer.from(`ok ${JSON.stringify(json)}`).toString('latin1');
    expect(readStats(line)).toEqual({
      connections: 3,
      locks: [
        { key: 'ü', connection: 7, expiresIn: 1500, waiters: 2 },
        { key: 'w', connection: 0, expiresIn: 0, waiters: 1 },
      ],
      semaphores: [{ key: 's', limit: 2, holders: 1, waiters: 0 }],
      idleLocks: [{ key: 'i', idle: 2000 }],
      idleSemaphores: [],
      signalChannels: [
        { pattern: 'a.*', listeners: 1 },
        { pattern: 'b', group: 'g', listeners: 2 },
      ],
    });
    for (const bad of ['ok', 'ok {', 'ok []', 'ok {"a":\xff}', 'error']) expect(readStats(bad)).toBeUndefined();
    expect(readStats('ok {"locks":[1,null,"x"],"connections":"many"}')).toMatchObject({ connections: 0, locks: [] });
  });

  it.each(['1e400', '1e308', '1e20', '-1', 'null'])('tell of a lease of %s s what can be told', (seconds) => {
    const stats = readStats(`ok {"locks":[{"key":"k","owner_conn_id":1,"lease_expires_in_s":${seconds}}]}`)!;
    const status = statusOf(stats, 'k', Date.parse('2026-11-29'));
    expect(Number.isNaN(status.expiresAt?.getTime())).toBe(false);
    expect(JSON.stringify(status)).toContain('"held"');
  });

  it('push signals', () => {
    const line = Buffer.from('sig orders.created {"ü": 1} 2').toString('latin1');
    expect(readSignal(line)).toEqual({ channel: 'orders.created', payload: '{"ü": 1} 2' });
    for (const bad of ['sig', 'sig ', 'sig a', 'sig  b', 'signal a b', 'sig \xff b'])
      expect(readSignal(bad)).toBeUndefined();
  });

  it('have bytes that mean text, or nothing', () => {
    expect(decodeLine('plain')).toBe('plain');
    expect(decodeLine(Buffer.from('名').toString('latin1'))).toBe('名');
    expect(decodeLine('\xc3')).toBeUndefined();
  });
});

describe('LineReader', () => {
  it('finds the same lines however the bytes are cut, in 20,000 lines', () => {
    const below = chance(seedOf());
    const words = Array.from({ length: 20_000 }, () => 'x'.repeat(below(40)) + String(below(1e6)));
    const bytes = Buffer.from(words.map((word) => `${word}\n`).join(''));
    const lines: string[] = [];
    const reader = new LineReader(
      () => MAX_LINE,
      (line) => lines.push(line),
    );
    for (let at = 0; at < bytes.length;) {
      const length = 1 + below(below(10) === 0 ? 5000 : 7);
      expect(reader.push(bytes.subarray(at, at + length))).toBe(true);
      at += length;
    }
    expect(lines).toEqual(words);
  });

  it('keeps no more of a line than is allowed', () => {
    const reader = new LineReader(
      () => 100,
      () => undefined,
    );
    expect(reader.push(Buffer.alloc(100, 'x'))).toBe(true);
    expect(reader.push(Buffer.from('x'))).toBe(false);
    const other = new LineReader(
      () => 100,
      () => undefined,
    );
    expect(other.push(Buffer.from(`${'x'.repeat(101)}\n`))).toBe(false);
  });
});

class Probe extends Question {
  ends = 0;
  constructor(override readonly longest: number = MAX_LINE) {
    super();
  }
  answered(line: string): boolean {
    const isAnswer =
      readGrant(line) !== undefined ||
      readRenewal(line) !== undefined ||
      readStats(line) !== undefined ||
      isRefusal(line) ||
      ['ok', 'queued', 'timeout'].includes(line);
    // Else it fails next.
    if (isAnswer) this.ends++;
    return isAnswer;
  }
  failed(_error: LockError): void {
    this.ends++;
  }
}

describe('a connection that is told anything at all', () => {
  const GOOD = [
    'ok',
    'ok 0a1b 30',
    'acquired 0a1b 30 4',
    'queued',
    'timeout',
    'error',
    'error_max_locks',
    'ok {"locks":[]}',
    'ok 30',
  ];

  // As long as it takes: a machine may have much else to do.
  it('answers or fails each question once, and keeps nothing, in 120,000 frames', { timeout: 300_000 }, () => {
    const below = chance(seedOf());
    const frame = (): Buffer => {
      const good = GOOD[below(GOOD.length)]!;
      switch (below(8)) {
        case 0:
          return Buffer.from(Array.from({ length: below(60) }, () => below(256)));
        case 1:
          return Buffer.from(good.slice(0, below(good.length + 1)));
        case 2:
          return Buffer.from(`${good}\r\n`);
        case 3:
          return below(50) === 0 ? Buffer.alloc(3000, 'z') : Buffer.from(`sig a ${good}\n`);
        default:
          return Buffer.from(`${good}\n`);
      }
    };
    let frames = 0;
    while (frames < 120_000) {
      const socket = new FakeSocket();
      let closed = 0;
      const connection = new Connection({
        socket: socket.asSocket,
        where: 'host:1',
        clock: systemClock(),
        times: { connect: 1000, answer: 1000, read: 23_000 },
        auth: undefined,
        owner: { closed: () => closed++, rested: () => undefined, pushed: (line) => line.startsWith('sig ') },
      });
      const probes: Probe[] = [];
      for (let i = 0; i < 200 && !socket.destroyed; i++, frames++) {
        // Sometimes nobody asked.
        if (below(20) !== 0) {
          const probe = new Probe();
          probes.push(probe);
          connection.send(probe, 'l\nk\n0 1\n');
        }
        socket.emit('data', frame());
      }
      connection.close(errorOf('error', { what: 'end', where: 'here' }));
      socket.emit('data', Buffer.from('ok\n'));
      expect(probes.filter(({ ends }) => ends !== 1)).toEqual([]);
      expect(closed).toBe(1);
      expect(socket.destroyed).toBe(true);
    }
    expect(frames).toBeGreaterThanOrEqual(120_000);
  });
});
