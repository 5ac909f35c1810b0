import { NEVER, of, Subject } from 'rxjs';
import { expect, it, vi } from 'vitest';
import { Api } from '../../../../src/backends/octostore/wire/api.js';
import { Retirement } from '../../../../src/backends/octostore/sessions/retirement.js';
import { Session } from '../../../../src/backends/octostore/sessions/session.js';
import { schedulerClock } from '../../../../src/values/scheduler-clock.js';
import type { Runtime } from '../../../../src/contract/time.js';
import { Time } from '../../../support/virtual.js';

const HOUR = 3_600_000;

function retiring() {
  const time = new Time();
  const runtime: Runtime = { clock: schedulerClock(time), scheduler: time, random: () => 0 };
  const transport = { request: () => NEVER, stream: () => NEVER, close: () => Promise.resolve() };
  const api = new Api({ baseUrl: new URL('http://127.0.0.1:9'), timeout: 1000 }, transport, runtime);
  const session = new Session('s', { sentAt: 0, ttl: 30_000 });
  const forget = vi.fn(() => (session.gone = true));
  const deleted = vi.fn(() => {
    forget();
    return of(undefined);
  });
  const closed$ = new Subject<void>();
  const retirement = new Retirement({ api, runtime, closed$, lose: forget, forget, delete: deleted });
  return { time, session, retirement, forget, deleted };
}

it('a session that ends sooner than the service wants to hear of it again keeps no timer', () => {
  const { time, session, retirement, forget, deleted } = retiring();
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
  retirement.begin(session, 50_000);
  time.advance(20_000);
  session.bound = { sentAt: 20_000, ttl: 40_000 };
  time.advance(29_999);
  expect(deleted).not.toHaveBeenCalled();
  time.advance(1);
  expect(deleted).toHaveBeenCalledOnce();
  expect(time.actions).toHaveLength(0);
});
