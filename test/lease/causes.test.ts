import { describe, expect, it } from 'vitest';
import { LockError, LockNetworkError } from '../../src/contract/errors.js';
import type { LockEvent, LocksEvent } from '../../src/contract/lease.js';
import { fakeLease } from '../../src/testing/fake-lease.js';
import { held } from '../support/held.js';
import { record, setup } from '../support/virtual.js';

/** An error as client libraries throw them: with what it was about, which goes round in circles. */
function circular(): Error {
  const error = Object.assign(new Error('theirs'), { code: 'ECONNRESET', big: 1n, request: {} });
  error.request = { error };
  return error;
}

/** What every event may be asked, whoever made its service: this compiles. */
function message(event: LockEvent | LocksEvent): string | undefined {
  if (event.type === 'error' || event.type === 'drain-error') return event.error.message;
  return 'cause' in event ? event.cause?.message : undefined;
}

describe('the cause of an event', () => {
  it.each(['text', 5n, Symbol('s'), { a: 1 }, () => 1])('is an error, though the service threw %o', (thrown) => {
    const { backend, locks, events, time } = held();
    const all: LocksEvent[] = [];
    locks.events$.subscribe((event) => all.push(event));
    backend.onRenew = (call) => {
      call.fail(thrown);
    };
    backend.onRelease = (call) => {
      call.fail(thrown);
    };
    time.advance(20_000);
    for (const event of [...events, ...all].filter(({ type }) => ['uncertain', 'lost', 'release'].includes(type))) {
      const { cause } = event as { readonly cause?: unknown };
      expect(cause).toBeInstanceOf(LockError);
      expect(cause).toMatchObject({ cause: thrown });
      expect(message(event)).toMatch(/^what was thrown is no error: /);
    }
    expect(new Set(all.map(({ type }) => type))).toEqual(new Set(['uncertain', 'lost', 'release']));
  });

  it('is an error of a revocation, too, and the error of what ended in none', () => {
    const { backend, locks, events } = held();
    const all: LocksEvent[] = [];
    locks.events$.subscribe((event) => {
      if (event.type !== 'requested') all.push(event);
    });
    const grants = [events.at(0)].map((event) => (event as unknown as { lease: { grant: never } }).lease.grant);
    backend.revoked$.next({ grants, reason: 'revoked', cause: 'text' });
    locks.lock$('b', '10s').subscribe({ error: () => undefined });
    backend.acquired.at(-1)!.fail('text');
    expect(all.map(message)).toEqual(['what was thrown is no error: "text"', 'what was thrown is no error: "text"']);
  });

  it('is what was thrown, if that is an error, of this realm or of another', () => {
    for (const thrown of [new TypeError('ours'), Object.freeze({ name: 'TypeError', message: 'of another realm' })]) {
      const { backend, events, time } = held();
      time.advance(3333);
      backend.renewals[0]!.fail(thrown);
      expect((events.at(-1) as { cause?: unknown }).cause).toBe(thrown);
    }
  });

  it('is absent where a service gives none', () => {
    const { backend, events, time } = held();
    time.advance(3333);
    backend.renewals[0]!.done({ index: 0, outcome: 'unknown', cause: null });
    expect(events.at(-1)).toMatchObject({ type: 'uncertain', cause: undefined });
  });

  it('tells of an outage by the code of its error', () => {
    const { backend, locks, time } = setup();
    const { events, observer } = record<LockEvent>(time);
    locks.lock$('a', '10s').subscribe(observer);
    backend.acquired[0]!.fail(new LockNetworkError('down'));
    expect(events.map((event) => (event.type === 'waiting' ? event.cause?.code : undefined))).toEqual([
      'ERR_LOCK_NETWORK',
    ]);
  });
});

describe('an event through JSON', () => {
  const shown = { name: 'Error', message: 'theirs', code: 'ECONNRESET' };

  it('is plain whatever its cause holds: of a lock, of all, of several locks and of a lease', () => {
    const { backend, locks, time } = setup();
    const told: unknown[] = [];
    locks.events$.subscribe((event) => told.push(event));
    backend.onAcquire = (call) => call.grant();
    locks.lock$('a', '10s').subscribe((event) => {
      told.push(event);
      if (event.type === 'acquired') event.lease.ended$.subscribe((end) => told.push(end));
    });
    locks.all$(['b', 'c'], '10s').subscribe((event) => {
      told.push(event);
      if (event.type === 'acquired') event.lease.ended$.subscribe((end) => told.push(end));
    });
    backend.onRenew = (call) => {
      call.fail(circular());
    };
    backend.onRelease = (call) => {
      call.fail(circular());
    };
    time.advance(30_000);
    backend.onAcquire = (call) => {
      call.fail(circular());
    };
    locks.lock$('d', '10s').subscribe({ error: () => undefined });
    const plain = told.map((event) => JSON.parse(JSON.stringify(event)) as Record<string, unknown>);
    const failed = plain.filter(({ type }) => !['requested', 'acquired', 'released'].includes(String(type)));
    expect(new Set(failed.map(({ type }) => type))).toEqual(new Set(['uncertain', 'lost', 'release', 'error']));
    for (const event of failed) expect(event['cause'] ?? event['error']).toEqual(shown);
    expect(failed.find(({ type }) => type === 'lost')).toMatchObject({ reason: 'expired', lease: { isHeld: false } });
  });

  it('is so of a fake lease, and of an error that holds itself', () => {
    const lease = fakeLease();
    let end: unknown;
    lease.ended$.subscribe((event) => (end = event));
    lease.lose('expired', circular());
    expect(JSON.parse(JSON.stringify(end))).toMatchObject({ type: 'lost', cause: shown });
    class Theirs extends LockNetworkError {
      readonly self = this;
      readonly big = 1n;
      readonly response = { error: this, text: 'x' };
      readonly plain = { a: [1] };
    }
    expect(JSON.parse(JSON.stringify(new Theirs('down')))).toMatchObject({
      name: 'LockNetworkError',
      message: 'down',
      self: { message: 'down' },
      big: '1',
      plain: { a: [1] },
    });
  });
});
