import { NEVER, of, Subject, tap, throwError, type Observable } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { Api } from '../../../../src/backends/octostore/wire/api.js';
import { Retirement } from '../../../../src/backends/octostore/sessions/retirement.js';
import { OctoStoreSession } from '../../../../src/backends/octostore/sessions/session.js';
import { schedulerClock } from '../../../../src/values/scheduler-clock.js';
import { LockNetworkError } from '../../../../src/contract/errors.js';
import type { Runtime } from '../../../../src/contract/time.js';
import { Time } from '../../../support/virtual.js';

const HOUR = 3_600_000;

function retiring(answer: () => Observable<void> = () => of(undefined)) {
  const time = new Time();
  const runtime: Runtime = { clock: schedulerClock(time), scheduler: time, random: () => 0 };
  const transport = { request: () => NEVER, stream: () => NEVER, close: () => Promise.resolve() };
  const api = new Api({ baseUrl: new URL('http://127.0.0.1:9'), timeout: 1000 }, transport, runtime);
  const session = new OctoStoreSession('s', { sentAt: 0, ttl: 30_000 });
  const forget = vi.fn(() => (session.gone = true));
  const deleted = vi.fn(() => {
    const answer$ = answer();
    return answer$.pipe(tap(forget));
  });
  const closed$ = new Subject<void>();
  const retirement = new Retirement({ api, runtime, closed$, lose: forget, forget, delete: deleted });
  return { time, session, retirement, forget, deleted };
}

it('a session that ends sooner than the service wants to hear of it again keeps no timer', () => {
  const { time, session, retirement, forget, deleted } = retiring();
  session.suspects.set('a', HOUR);
  retirement.begin(session, HOUR);
  time.advance(29_999);
  expect(forget).not.toHaveBeenCalled();
  time.advance(1);
  expect(forget).toHaveBeenCalledOnce();
  expect(deleted).not.toHaveBeenCalled();
  expect(time.actions).toHaveLength(0);
});

it('a session that is renewed meanwhile is left alone for as long as the service demands', () => {
  const { time, session, retirement, deleted } = retiring();
  session.suspects.set('a', HOUR);
  retirement.begin(session, 50_000);
  time.advance(20_000);
  session.bound = { sentAt: 20_000, ttl: 40_000 };
  time.advance(29_999);
  expect(deleted).not.toHaveBeenCalled();
  time.advance(1);
  expect(deleted).toHaveBeenCalledOnce();
  expect(time.actions).toHaveLength(0);
});

describe('a session that nobody uses any more, on a server that has gone', () => {
  const down = () => throwError(() => new LockNetworkError('down'));

  it('is let go after 10 s', () => {
    const { time, session, retirement, forget, deleted } = retiring(down);
    session.suspects.set('a', 60_000);
    retirement.begin(session, 0);
    time.advance(9999);
    expect(time.actions.length).toBeGreaterThan(0);
    time.advance(1);
    expect(time.actions).toHaveLength(0);
    const { length } = deleted.mock.calls;
    // Whoever closes the client tries once more.
    expect(forget).not.toHaveBeenCalled();
    time.advance(HOUR);
    expect(deleted).toHaveBeenCalledTimes(length);
  });

  it('is let go with the lock that may be left there', () => {
    const { time, session, retirement } = retiring(down);
    session.unreturnedUntil = 3000;
    retirement.begin(session, 0);
    time.advance(2999);
    expect(time.actions.length).toBeGreaterThan(0);
    time.advance(1);
    expect(time.actions).toHaveLength(0);
  });

  it('is let go at once where nothing is left there', () => {
    const { time, session, retirement, deleted } = retiring(down);
    retirement.begin(session, 0);
    time.turn();
    expect(deleted).toHaveBeenCalledOnce();
    expect(time.actions).toHaveLength(0);
  });
});
