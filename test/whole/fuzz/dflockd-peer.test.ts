import fc from 'fast-check';
import { lastValueFrom, Subject, toArray } from 'rxjs';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DflockdAttempts } from '../../../src/backends/dflockd/locks/attempts.js';
import { DflockdBook } from '../../../src/backends/dflockd/locks/book.js';
import { Connection, type ConnectionOwner } from '../../../src/backends/dflockd/wire/connection.js';
import { DflockdRenewals } from '../../../src/backends/dflockd/locks/renewals.js';
import { DflockdReturns } from '../../../src/backends/dflockd/locks/returns.js';
import type { ServerConnections } from '../../../src/backends/dflockd/client/server-connections.js';
import { publish } from '../../../src/backends/dflockd/telling/signals.js';
import { askStats } from '../../../src/backends/dflockd/telling/ask-stats.js';
import { systemClock } from '../../../src/values/system-clock.js';
import {
  acquire,
  enqueue,
  LockError,
  publish as publishOver,
  release,
  renew,
  semAcquire,
  semEnqueue,
  semRelease,
  semRenew,
  semWaitForLock,
  SignalConnection,
  waitForLock,
} from '../../../src/compat/dflockd/index.js';
import { LockClosedError, LockError as RootError } from '../../../src/contract/errors.js';
import type { Grant, Revocation } from '../../../src/contract/backend.js';
import { bytes } from './support/dflockd-answers.js';
import { FakeSocket } from '../../support/fake-socket.js';
import { fuzzAsync, INPUTS } from './support/support.js';

/** Steps of a run, each with something from the peer. */
const STEPS = 40;
/** Of all inputs: not every step is heard. */
const SHARE = 1.5 / STEPS;
const TIMES = { connect: 1000, answer: 1000, read: 23_000 };

/** What the client does, and what it hears then, on which of its connections. */
function steps<T extends string>(...deeds: readonly T[]) {
  const step = fc.record({
    deed: fc.constantFrom(...deeds),
    key: fc.constantFrom('a', 'b', 'c'),
    heard: bytes,
    on: fc.nat({ max: 5 }),
    /** What would be an answer is heard instead. */
    fits: fc.boolean(),
    hangsUp: fc.nat({ max: 60 }).map((dice) => dice === 0),
  });
  return fc.array(step, { minLength: STEPS, maxLength: STEPS });
}

/** The connections to a server that is the test. */
class Peers {
  readonly where = 'host:1';
  readonly all: (readonly [Connection, FakeSocket])[] = [];
  private readonly resting: Connection[] = [];

  constructor(private readonly closed: (connection: Connection, error: RootError) => void) {}

  forLocks(): Connection {
    return this.all.find(([one]) => one.error === undefined && !one.isStalled)?.[0] ?? this.open();
  }

  forOthers(): Connection {
    return this.forLocks();
  }

  forWaiter(): Connection {
    const last = this.resting.pop();
    return last === undefined || last.error !== undefined ? this.open() : last;
  }

  private open(): Connection {
    const socket = new FakeSocket();
    const owner: ConnectionOwner = {
      closed: this.closed,
      rested: (connection) => {
        if (connection !== this.all[0]?.[0] && !this.resting.includes(connection)) this.resting.push(connection);
      },
    };
    const connection = new Connection({
      socket: socket.asSocket,
      where: this.where,
      clock: systemClock(),
      times: TIMES,
      auth: undefined,
      owner,
    });
    this.all.push([connection, socket]);
    return connection;
  }
}

describe('a dflockd client whose server is hostile', () => {
  it('tells each contender and each holder one thing, and keeps nothing', async () => {
    let heardOf = 0;
    let ends = 0;
    let grants = 0;
    const deeds = steps('ask', 'ask', 'try', 'share', 'renew', 'release', 'leave', 'stats', 'publish', 'nothing');
    await fuzzAsync(SHARE, deeds, async (all) => {
      const revoked$ = new Subject<Revocation>();
      const book = new DflockdBook({ clock: systemClock(), revoked$ });
      const peers = new Peers((connection, error) => {
        book.closed(connection, error);
      });
      const server = peers as unknown as ServerConnections;
      const attempts = new DflockdAttempts({ book, serverOf: () => server, semaphorePrefix: 's:' });
      const renewals = new DflockdRenewals(book, systemClock());
      const returns = new DflockdReturns(book);
      const held: Grant[] = [];
      const asked: { said: string[]; strays: number; leave: () => void }[] = [];
      const answers: Promise<unknown>[] = [];
      revoked$.subscribe(({ grants: gone }) => {
        for (const grant of gone) if (held.includes(grant)) held.splice(held.indexOf(grant), 1);
      });

      const ask = (name: string, wait: boolean, limit: number | undefined): void => {
        const one = { said: [] as string[], strays: 0, leave: (): void => undefined };
        const request = { name, ttl: 30_000, wait, holder: 'me', ...(limit === undefined ? {} : { limit }) };
        const stray = (): void => {
          one.strays++;
        };
        const attempt = attempts.acquire({ ...request, stray }).subscribe({
          next: (signal) => {
            one.said.push(signal.type);
            if (signal.type === 'granted') held.push(signal.grant);
          },
          error: (error: unknown) => {
            expect(error).toBeInstanceOf(RootError);
            one.said.push('error');
          },
        });
        one.leave = () => {
          attempt.unsubscribe();
        };
        asked.push(one);
      };

      for (const { deed, key, heard, on, hangsUp } of all) {
        const ttls = held.map(() => 30_000);
        if (deed === 'ask' || deed === 'try') ask(key, deed === 'ask', undefined);
        else if (deed === 'share') ask(key, true, 2);
        else if (deed === 'leave') asked.at(-1)?.leave();
        else if (deed === 'renew' && held.length > 0) {
          const size = held.length;
          const outcomes = lastValueFrom(renewals.renew([...held], ttls).pipe(toArray()));
          answers.push(outcomes.then((told) => expect(new Set(told.map(({ index }) => index)).size).toBe(size)));
        } else if (deed === 'release' && held.length > 0) {
          const outcomes = lastValueFrom(returns.release(held.splice(0, 1)).pipe(toArray()));
          answers.push(outcomes.then((told) => expect(told).toHaveLength(1)));
        } else if (deed === 'stats' || deed === 'publish') {
          const answer$ = deed === 'stats' ? askStats(server) : publish(server, 'a.b', 'c');
          answers.push(
            lastValueFrom<unknown>(answer$).catch((error: unknown) => expect(error).toBeInstanceOf(RootError)),
          );
        }
        const alive = peers.all.filter(([{ error }]) => error === undefined);
        const socket = alive[on % Math.max(1, alive.length)]?.[1];
        if (hangsUp) socket?.hangUp();
        else if (socket?.hear(heard) === true) heardOf++;
        await Promise.resolve();
      }
      for (const [connection] of peers.all) connection.close(new LockClosedError('the test is over'));
      await Promise.all(answers);
      for (const { said } of asked) {
        expect(said.filter((one) => one !== 'queued').length).toBeLessThanOrEqual(1);
        ends += said.filter((one) => one !== 'queued').length;
        grants += said.filter((one) => one === 'granted').length;
      }
      for (const [connection, socket] of peers.all) {
        expect(connection.owned.size).toBe(0);
        expect(connection.isAtRest).toBe(true);
        expect(socket.destroyed).toBe(true);
      }
      expect((book as unknown as { readonly leaving: Map<string, unknown> }).leaving.size).toBe(0);
      expect(book.find(held[0])).toBeUndefined();
    });
    expect(heardOf).toBeGreaterThanOrEqual(INPUTS);
    // The nonsense is not so thick that nothing gets far.
    expect(grants).toBeGreaterThan(1000);
    expect(ends).toBeGreaterThan(3000);
  });
});

/** What the documented client does, and what would be an answer. */
const FITTING = {
  acquire: 'ok 0a1b2c 30',
  enqueue: 'queued',
  wait: 'ok 0a1b2c 30',
  renew: 'ok 30',
  release: 'ok',
  share: 'ok 0a1b2c 30',
  queue: 'acquired 0a1b2c 30',
  turn: 'timeout',
  extend: 'ok 30',
  leave: 'error',
  tell: 'ok 3',
} as const;

describe('the documented client of dflockd whose server is hostile', () => {
  it('answers each call once, with a value or a LockError, and keeps nothing', async () => {
    let heardOf = 0;
    let values = 0;
    let errors = 0;
    const deeds = steps(...(Object.keys(FITTING) as (keyof typeof FITTING)[]));
    await fuzzAsync(SHARE, deeds, async (all) => {
      let socket = new FakeSocket();
      const calls: Promise<unknown>[] = [];
      const tokens = new Set<string>();
      const call = (promise: Promise<unknown>): void => {
        calls.push(
          promise.then(
            (value) => {
              values++;
              const { token } = (value ?? {}) as { readonly token?: string | null };
              if (typeof token === 'string') tokens.add(token);
            },
            (error: unknown) => {
              errors++;
              expect(error).toBeInstanceOf(LockError);
              expect((error as Error).message).toMatch(/^\P{Cc}{1,200}$/u);
            },
          ),
        );
      };
      for (const { deed, key, heard, fits, hangsUp } of all) {
        if (socket.destroyed) socket = new FakeSocket();
        const sock = socket.asSocket;
        const token = [...tokens].at(-1) ?? '0a1b2c';
        if (deed === 'acquire') call(acquire(sock, key, 5, 30));
        else if (deed === 'enqueue') call(enqueue(sock, key, 30));
        else if (deed === 'wait') call(waitForLock(sock, key, 5));
        else if (deed === 'renew') call(renew(sock, key, token, 30));
        else if (deed === 'release') call(release(sock, key, token));
        else if (deed === 'share') call(semAcquire(sock, key, 0, 2, 30));
        else if (deed === 'queue') call(semEnqueue(sock, key, 2, 30));
        else if (deed === 'turn') call(semWaitForLock(sock, key, 5));
        else if (deed === 'extend') call(semRenew(sock, key, token, 30));
        else if (deed === 'leave') call(semRelease(sock, key, token));
        else call(publishOver(sock, 'a.b', 'c'));
        if (hangsUp) socket.hangUp();
        else if (socket.hear(fits ? Buffer.from(`${FITTING[deed]}\n`) : heard)) heardOf++;
        await turn();
      }
      socket.hangUp();
      await Promise.all(calls);
      expect(calls).toHaveLength(STEPS);
    });
    expect(heardOf).toBeGreaterThanOrEqual(INPUTS);
    expect(values).toBeGreaterThan(1000);
    expect(errors).toBeGreaterThan(1000);
  });

  it('hears signals, or closes', async () => {
    let heardOf = 0;
    let told = 0;
    await fuzzAsync(SHARE, steps('listen', 'unlisten', 'emit', 'nothing', 'nothing'), async (all) => {
      let socket = new FakeSocket();
      const open = (): SignalConnection => {
        socket = new FakeSocket();
        const opened = new SignalConnection(socket.asSocket, 0);
        opened.onSignal(({ channel, payload }) => {
          expect(channel).not.toMatch(/[ \n]/);
          expect(payload).not.toContain('\n');
          told++;
        });
        return opened;
      };
      let signals = open();
      const calls: Promise<unknown>[] = [];
      for (const { deed, key, heard } of all) {
        if (signals.isClosed) signals = open();
        if (deed === 'listen') calls.push(signals.listen(key));
        else if (deed === 'unlisten') calls.push(signals.unlisten(key));
        else if (deed === 'emit') calls.push(signals.emit(key, 'payload'));
        // Anything else that nobody asked for ends it.
        if (socket.hear(deed === 'nothing' ? Buffer.from('sig a.b 1\n') : heard)) heardOf++;
        await Promise.resolve();
      }
      socket.hangUp();
      for (const outcome of await Promise.allSettled(calls)) {
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(LockError);
      }
      expect(signals.isClosed).toBe(true);
      expect((await signals[Symbol.asyncIterator]().next()).done).toBe(true);
    });
    expect(heardOf).toBeGreaterThanOrEqual(INPUTS);
    expect(told).toBeGreaterThan(1000);
  });
});
